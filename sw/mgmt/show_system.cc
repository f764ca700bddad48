// IKE tables, the ruleset, debugging, and what the system says of itself.
#include <fmt/core.h>

#include <algorithm>

#include "sw/mgmt/render.h"
#include "sw/mgmt/show_ikev2.h"

namespace vam::mgmt {
namespace {

std::string LifeText(uint64_t seconds) {
  if (seconds == 0) return "0";
  return fmt::format("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

std::string IkeV1Text(const api::IkeSas& show, bool detail) {
  if (!detail) {
    std::string text =
        "f_vrf/i_vrf   dst             src             state          conn-id slot\n";
    for (const api::IkeSa& sa : show.sa()) {
      text += fmt::format("{:>7}/{:<6}{:<16}{:<16}{:<15}{:>7} {:>4}\n", sa.front_vrf(),
                          sa.inside_vrf(), sa.remote(), sa.local(), sa.state(), sa.conn_id(),
                          fmt::format("{}{}", sa.slot(), sa.deleted() ? " (deleted)" : ""));
    }
    return text;
  }
  std::string text =
      "Codes: C - IKE configuration mode, D - Dead Peer Detection\n"
      "       K - Keepalives, N - NAT-traversal\n"
      "       X - IKE Extended Authentication\n"
      "       psk - Preshared key, rsig - RSA signature\n"
      "       renc - RSA encryption\n\n"
      "C-id  Local           Remote          I-VRF    Status Encr Hash Auth DH Lifetime Cap.\n";
  for (const api::IkeSa& sa : show.sa()) {
    text += fmt::format("{:<6}{:<16}{:<16}{:<9}{} {} {} {} {} {} {}\n", sa.conn_id(), sa.local(),
                        sa.remote(), sa.inside_vrf(), sa.state(), sa.encryption(), sa.hash(),
                        sa.authentication(), sa.dh_group(), LifeText(sa.remaining_seconds()),
                        sa.capabilities());
  }
  return text;
}

std::string IkeCountText(const api::IkeSas& show) {
  const auto count = [&](const char* status) {
    return std::count_if(show.sa().begin(), show.sa().end(), [status](const api::IkeSa& sa) {
      return !sa.deleted() && sa.status() == status;
    });
  };
  const auto dead = std::count_if(show.sa().begin(), show.sa().end(),
                                  [](const api::IkeSa& sa) { return sa.deleted(); });
  return fmt::format(
      "Active ISAKMP SA's: {}\nStandby ISAKMP SA's: {}\n"
      "Currently being negotiated ISAKMP SA's: {}\nDead ISAKMP SA's: {}\n",
      count("Active"), count("Inactive"), count("Negotiating"), dead);
}

}  // namespace

std::string RenderIkeSas(const api::IkeSas& show, const ShowOptions& options) {
  if (options.view == ShowView::kCount) return IkeCountText(show);
  if (show.version() != 2) return IkeV1Text(show, options.detail);
  Ikev2SaText text(options);
  const std::string body = text.Piece(show);
  return body + text.Finish();
}

std::string RenderIkePeers(const api::IkePeers& show) {
  std::string text;
  for (const api::IkePeer& peer : show.peer()) {
    text += fmt::format("Peer: {} Port: {}", peer.address(), peer.port());
    text += peer.local().empty() ? "\n" : fmt::format(" Local: {}\n", peer.local());
    if (!peer.description().empty()) text += fmt::format("  Description: {}\n", peer.description());
    if (!peer.phase1_id().empty()) text += fmt::format("  Phase1 id: {}\n", peer.phase1_id());
    if (!peer.flag().empty()) {
      text += "  flags:";
      for (const std::string& flag : peer.flag()) text += " " + flag;
      text += "\n";
    }
  }
  return text;
}

RulesetText RenderRuleset(const api::CryptoRuleset& show, bool detail, std::string heading) {
  std::string text = heading.empty() ? "Mtree:\n" : "";
  for (const api::RulesetRule& rule : show.rule()) {
    const std::string of =
        fmt::format("interface: {}, crypto map: {}\n", rule.interface(), rule.crypto_map());
    if (heading != of) text += of;
    heading = of;
    const std::string place =
        detail ? fmt::format("VRF {:<8} {:>5}.{:<7}", rule.vrf().empty() ? "0" : rule.vrf(),
                             rule.sequence(), rule.line())
               : fmt::format("{:>5}.{:<7}", rule.sequence(), rule.line());
    text += fmt::format(" {}{} {}, {}\n", place, rule.match(), rule.inbound(), rule.outbound());
    if (detail && !rule.reason().empty()) text += fmt::format("       {}\n", rule.reason());
  }
  return {text, heading};
}

std::string RenderClock(const api::ClockTime& show) { return show.text() + "\n"; }

std::string RenderHistory(const api::History& show) {
  std::string text;
  for (const std::string& line : show.line()) text += "  " + line + "\n";
  return text;
}

std::string RenderUsers(const api::Users& show) {
  std::string text = "    Line       User       Host(s)              Idle       Location\n";
  for (const api::User& user : show.user()) {
    text += fmt::format(
        "{}{:>4} vty {:<12}{:<21}{:<11}{}\n", user.self() ? "*" : " ", user.line(), "", "idle",
        LifeText(user.idle_seconds()),
        user.configuring() ? "configuring" : (user.privileged() ? "privileged" : "user"));
  }
  return text;
}

std::string RenderInterfacesBrief(const api::Interfaces& show) {
  std::string text =
      "Interface                  IP-Address      OK? Method Status                Protocol\n";
  for (const api::InterfaceState& i : show.interface()) {
    const std::string address =
        i.address().empty() ? "unassigned" : i.address().substr(0, i.address().find('/'));
    text += fmt::format("{:<27}{:<16}YES {:<7}{:<22}{}\n", i.name(), address,
                        i.address().empty() ? "unset" : "manual",
                        i.admin_up() ? (i.line_up() ? "up" : "down") : "administratively down",
                        i.admin_up() && i.line_up() ? "up" : "down");
  }
  return text;
}

std::string RenderProcessUsage(const api::Processes& show, ShowView view) {
  const bool cpu = view == ShowView::kCpu;
  std::string text = cpu ? " PID Runtime(ms) TTY Process\n" : " PID TTY    Holding Process\n";
  for (const api::Process& process : show.process()) {
    const bool known = cpu ? process.has_cpu_milliseconds() : process.has_allocated_bytes();
    const uint64_t value = cpu ? process.cpu_milliseconds() : process.allocated_bytes();
    const std::string shown = known ? std::to_string(value) : "-";
    const std::string name = process.name().empty() ? process.role() : process.name();
    text += cpu ? fmt::format("{:>4} {:>11}   0 {}\n", process.pid(), shown, name)
                : fmt::format("{:>4}   0 {:>10} {}\n", process.pid(), shown, name);
  }
  return text;
}

}  // namespace vam::mgmt
