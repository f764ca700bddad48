#include "sw/fwd/clear.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "sw/net/ports.h"

namespace vam::fwd {

namespace {

// What a request names; a part that is not set accepts every SA.
struct Filter {
  const Snapshot& snapshot;
  std::optional<net::Address> local{}, peer{};
  uint16_t local_port = 0, peer_port = 0;  // 0: any
  std::string map{};
  std::optional<uint16_t> inside_vrf{}, front_vrf{};
  // One SA: where its packets go, and how they are marked.
  std::optional<net::Address> destination{};
  uint32_t protocol = 0;
  uint32_t spi = 0;

  bool OfEntry(const CompiledEntry* entry) const {
    if (map.empty() && !inside_vrf && !front_vrf) return true;
    if (entry == nullptr || (!map.empty() && entry->map != map)) return false;
    const Snapshot::EntryPlace* place = snapshot.Place(entry->id);
    const uint16_t inside = place == nullptr ? kGlobalVrf : place->inside_vrf;
    const uint16_t front = place == nullptr ? kGlobalVrf : place->front_vrf;
    return inside_vrf.value_or(inside) == inside && front_vrf.value_or(front) == front;
  }
  // Crypto endpoints; without encapsulation in UDP their ports are those of IKE.
  bool OfEnds(const net::Address& own, const net::Address& far, uint16_t own_udp,
              uint16_t far_udp) const {
    const auto port = [](uint16_t wanted, uint16_t udp) {
      return wanted == 0 || wanted == (udp == 0 ? net::kIkePort : udp);
    };
    return (!local || *local == own) && (!peer || *peer == far) && port(local_port, own_udp) &&
           port(peer_port, far_udp);
  }
  bool OfSa(const ipsec::SaSettings& sa) const {
    if (!OfEnds(sa.local, sa.remote, sa.udp_local, sa.udp_remote)) return false;
    if (!destination) return true;
    const bool inbound = sa.direction == ipsec::Direction::kIn;
    return (inbound ? sa.local : sa.remote) == *destination && sa.spi.value == spi &&
           static_cast<uint32_t>(sa.protocol) == protocol;
  }
  bool OfPair(const SaManager::Pair& pair) const {
    if (!OfEntry(pair.entry.get())) return false;
    const auto named = [this](const ipsec::SaParams& sa) { return OfSa(sa); };
    // An entry that has no SAs for want of something is cleared with its map or peer all the same.
    if (!destination && pair.entry->outbound.empty()) {
      return OfEnds(pair.entry->local, pair.entry->peer, 0, 0);
    }
    return std::ranges::any_of(pair.entry->outbound, named) ||
           std::ranges::any_of(pair.entry->inbound, named);
  }
};

// Reads a request into a filter; each step returns what is wrong, a full sentence.
class Reader {
 public:
  Reader(const api::ClearRequest& request, Filter& filter) : request_(request), filter_(filter) {}

  std::string Read() {
    const bool session = request_.kind() == api::CLEAR_CRYPTO_SESSION;
    if (!session) {
      const int filters = Given(request_.peer()) + Given(request_.map()) +
                          Given(request_.destination()) + Given(request_.vrf());
      if (filters > 1) return "Only one of peer, map, entry and vrf can be named.";
    }
    filter_.map = request_.map();
    filter_.local_port = static_cast<uint16_t>(request_.local_port());
    filter_.peer_port = static_cast<uint16_t>(request_.peer_port());
    for (std::string error : {Address("peer", request_.peer(), filter_.peer),
                              Address("local", request_.local(), filter_.local),
                              VrfNumber(request_.vrf(), filter_.inside_vrf),
                              VrfNumber(request_.front_vrf(), filter_.front_vrf), Entry()}) {
      if (!error.empty()) return error;
    }
    return "";
  }

 private:
  static int Given(const std::string& text) { return text.empty() ? 0 : 1; }
  static std::string Address(const char* what, const std::string& text,
                             std::optional<net::Address>& out) {
    if (text.empty()) return "";
    const auto address = net::Address::Parse(text);
    if (!address) return std::string("No such ") + what + " address: " + text + ".";
    out = *address;
    return "";
  }
  std::string VrfNumber(const std::string& name, std::optional<uint16_t>& out) const {
    if (name.empty()) return "";
    const auto& vrfs = filter_.snapshot.vrfs;
    const auto found = std::ranges::find(vrfs, name, &Vrf::name);
    if (found == vrfs.end()) return "There is no VRF " + name + ".";
    out = static_cast<uint16_t>(found - vrfs.begin());
    return "";
  }
  std::string Entry() {
    if (request_.destination().empty()) return "";
    if (std::string error = Address("destination", request_.destination(), filter_.destination);
        !error.empty()) {
      return error;
    }
    const bool known = request_.protocol() == static_cast<uint32_t>(ipsec::Protocol::kEsp) ||
                       request_.protocol() == static_cast<uint32_t>(ipsec::Protocol::kAh);
    if (!known) return "The protocol of an SA is ESP (50) or AH (51).";
    filter_.protocol = request_.protocol();
    filter_.spi = request_.spi();
    return "";
  }

  const api::ClearRequest& request_;
  Filter& filter_;
};

}  // namespace

api::ClearReply ClearSas(const api::ClearRequest& request, const Snapshot& snapshot,
                         SaManager& manual, IkeSas& ike, SaSets& sets) {
  api::ClearReply reply;
  Filter filter{.snapshot = snapshot};
  if (std::string error = Reader(request, filter).Read(); !error.empty()) {
    reply.set_error(std::move(error));
    return reply;
  }
  std::set<uint32_t> touched;
  size_t count = manual.Restart([&](const SaManager::Pair& pair) {
    if (!filter.OfPair(pair)) return false;
    touched.insert(pair.set);
    return true;
  });
  count += ike.Clear([&](const IkeSas::Sa& sa) {
    const uint32_t set = sets.FindId(sa.policy);
    if (!sets.Has(set)) return false;
    if (!filter.OfEntry(ike.entry(sets.at(set).key.entry)) || !filter.OfSa(ike.SettingsOf(sa))) {
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
