#include "sw/fwd/clear.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>

#include "sw/base/result.h"

namespace vam::fwd {

namespace {

// What a request names; a part that is not set accepts every SA.
struct Filter {
  std::optional<net::Address> peer;
  std::string map;
  // One SA: where its packets go, and how they are marked.
  std::optional<net::Address> destination;
  uint32_t protocol = 0;
  uint32_t spi = 0;

  bool OfEntry(const CompiledEntry* entry) const {
    return map.empty() || (entry != nullptr && entry->map == map);
  }
  bool OfSa(const ipsec::SaSettings& sa) const {
    if (peer && sa.remote != *peer) return false;
    if (!destination) return true;
    const bool inbound = sa.direction == ipsec::Direction::kIn;
    return (inbound ? sa.local : sa.remote) == *destination && sa.spi.value == spi &&
           static_cast<uint32_t>(sa.protocol) == protocol;
  }
  bool OfPair(const SaManager::Pair& pair) const {
    if (!OfEntry(&pair.entry)) return false;
    const auto named = [this](const ipsec::SaParams& sa) { return OfSa(sa); };
    // An entry that has no SAs for want of something is cleared with its map or peer all the same.
    if (!destination && pair.entry.outbound.empty()) return !peer || pair.entry.peer == *peer;
    return std::ranges::any_of(pair.entry.outbound, named) ||
           std::ranges::any_of(pair.entry.inbound, named);
  }
};

struct Wanted {
  Filter filter;
  std::string error;
};

Wanted Parse(const api::ClearRequest& request) {
  Wanted parsed;
  const auto fail = [&parsed](std::string why) {
    parsed.error = std::move(why);
    return parsed;
  };
  const int filters = (request.peer().empty() ? 0 : 1) + (request.map().empty() ? 0 : 1) +
                      (request.destination().empty() ? 0 : 1) + (request.vrf().empty() ? 0 : 1);
  if (filters > 1) return fail("Only one of peer, map, entry and vrf can be named.");
  if (!request.vrf().empty()) return fail("SAs cannot be cleared by their VRF yet.");
  parsed.filter.map = request.map();
  if (!request.peer().empty()) {
    const auto peer = net::Address::Parse(request.peer());
    if (!peer) return fail("No such peer address: " + request.peer() + ".");
    parsed.filter.peer = *peer;
  }
  if (request.destination().empty()) return parsed;
  const auto destination = net::Address::Parse(request.destination());
  if (!destination) return fail("No such destination address: " + request.destination() + ".");
  const bool known = request.protocol() == static_cast<uint32_t>(ipsec::Protocol::kEsp) ||
                     request.protocol() == static_cast<uint32_t>(ipsec::Protocol::kAh);
  if (!known) return fail("The protocol of an SA is ESP (50) or AH (51).");
  parsed.filter.destination = *destination;
  parsed.filter.protocol = request.protocol();
  parsed.filter.spi = request.spi();
  return parsed;
}

}  // namespace

api::ClearReply ClearSas(const api::ClearRequest& request, SaManager& manual, IkeSas& ike,
                         SaSets& sets) {
  api::ClearReply reply;
  const Wanted parsed = Parse(request);
  if (!parsed.error.empty()) {
    reply.set_error(parsed.error);
    return reply;
  }
  const Filter& filter = parsed.filter;
  std::set<uint32_t> touched;
  size_t count = manual.Restart([&](const SaManager::Pair& pair) {
    if (!filter.OfPair(pair)) return false;
    touched.insert(pair.set);
    return true;
  });
  count += ike.Clear([&](const IkeSas::Sa& sa) {
    const uint32_t set = sets.FindId(sa.policy);
    if (!sets.Has(set)) return false;
    if (!filter.OfEntry(ike.entry(sets.at(set).key.entry)) || !filter.OfSa(sa.settings)) {
      return false;
    }
    touched.insert(set);
    return true;
  });
  for (const uint32_t set : touched) {
    if (sets.Has(set)) sets.at(set).counters.Clear();
  }
  if (filter.destination && count == 0) {
    reply.set_error("No SA has this destination, protocol and SPI.");
  }
  return reply;
}

}  // namespace vam::fwd
