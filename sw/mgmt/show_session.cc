#include "sw/mgmt/show_session.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <optional>

namespace vam::mgmt {
namespace {

using Sas = google::protobuf::RepeatedPtrField<api::SaEntry>;

constexpr uint32_t kIkePort = 500;

// What the newest SAs of one direction have left: the least of each limit.
struct Life {
  std::optional<uint64_t> kilobytes, seconds;

  void Take(const Sas& sas) {
    const auto least = [](std::optional<uint64_t>& to, bool limited, uint64_t value) {
      if (limited) to = std::min(to.value_or(value), value);
    };
    for (const api::SaEntry& sa : sas) {
      if (sa.status() != "ACTIVE") continue;
      least(kilobytes, sa.has_remaining_kilobytes(), sa.remaining_kilobytes());
      least(seconds, sa.has_remaining_seconds(), sa.remaining_seconds());
    }
  }
};

uint32_t Active(const Sas& sas) {
  return static_cast<uint32_t>(std::count_if(
      sas.begin(), sas.end(), [](const api::SaEntry& sa) { return sa.status() == "ACTIVE"; }));
}

void FillFlow(const api::IpsecFlow& flow, api::SessionFlow& out) {
  *out.mutable_local_ident() = flow.local_ident();
  *out.mutable_remote_ident() = flow.remote_ident();
  Life in, outward;
  uint32_t active = 0;
  for (const Sas* sas : {&flow.inbound_esp(), &flow.inbound_ah(), &flow.inbound_pcp()}) {
    in.Take(*sas);
    active += Active(*sas);
  }
  for (const Sas* sas : {&flow.outbound_esp(), &flow.outbound_ah(), &flow.outbound_pcp()}) {
    outward.Take(*sas);
    active += Active(*sas);
  }
  out.set_active_sas(active);
  out.set_down_reason(flow.down_reason());
  out.set_origin(flow.keying() == "dynamic" ? "dynamic crypto map" : "crypto map");
  out.set_packets_in(flow.pkts_decaps());
  out.set_drops_in(flow.recv_errors());
  out.set_packets_out(flow.pkts_encaps());
  out.set_drops_out(flow.send_errors());
  if (in.kilobytes) out.set_kilobytes_in(*in.kilobytes);
  if (in.seconds) out.set_seconds_in(*in.seconds);
  if (outward.kilobytes) out.set_kilobytes_out(*outward.kilobytes);
  if (outward.seconds) out.set_seconds_out(*outward.seconds);
}

}  // namespace

api::CryptoSession& SessionTable::At(const Key& key) {
  const auto [at, fresh] = sessions_.try_emplace(key);
  if (fresh) {
    std::string local;
    std::tie(*at->second.mutable_interface(), *at->second.mutable_front_vrf(), local,
             *at->second.mutable_peer(), std::ignore, *at->second.mutable_inside_vrf()) = key;
    at->second.set_local(local);
    at->second.set_local_port(kIkePort);
    at->second.set_peer_port(std::get<4>(key));
    by_peer_.emplace(std::tuple(std::get<1>(key), local, std::get<3>(key)), &at->second);
  }
  return at->second;
}

void SessionTable::Add(const api::IpsecSa& piece) {
  for (const api::IpsecInterface& interface : piece.interface()) {
    for (const api::IpsecFlow& flow : interface.flow()) {
      if (++flows_ > kMostFlows) {
        overflow_ = true;
        return;
      }
      const std::string& local = flow.local_crypto_endpoint().empty()
                                     ? interface.local_address()
                                     : flow.local_crypto_endpoint();
      const Key key{interface.name(),    interface.front_vrf(), local,
                    flow.current_peer(), flow.peer_port(),      flow.protected_vrf()};
      FillFlow(flow, *At(key).add_flow());
      if (flow.negotiating()) negotiating_.insert(key);
    }
  }
}

// The sessions that the IKE SA keys: those that fit best.
std::vector<api::CryptoSession*> SessionTable::Of(const api::IkeSa& sa) {
  std::vector<api::CryptoSession*> best;
  int most = 0;
  const auto [first, last] = by_peer_.equal_range({sa.front_vrf(), sa.local(), sa.remote()});
  for (auto at = first; at != last; ++at) {
    const api::CryptoSession& one = *at->second;
    const bool port = one.peer_port() == sa.remote_port();
    // Before it floats, and without SAs, its port is that of IKE.
    if (!port && one.peer_port() != kIkePort && sa.remote_port() != kIkePort) continue;
    const int score = 1 + (port ? 2 : 0) + (one.interface() == sa.interface() ? 1 : 0);
    if (score > most) best.clear();
    if (score >= most) best.push_back(at->second);
    most = std::max(most, score);
  }
  return best;
}

void SessionTable::Add(const api::IkeSas& sas) {
  for (const api::IkeSa& sa : sas.sa()) {
    if (sa.continued()) continue;
    if (++flows_ > kMostFlows) {
      overflow_ = true;
      return;
    }
    std::vector<api::CryptoSession*> sessions = Of(sa);
    if (sessions.empty()) {
      sessions.push_back(&At({sa.interface(), sa.front_vrf(), sa.local(), sa.remote(),
                              sa.remote_port(), sa.inside_vrf()}));
    }
    for (api::CryptoSession* session : sessions) {
      session->set_local_port(sa.local_port());
      if (sa.status() == "Active") session->set_peer_port(sa.remote_port());
      if (!sa.description().empty()) session->set_description(sa.description());
      if (!sa.phase1_id().empty()) session->set_phase1_id(sa.phase1_id());
      *session->add_ike_sa() = sa;
    }
  }
}

std::string SessionStatus(const api::CryptoSession& session) {
  bool ike = false, negotiating = false, ipsec = false;
  for (const api::IkeSa& sa : session.ike_sa()) {
    ike = ike || sa.status() == "Active";
    negotiating = negotiating || sa.status() == "Negotiating";
  }
  for (const api::SessionFlow& flow : session.flow()) ipsec = ipsec || flow.active_sas() != 0;
  if (ike) return ipsec ? "UP-ACTIVE" : "UP-IDLE";
  if (ipsec) return "UP-NO-IKE";
  return negotiating ? "DOWN-NEGOTIATING" : "DOWN";
}

api::CryptoSessions SessionTable::Sessions() const {
  api::CryptoSessions show;
  for (const auto& [key, session] : sessions_) {
    api::CryptoSession& out = *show.add_session();
    out = session;
    out.set_status(SessionStatus(session));
    // The forwarder knows of SPIs that are reserved before IKE tells of its SA.
    if (out.status() == "DOWN" && negotiating_.contains(key)) out.set_status("DOWN-NEGOTIATING");
  }
  return show;
}

namespace {

std::string OrNone(const std::string& text) { return text.empty() ? "(none)" : text; }

std::string IdentWord(const api::Ident& ident) {
  const bool host = ident.mask() == "255.255.255.255" || ident.mask() == "128";
  std::string text = host ? "host " + ident.address() : ident.address() + "/" + ident.mask();
  if (ident.port() != 0) text += fmt::format(" port {}", ident.port());
  return text;
}

// Of a flow without SAs: 0/0. Without a limit: the word, since 0 would mean used up.
std::string LifeText(bool up, bool has_kilobytes, uint64_t kilobytes, bool has_seconds,
                     uint64_t seconds) {
  if (!up) return "0/0";
  return (has_kilobytes ? std::to_string(kilobytes) : "infinite") + "/" +
         (has_seconds ? std::to_string(seconds) : "infinite");
}

std::string FlowText(const api::SessionFlow& flow, bool detail) {
  const uint32_t protocol = flow.local_ident().protocol();
  std::string text = fmt::format("  IPSEC FLOW: permit {} {} {}\n",
                                 protocol == 0 ? "ip" : std::to_string(protocol),
                                 IdentWord(flow.local_ident()), IdentWord(flow.remote_ident()));
  text += fmt::format("    Active SAs: {}, origin: {}\n", flow.active_sas(), flow.origin());
  if (!flow.down_reason().empty()) text += fmt::format("    Down: {}\n", flow.down_reason());
  if (!detail) return text;
  const bool up = flow.active_sas() != 0;
  text += fmt::format("    Inbound:  #pkts dec'ed {} drop {} life (KB/Sec) {}\n", flow.packets_in(),
                      flow.drops_in(),
                      LifeText(up, flow.has_kilobytes_in(), flow.kilobytes_in(),
                               flow.has_seconds_in(), flow.seconds_in()));
  text += fmt::format("    Outbound: #pkts enc'ed {} drop {} life (KB/Sec) {}\n",
                      flow.packets_out(), flow.drops_out(),
                      LifeText(up, flow.has_kilobytes_out(), flow.kilobytes_out(),
                               flow.has_seconds_out(), flow.seconds_out()));
  return text;
}

std::string PeerText(const api::CryptoSession& session, bool detail) {
  if (!detail) {
    std::string text = fmt::format("Peer: {}/{}\n", session.peer(), session.peer_port());
    if (!session.description().empty()) text += fmt::format("  Desc: {}\n", session.description());
    return text;
  }
  return fmt::format("Peer: {} port {} fvrf: {} ivrf: {}\n  Desc: {}\n  Phase1_id: {}\n",
                     session.peer(), session.peer_port(), OrNone(session.front_vrf()),
                     OrNone(session.inside_vrf()), OrNone(session.description()),
                     OrNone(session.phase1_id()));
}

std::string IkeText(const api::IkeSa& sa, bool detail) {
  std::string text =
      fmt::format("  {}: local {}/{} remote {}/{} {}\n", sa.version() == 2 ? "IKEv2 SA" : "IKE SA",
                  sa.local(), sa.local_port(), sa.remote(), sa.remote_port(), sa.status());
  if (!detail) return text;
  const uint64_t left = sa.remaining_seconds();
  return text + fmt::format("    Capabilities:{} connid:{} lifetime:{:02}:{:02}:{:02}\n",
                            OrNone(sa.capabilities()), sa.conn_id(), left / 3600, left / 60 % 60,
                            left % 60);
}

std::string SessionText(const api::CryptoSession& session, bool detail) {
  std::string text = fmt::format("Interface: {}\nSession status: {}\n", OrNone(session.interface()),
                                 session.status());
  text += PeerText(session, detail);
  // The peer is named again for each further IKE SA (MG-11).
  for (int i = 0; i < session.ike_sa_size(); ++i) {
    if (i != 0) text += PeerText(session, detail);
    text += IkeText(session.ike_sa(i), detail);
  }
  for (const api::SessionFlow& flow : session.flow()) text += FlowText(flow, detail);
  return text;
}

constexpr std::array<const char*, 5> kStates{"UP-ACTIVE", "UP-IDLE", "UP-NO-IKE",
                                             "DOWN-NEGOTIATING", "DOWN"};

std::string SummaryText(const api::CryptoSessions& show) {
  std::string text = fmt::format("Crypto session summary\n  Sessions: {}\n", show.session_size());
  for (const char* state : kStates) {
    const auto count = std::count_if(
        show.session().begin(), show.session().end(),
        [state](const api::CryptoSession& session) { return session.status() == state; });
    text += fmt::format("  {}: {}\n", state, count);
  }
  return text;
}

std::string BriefText(const api::CryptoSessions& show) {
  std::string text = fmt::format("{:<40}{:<20}{:<18}{}\n", "Peer", "I/F", "Status", "Flows");
  for (const api::CryptoSession& session : show.session()) {
    text += fmt::format("{:<40}{:<20}{:<18}{}\n",
                        fmt::format("{}/{}", session.peer(), session.peer_port()),
                        OrNone(session.interface()), session.status(), session.flow_size());
  }
  return text;
}

}  // namespace

std::string RenderSessions(const api::CryptoSessions& show, const ShowOptions& options) {
  if (options.view == ShowView::kSummary) return SummaryText(show);
  if (options.view == ShowView::kBrief) return BriefText(show);
  std::string text = options.detail ? "" : "Crypto session current status\n";
  for (const api::CryptoSession& session : show.session()) {
    if (&session != &show.session(0)) text += "\n";
    text += SessionText(session, options.detail);
  }
  return text;
}

}  // namespace vam::mgmt
