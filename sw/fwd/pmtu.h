// Path MTUs of tunnels: learnt only from ICMP that proves it has seen a recent outer packet of ours
// (RFC 4301, 8.2; RFC 1191; RFC 8201).
#ifndef VAM_SW_FWD_PMTU_H_
#define VAM_SW_FWD_PMTU_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "sw/base/bytes.h"
#include "sw/base/clock.h"
#include "sw/fwd/parsed.h"
#include "sw/net/address.h"

namespace vam::fwd {

// What names an outer packet: fields that an ICMP error quotes.
struct OuterId {
  net::Address source, destination;
  uint8_t protocol = 0;  // ESP or AH, also within UDP
  uint32_t spi = 0;
  uint32_t sequence = 0;
};

// From an IPv4 or IPv6 packet, or from its first bytes. Nothing when it is no ESP or AH packet,
// not the first fragment of one, or too little of it is there. Goes through UDP to or from port
// 4500.
std::optional<OuterId> OuterIdOf(Bytes packet);
// Of a whole packet that was parsed, and has no IPv6 extension headers: an outer one of ours.
std::optional<OuterId> OuterIdOf(const Parsed& parsed, Bytes packet);

// The last outer packet of each SA. Belongs to the worker; fixed size, one place per hash: an SA
// that loses its place loses only its next ICMP.
class OuterLog {
 public:
  static constexpr size_t kPlaces = 1024;
  static constexpr uint64_t kRecentNs = 10 * kNsPerSecond;
  // ICMP may quote a packet that so many others of its SA have followed.
  static constexpr uint32_t kRecentPackets = 65'536;

  OuterLog() : places_(kPlaces) {}

  void Sent(const OuterId& id, uint32_t policy_entry, uint16_t vrf, uint64_t now_ns);
  // The policy entry of a recent packet; nothing: not ours, or too old.
  std::optional<uint32_t> EntryOf(const OuterId& id, uint16_t vrf, uint64_t now_ns) const;

 private:
  struct Place {
    OuterId last;
    uint32_t entry = 0;
    uint16_t vrf = 0;
    uint64_t sent_ns = 0;  // 0: never used
  };
  static size_t IndexOf(const OuterId& id);

  std::vector<Place> places_;
};

// By policy entry, which has one peer. Belongs to the worker.
class PathMtus {
 public:
  static constexpr uint64_t kLifetimeNs = 600 * kNsPerSecond;  // RFC 1191, 6.3
  static constexpr size_t kMaxEntries = 65'536;
  static constexpr size_t kFloorV4 = 576;  // of what is believed
  static constexpr size_t kFloorV6 = 1280;

  // The tunnel's path lets `mtu` bytes of outer packet pass; `sent_bytes` were too many. 0 (RFC
  // 1191, 5: an old router) means the next lower plateau. Returns what is believed now; 0: the
  // message says nothing new or nothing possible.
  size_t Learn(uint32_t entry, bool v6, size_t mtu, size_t sent_bytes, uint64_t now_ns);
  // 0: nothing is known.
  size_t Find(uint32_t entry, uint64_t now_ns) const {
    if (by_entry_.empty()) return 0;
    const auto found = by_entry_.find(entry);
    return found == by_entry_.end() || found->second.expires_ns <= now_ns ? 0 : found->second.mtu;
  }
  void Clear() { by_entry_.clear(); }

 private:
  struct Known {
    size_t mtu;
    uint64_t expires_ns;
  };
  std::unordered_map<uint32_t, Known> by_entry_;
};

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_PMTU_H_
