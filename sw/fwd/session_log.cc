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

}  // namespace

void SessionLog::Say(const Session& session, bool up, const Snapshot& snapshot, EventLog& events) {
  const std::string peer = net::ToString(session.peer);
  events.Say(EventName::kSession,
             fmt::format("Crypto session is {}. Peer {}:{}{}{} Id: {}", up ? "UP" : "DOWN", peer,
                         net::kIkePort, VrfWord("fvrf", session.front_vrf, snapshot),
                         VrfWord("ivrf", session.inside_vrf, snapshot), peer));
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
    session.peer = sets.bundle(set.outbound.back()).sas.back().settings.remote;
    now.push_back(session);
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
