// The IPv6 addresses of this gateway, and the proof that each is unique on its link (RFC 4862,
// 5.4).
#ifndef VAM_SW_FWD_IPV6_ADDRESSES_H_
#define VAM_SW_FWD_IPV6_ADDRESSES_H_

#include <cstdint>
#include <vector>

#include "sw/base/clock.h"
#include "sw/fwd/snapshot.h"
#include "sw/net/address.h"
#include "sw/net/mac.h"

namespace vam::fwd {

// Belongs to the worker. Sorted by address.
class Ipv6Addresses {
 public:
  static constexpr uint64_t kRetransmitNs = kNsPerSecond;  // RFC 4861, 10: RETRANS_TIMER

  // Tentative addresses receive nothing and send nothing but their probes; a duplicate one is never
  // used until the interface is configured anew.
  enum class State : uint8_t { kTentative, kPreferred, kDuplicate };
  struct Own {
    net::Address address;
    uint16_t interface = 0;
    uint16_t vrf = kGlobalVrf;
    uint8_t prefix_length = 64;
    State state = State::kTentative;
    uint8_t probes_left = 0;
    uint64_t timer_ns = 0;  // tentative: when the next probe leaves, or the wait for answers ends
  };

  explicit Ipv6Addresses(const Clock& clock) : clock_(clock) {}

  // The addresses of all interfaces that are up, as of now; what was there keeps its state.
  // `macs`: of the ports, for link-local and EUI-64 addresses.
  void Configure(const Snapshot& snapshot, const std::vector<net::MacAddress>& macs);

  // A link-local address belongs to its interface, another to its VRF. nullptr: not ours.
  const Own* Find(uint16_t vrf, uint16_t interface, const net::Address& address) const;
  // Whether a multicast group has a listener on the interface: all nodes, solicited nodes.
  bool Listens(uint16_t interface, const net::Address& group) const;
  // What a packet from this interface to `destination` should have as source: a preferred address
  // of the same scope, with the longest common prefix. None: there is none.
  net::Address SourceFor(uint16_t interface, const net::Address& destination) const;

  // Somebody else has a tentative address of this interface. True: it was ours, and is given up.
  bool Conflict(uint16_t interface, const net::Address& address);

  // Addresses whose probe is due; those that waited long enough become preferred.
  std::vector<Own> Tick();
  uint64_t NextTickNs() const { return next_ns_; }

  const std::vector<Own>& all() const { return own_; }

 private:
  void Want(Own own, uint8_t probes);

  const Clock& clock_;
  std::vector<Own> own_;
  uint64_t next_ns_ = UINT64_MAX;
};

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_IPV6_ADDRESSES_H_
