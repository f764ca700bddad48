// How often peers that have proved nothing may have this system fetch something.
#ifndef VAM_SW_IKE_FETCH_BUDGET_H_
#define VAM_SW_IKE_FETCH_BUDGET_H_

#include <cstddef>
#include <cstdint>
#include <unordered_map>

#include "sw/net/address.h"

namespace vam::ike {

// One thread. Buckets: what has not been used comes back with time. One of each peer (IPv6: of its
// /64), one of all.
class FetchBudget {
 public:
  static constexpr uint32_t kOfOne = 4;  // at once
  static constexpr uint64_t kOneBackNs = 15'000'000'000;
  static constexpr uint32_t kOfAll = 32;
  static constexpr uint64_t kAllBackNs = 200'000'000;
  static constexpr size_t kMostPeers = 4'096;

  // False: not now; nothing is taken. Requires: `count` at most kOfOne.
  bool Take(const net::Address& peer, uint32_t count, uint64_t now_ns);

 private:
  struct Bucket {
    uint32_t used = 0;
    uint64_t since_ns = 0;  // `used` goes down from here
  };
  static uint32_t UsedAt(Bucket& bucket, uint64_t back_ns, uint64_t now_ns);

  Bucket all_;
  std::unordered_map<net::Address, Bucket, net::AddressHash> peers_;
};

}  // namespace vam::ike

#endif  // VAM_SW_IKE_FETCH_BUDGET_H_
