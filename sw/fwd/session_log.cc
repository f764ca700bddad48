#include "sw/fwd/session_log.h"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>

#include "sw/net/ports.h"

namespace vam::fwd {
namespace {

std::string VrfWord(std::string_view word, uint16_t vrf, const Snapshot& snapshot) {
  if (vrf == kGlobalVrf || vrf >= snapshot.vrfs.size()) return "";
  return fmt::format(" {}={}", word, snapshot.vrfs[vrf].name);
}

// Of UDP where ESP is in it, for that follows the peer; else of IKE.
uint16_t PortOf(const SessionPeer* peer, uint16_t of_udp) {
  if (of_udp != 0) return of_udp;
  return peer == nullptr || peer->port == 0 ? net::kIkePort : peer->port;
}

}  // namespace

void SessionLog::Say(const Session& session, bool up, const Snapshot& snapshot, EventLog& events) {
  static const SessionPeer kUnknown;
  const SessionPeer& peer = session.peer == nullptr ? kUnknown : *session.peer;
  std::string text = fmt::format("Crypto session is {}. Peer {}:{}", up ? "UP" : "DOWN",
                                 net::ToString(session.address), session.port);
  text += VrfWord("fvrf", session.front_vrf, snapshot);
  text += VrfWord("ivrf", session.inside_vrf, snapshot);
  if (!peer.description.empty()) text += " Description: " + peer.description;
  // The peer's own words stand last: whatever they say, nothing of ours follows.
  text += " Id: " + (peer.identity.empty() ? net::ToString(session.address) : peer.identity);
  events.Say(EventName::kSession, std::move(text));
}

void SessionLog::Look(const SaSets& sets, const Snapshot& snapshot, EventLog* events) {
  std::vector<Session> now;
  for (const uint32_t number : sets.All()) {
    const SaSet& set = sets.at(number);
    const EntryRules* rules = sets.rules(set.key.entry);
    if (rules == nullptr || rules->kind == EntryKind::kManual) continue;
    if (set.outbound.empty() || set.inbound.empty()) continue;
    const Snapshot::EntryPlace* place = snapshot.Place(set.key.entry);
    Session session;
    if (place != nullptr) {
      session.front_vrf = place->front_vrf;
      session.inside_vrf = place->inside_vrf;
    }
    const ipsec::SaSettings& sa = sets.bundle(set.outbound.back()).sas.back().settings;
    session.address = sa.remote;
    session.peer = set.peer;
    session.port = PortOf(session.peer.get(), sa.udp_remote);
    now.push_back(std::move(session));
  }
  std::ranges::sort(now);
  now.erase(std::unique(now.begin(), now.end()), now.end());
  const std::vector<Session> before = std::exchange(up_, std::move(now));
  if (events == nullptr) return;
  std::vector<Session> changed;
  std::ranges::set_difference(before, up_, std::back_inserter(changed));
  for (const Session& session : changed) Say(session, false, snapshot, *events);
  changed.clear();
  std::ranges::set_difference(up_, before, std::back_inserter(changed));
  for (const Session& session : changed) Say(session, true, snapshot, *events);
}

}  // namespace vam::fwd
