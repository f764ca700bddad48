// Inbound IPsec packets that ended in a way of which IKE may tell their sender: an SPI that no SA
// has (RFC 7296, 2.21.4; DP-25), traffic that an SA is not for (RFC 4301, 5.2; ASA-23).
#ifndef VAM_SW_FWD_PACKET_FAULTS_H_
#define VAM_SW_FWD_PACKET_FAULTS_H_

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "sw/api/fast.h"
#include "sw/base/bytes.h"
#include "sw/base/clock.h"
#include "sw/base/sip_hash.h"
#include "sw/fwd/packet.h"
#include "sw/ipsec/sa.h"

namespace vam::fwd {

// Belongs to the worker. Anybody can send packets with SPIs of chance, so each sender with each SPI
// has a place, found by a keyed hash, that tells once a second: kPlaces messages a second at most,
// and senders that share a place with a flood are heard now and then.
class PacketFaults {
 public:
  static constexpr size_t kPlaces = 256;
  static constexpr uint64_t kIntervalNs = kNsPerSecond;
  static constexpr size_t kMostQueued = kPlaces;

  // `clock` must outlive it.
  PacketFaults(const Clock& clock, const SipHashKey& key)
      : clock_(clock), key_(key), told_ns_(kPlaces) {}

  // `packet` from its IP header on; an IPsec packet to this gateway whose SPI no SA has.
  void UnknownSpi(Bytes packet, const PacketMeta& meta);
  // What came out of this inbound SA is not within its selectors.
  void WrongSelectors(const ipsec::SaSettings& sa, Bytes packet, const PacketMeta& meta);

  std::vector<api::PacketFault> Take() { return std::exchange(queue_, {}); }

 private:
  // False: its place has told in this second, or too many wait.
  bool MayTell(const net::Address& source, uint64_t what);

  const Clock& clock_;
  SipHashKey key_;
  std::vector<uint64_t> told_ns_;  // by place; 0: never
  std::vector<api::PacketFault> queue_;
};

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_PACKET_FAULTS_H_
