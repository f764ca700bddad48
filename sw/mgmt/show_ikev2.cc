#include "sw/mgmt/show_ikev2.h"

#include <fmt/format.h>

#include <chrono>
#include <string_view>
#include <utility>

#include "sw/base/clock.h"

namespace vam::mgmt {
namespace {

constexpr std::string_view kRule =
    "--------------------------------------------------------------------------------\n";

std::string OrNone(const std::string& text, const char* none = "none") {
  return text.empty() ? none : text;
}

std::string Endpoint(const std::string& address, uint32_t port) {
  return fmt::format("{}/{}", address, port);
}

bool IsIpv6(const api::IkeSa& sa) { return sa.local().find(':') != std::string::npos; }

std::string Heading(const api::IkeSa& sa) {
  const std::string vrfs = OrNone(sa.front_vrf()) + "/" + OrNone(sa.inside_vrf());
  if (IsIpv6(sa)) {
    return fmt::format(
        "Tunnel-id    fvrf/ivrf              Status\n{:<13}{:<23}{}\nLocal  {}\nRemote  {}\n",
        sa.conn_id(), vrfs, sa.state(), Endpoint(sa.local(), sa.local_port()),
        Endpoint(sa.remote(), sa.remote_port()));
  }
  return fmt::format(
      "Tunnel-id Local                 Remote                fvrf/ivrf            Status\n"
      "{:<10}{:<22}{:<22}{:<21}{}\n",
      sa.conn_id(), Endpoint(sa.local(), sa.local_port()), Endpoint(sa.remote(), sa.remote_port()),
      vrfs, sa.state());
}

// Key exchanges beside the first; nothing where there are none.
template <typename Groups>
std::string AdditionalText(const Groups& groups) {
  return groups.empty() ? "" : fmt::format(", Add. KE:{}", fmt::join(groups, ","));
}

// What is agreed; nothing of an IKE SA that has agreed on nothing yet.
std::string Suite(const api::IkeSa& sa) {
  std::string text;
  if (!sa.encryption().empty()) {
    text = fmt::format("      Encr: {}, keysize: {}, PRF: {}, Hash: {}, DH Grp:{}", sa.encryption(),
                       sa.key_bits(), sa.prf(), OrNone(sa.hash(), "None"), sa.dh_group());
    text += AdditionalText(sa.additional_group());
    text += fmt::format(", Auth sign: {}, Auth verify: {}\n",
                        OrNone(sa.authentication_local(), "Unknown"),
                        OrNone(sa.authentication_remote(), "Unknown"));
  }
  return text + fmt::format("      Life/Active Time: {}/{} sec\n", sa.lifetime_seconds(),
                            sa.active_seconds());
}

std::string NatText(const api::IkeSa& sa) {
  if (!sa.nat_local() && !sa.nat_remote()) return "      NAT-T is not detected\n";
  const char* where = sa.nat_local() && sa.nat_remote() ? "inside and outside"
                      : sa.nat_local()                  ? "inside"
                                                        : "outside";
  return fmt::format("      NAT-T is detected  {}\n", where);
}

// Nothing of an IKE SA whose sides do not both support it.
std::string MobikeText(const api::IkeSa& sa) {
  if (!sa.mobike()) return "";
  std::string text = fmt::format("      MOBIKE enabled, moved by {}\n",
                                 sa.mobike_mover() ? "this side" : "the peer");
  for (const std::string& address : sa.remote_additional()) {
    text += fmt::format("      Additional remote address: {}\n", address);
  }
  if (!sa.set_up_remote().empty()) {
    text += fmt::format("      Set up between: {} and {}\n", sa.set_up_local(), sa.set_up_remote());
  }
  return text;
}

// What the peer was assigned, and what it assigned and told.
std::string ConfigurationText(const api::IkeSa& sa) {
  std::string text;
  const auto line = [&text](std::string_view head, const std::string& value) {
    if (!value.empty()) text += fmt::format("      {}: {}\n", head, value);
  };
  for (const std::string& address : sa.assigned_address()) line("Assigned host addr", address);
  const api::PushedConfiguration& pushed = sa.pushed();
  for (const std::string& address : pushed.address()) line("Pushed IP address", address);
  line("Pushed netmask", pushed.netmask());
  for (const std::string& server : pushed.dns()) line("Pushed DNS server", server);
  for (const std::string& server : pushed.wins()) line("Pushed WINS server", server);
  line("Pushed default domain", pushed.domain());
  for (const std::string& domain : pushed.split_dns()) line("Pushed split DNS", domain);
  if (!pushed.subnet().empty()) text += "      Remote subnets:\n";
  for (const std::string& subnet : pushed.subnet()) text += fmt::format("      {}\n", subnet);
  line("Remote version", pushed.version());
  return text;
}

std::string TicketsText(const api::IkeSa& sa) {
  std::string text;
  if (sa.resumed()) text += "      Resumed by a ticket (RFC 5723)\n";
  if (sa.ticket_held_seconds() != 0) {
    text += fmt::format("      Ticket of the peer: {} sec left\n", sa.ticket_held_seconds());
  }
  if (sa.ticket_given_seconds() != 0) {
    text += fmt::format("      Ticket given to the peer: {} sec left\n", sa.ticket_given_seconds());
  }
  return text;
}

std::string Detail(const api::IkeSa& sa) {
  std::string text = fmt::format("      CE id: 0, Session-id: {}\n", sa.session_id());
  text += fmt::format("      Status Description: {}\n", sa.state_description());
  text +=
      fmt::format("      Local spi: {}       Remote spi: {}\n", sa.local_spi(), sa.remote_spi());
  text += fmt::format("      Local id: {}\n      Remote id: {}\n", sa.local_id(), sa.remote_id());
  if (!sa.remote_certificate().empty()) {
    text += fmt::format("      Remote certificate: {}\n", sa.remote_certificate());
  }
  if (sa.reauth_seconds() != 0) {
    text += fmt::format("      Reauthentication: within {} sec\n", sa.reauth_seconds());
  }
  if (!sa.ppk_id().empty()) {
    text += fmt::format("      Quantum-safe encryption using manual PPK {}\n", sa.ppk_id());
  }
  const auto pair = [&text](std::string_view what, uint32_t local, uint32_t remote) {
    text += fmt::format("      {:<19}{:<15}{:<20}{}\n", fmt::format("Local {}:", what), local,
                        fmt::format("Remote {}:", what), remote);
  };
  // Numbers of messages, as in IOS: the queued ones end before the last.
  pair("req msg id", sa.local_request_id(), sa.remote_next_id());
  pair("next msg id", sa.local_next_id(), sa.remote_next_id());
  pair("req queued", sa.local_next_id() + sa.local_queued(), sa.remote_next_id());
  pair("window", sa.local_window(), sa.remote_window());
  text += fmt::format("      DPD configured for {} seconds, retry {}{}\n", sa.dpd().seconds(),
                      sa.dpd().retry_seconds(),
                      !sa.has_dpd()         ? ""
                      : sa.dpd().periodic() ? ", periodic"
                                            : ", on-demand");
  text += sa.fragmentation() ? "      IETF Std Fragmentation enabled.\n"
                             : "      Fragmentation not configured.\n";
  text += "      Extended Authentication not configured.\n" + NatText(sa) + MobikeText(sa);
  text += ConfigurationText(sa);
  text += TicketsText(sa);
  if (!sa.redirected_from().empty()) {
    text += fmt::format("      Redirected from: {}\n", sa.redirected_from());
  }
  text += fmt::format("      Initiator of SA : {}\n", sa.initiator() ? "Yes" : "No");
  text += fmt::format("      Profile: {}, Interface: {}, Child SAs: {}\n", OrNone(sa.profile()),
                      OrNone(sa.interface()), sa.child_count());
  return text;
}

std::string SelectorText(const api::TrafficEnd& end) {
  return fmt::format("{}/{} - {}/{}", end.first_address(), end.first_port(), end.last_address(),
                     end.last_port());
}

std::string ChildText(const api::IkeChildSa& child, bool detail) {
  std::string text = fmt::format("Child sa: local selector  {}\n          remote selector {}\n",
                                 SelectorText(child.local()), SelectorText(child.remote()));
  const bool ah = child.protocol() == "AH";
  const std::string spis = fmt::format("0x{:X}/0x{:X}", child.inbound_spi(), child.outbound_spi());
  text += fmt::format("          {} spi in/out: {}\n", ah ? "AH" : "ESP", spis);
  if (!detail) return text;
  const std::string integrity = OrNone(child.integrity(), "None");
  text += fmt::format("          {} spi in/out: 0x0/0x0\n          CPI in/out: 0x0/0x0\n",
                      ah ? "ESP" : "AH");
  text +=
      fmt::format("          Encr: {}, keysize: {}, esp_hmac: {}\n",
                  OrNone(child.encryption(), "None"), child.key_bits(), ah ? "None" : integrity);
  text += fmt::format("          ah_hmac: {}, comp: IPCOMP_NONE, mode {}\n",
                      ah ? integrity : "None", child.mode());
  text += fmt::format("          Protocol: {}, ESN: {}, DH Grp: {}, state {}\n",
                      child.local().protocol(), child.esn() ? "Yes" : "No",
                      std::to_string(child.dh_group()) + AdditionalText(child.additional_group()),
                      child.state());
  text += fmt::format("          Crypto map: {} {}, ivrf: {}\n", child.crypto_map(),
                      child.sequence(), OrNone(child.inside_vrf()));
  return text;
}

std::string SessionStatusOf(const api::IkeSa& sa) {
  if (sa.status() != "Active") return sa.status() == "Negotiating" ? "DOWN-NEGOTIATING" : "DOWN";
  return sa.child_count() == 0 ? "UP-IDLE" : "UP-ACTIVE";
}

// "2026-11-21 14:03:59 UTC". Not by gmtime: see ClockText of server_show.cc.
std::string TimeText(uint64_t wall_ns) {
  namespace chrono = std::chrono;
  const uint64_t seconds = wall_ns / kNsPerSecond;
  const chrono::year_month_day date{chrono::sys_days{chrono::days(seconds / 86'400)}};
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02} UTC", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
}

}  // namespace

std::string Ikev2SaText::Family(bool ipv6) {
  ipv6_ = ipv6;
  return fmt::format(" IPv{} Crypto IKEv2 {}\n\n", ipv6 ? 6 : 4,
                     options_.view == ShowView::kSession ? "Session" : " SA");
}

std::string Ikev2SaText::One(const api::IkeSa& sa) const {
  const bool session = options_.view == ShowView::kSession;
  std::string text;
  if (!sa.continued()) {
    if (session) {
      text += fmt::format("Session-id:{}, Status:{}, IKE count:1, CHILD count:{}\n\n",
                          sa.session_id(), SessionStatusOf(sa), sa.child_count());
    }
    text += Heading(sa) + Suite(sa);
    if (options_.detail) text += Detail(sa);
  }
  if (session || options_.detail) {
    for (const api::IkeChildSa& child : sa.child()) text += ChildText(child, options_.detail);
  }
  return text + "\n";
}

std::string Ikev2SaText::Piece(const api::IkeSas& show) {
  std::string text = std::exchange(began_, true) ? "" : Family(false);
  for (const api::IkeSa& sa : show.sa()) {
    if (IsIpv6(sa) && !ipv6_) text += Family(true);
    text += One(sa);
  }
  return text;
}

std::string Ikev2SaText::Finish() {
  if (ipv6_) return "";
  return (began_ ? "" : Family(false)) + Family(true);
}

namespace {

// Nothing where there are no tickets.
std::string ResumptionText(const api::Ikev2Resumption& show) {
  std::string text;
  if (show.tickets_asked() + show.started() != 0) {
    text += fmt::format(
        "Session resumption as client: {} tickets asked, {} received, {} held\n"
        "    IKE SAs begun by a ticket: {:<9}came up: {:<9}begun anew without: {}\n",
        show.tickets_asked(), show.tickets_received(), show.tickets_held(), show.started(),
        show.succeeded(), show.fell_back());
  }
  if (show.tickets_requested() + show.tickets_presented() == 0) return text;
  text += fmt::format(
      "Session resumption as gateway: {} tickets requested, {} given\n"
      "    tickets presented: {:<9}IKE SAs that came up by them: {:<9}remembered: {}/{}\n",
      show.tickets_requested(), show.tickets_given(), show.tickets_presented(), show.accepted(),
      show.used_remembered(), show.used_capacity());
  for (const api::ReasonCount& cause : show.refused()) {
    text += fmt::format("    refused, {}: {}\n", cause.reason(), cause.packets());
  }
  return text;
}

// Nothing where nobody was sent on.
std::string RedirectsText(const api::Ikev2Redirects& show) {
  if (show.init() + show.auth() + show.active() == 0) return "";
  return fmt::format(
      "Redirected to other gateways: {:<9}by IKE_SA_INIT: {:<9}IKE_AUTH: {:<9}while up: {}\n",
      show.init() + show.auth() + show.active(), show.init(), show.auth(), show.active());
}

std::string RequestsText(const api::Ikev2Stats& show) {
  std::string text;
  const auto sas = [&text](const char* which, const api::Ikev2Direction& one) {
    text += fmt::format("Total {} IKEv2 SA Count: {:<9}active: {:<9}negotiating: {}\n", which,
                        one.active() + one.negotiating(), one.active(), one.negotiating());
  };
  sas("incoming", show.incoming());
  sas("outgoing", show.outgoing());
  const auto requests = [&text](const char* which, const api::Ikev2Direction& one) {
    text += fmt::format("{} IKEv2 Requests: {:<9}accepted: {:<9}rejected: {}\n", which,
                        one.established() + one.failed(), one.established(), one.failed());
  };
  requests("Incoming", show.incoming());
  requests("Outgoing", show.outgoing());
  return text;
}

}  // namespace

std::string RenderIkev2Stats(const api::Ikev2Stats& show) {
  std::string text =
      fmt::format("{}                          Crypto IKEv2 SA Statistics\n{}", kRule, kRule);
  text += fmt::format(
      "System Resource Limit:   0        Max IKEv2 SAs: {:<9}"
      "Max in nego(in/out): {}/0\n",
      show.maximum_sas(), show.maximum_half_open());
  text += RequestsText(show);
  text += fmt::format("IKEv2 packets not taken by the forwarder: {}\n", show.unsent());
  text +=
      fmt::format("Incoming IKEV2 Cookie Challenged Requests: {}\n    rejected wrong cookie: {}\n",
                  show.cookie_challenges(), show.wrong_cookies());
  text += fmt::format("Half-open IKEv2 SAs: {:<9}cookies asked for above: {}\n", show.half_open(),
                      show.cookies_above());
  const api::Ikev2Retransmit& retransmit = show.retransmit();
  text += fmt::format(
      "Retransmission: first after {} ms, each wait {} % of the one before{}, {} messages in all,\n"
      "    given up after {} s\n",
      retransmit.timeout_ms(), retransmit.base_percent(),
      retransmit.limit_seconds() == 0 ? ""
                                      : fmt::format(", at most {} s", retransmit.limit_seconds()),
      retransmit.tries(), retransmit.given_up_ms() / 1000);
  text += fmt::format("IKEv2 SA rekeys: {}\n", show.ike_rekeys());
  text += fmt::format("Child SAs: {:<9}set up: {:<9}removed: {}\n", show.children(),
                      show.children_up(), show.children_down());
  text += fmt::format("Addresses in use: {:<9}given: {:<9}refused: {:<9}not asked for: {}\n",
                      show.addresses_in_use(), show.addresses_given(), show.addresses_refused(),
                      show.addresses_not_asked());
  text += ResumptionText(show.resumption());
  text += RedirectsText(show.redirects());
  text += fmt::format("\n{:<34}{:>9}{:>9}{:>9}{:>9}\n", "EXCHANGE", "TX(REQ)", "TX(RES)", "RX(REQ)",
                      "RX(RES)");
  for (const api::Ikev2Exchange& one : show.exchange()) {
    text += fmt::format("{:<34}{:>9}{:>9}{:>9}{:>9}\n", one.name(), one.sent_requests(),
                        one.sent_responses(), one.received_requests(), one.received_responses());
  }
  if (show.cause().empty()) return text;
  text += "\nDrops, failures and endings by cause:\n";
  for (const api::ReasonCount& cause : show.cause()) {
    text += fmt::format("  {:<32}{:>9}\n", cause.reason(), cause.packets());
  }
  return text;
}

std::string RenderAddressPools(const api::AddressPools& show) {
  std::string text =
      show.ipv6()
          ? fmt::format("{:<22}{:<45}{:<7}{}\n", "Pool", "Prefix", "Free", "In use")
          : fmt::format(" {:<25}{:<16}{:<16}{:<6}{}\n", "Pool", "Begin", "End", "Free", "In use");
  for (const api::AddressPool& pool : show.pool()) {
    text += show.ipv6() ? fmt::format("{:<22}{:<45}{:<7}{}\n", pool.name(), pool.prefix(),
                                      pool.free(), pool.in_use())
                        : fmt::format(" {:<25}{:<16}{:<16}{:<6}{}\n", pool.name(), pool.first(),
                                      pool.last(), pool.free(), pool.in_use());
  }
  if (!show.lease().empty()) text += "Inuse addresses:\n";
  for (const api::AddressLease& lease : show.lease()) {
    text += fmt::format("   {:<40}{}\n", lease.address(), lease.identity());
  }
  return text;
}

std::string RenderIkev2Errors(const api::Ikev2Errors& show) {
  const auto kept = static_cast<uint64_t>(show.error_size());
  uint64_t told = 0;
  for (const api::Ikev2Error& error : show.error()) told += error.times();
  std::string text =
      fmt::format("Exit Path Table - status: enable, current entry {}, deleted {}, max allow {}\n",
                  kept, show.total() - told, show.capacity());
  int number = 0;
  for (const api::Ikev2Error& error : show.error()) {
    text += fmt::format("\nError({}): {} ({})\n", ++number, error.text(), error.cause());
    text += fmt::format(" {}, {} times\n", TimeText(error.wall_ns()), error.times());
    text +=
        fmt::format(" local {} remote {} fvrf {}\n", Endpoint(error.local(), error.local_port()),
                    Endpoint(error.remote(), error.remote_port()), OrNone(error.front_vrf()));
    if (!error.remote_id().empty()) text += fmt::format(" remote id {}\n", error.remote_id());
    if (!error.profile().empty()) text += fmt::format(" profile {}\n", error.profile());
  }
  return text;
}

}  // namespace vam::mgmt
