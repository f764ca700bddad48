// Which of several peers an entry of a crypto map calls (SY-40, IOS-44, ASA-27).
#ifndef VAM_SW_IKE_V2_SA_PEER_CHOICE_H_
#define VAM_SW_IKE_V2_SA_PEER_CHOICE_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>

#include "sw/net/address.h"

namespace vam::ike::v2 {

// The first that has not failed; when all have, the one that failed longest ago, so that they are
// tried in turn for as long as there is traffic.
class PeerChoice {
 public:
  // Failures that are remembered; a gateway has fewer peers that it calls.
  static constexpr size_t kMost = 65'536;

  // Requires: there are some.
  net::Address Best(std::span<const net::Address> peers) const;
  void Failed(const net::Address& peer);
  void Worked(const net::Address& peer) { failed_.erase(peer); }
  // For these from the first on, whatever failed before: an operator ended what they had, or its
  // time is over (ASA-29).
  void Reset(std::span<const net::Address> peers) {
    for (const net::Address& peer : peers) Worked(peer);
  }
  // Another configuration: from the first on (ASA-29).
  void Forget() { failed_.clear(); }

 private:
  uint64_t OrderOf(const net::Address& peer) const;

  std::unordered_map<net::Address, uint64_t, net::AddressHash> failed_;  // in this order
  uint64_t last_ = 0;
};

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_SA_PEER_CHOICE_H_
