// Remembers what Policy::Find said, for packets that look the same to it.
#ifndef VAM_SW_IPSEC_POLICY_CACHE_H_
#define VAM_SW_IPSEC_POLICY_CACHE_H_

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "sw/base/sip_hash.h"
#include "sw/ipsec/policy.h"

namespace vam::ipsec {

// Keyed, so that a peer who chooses his packets cannot choose where they fall.
using vam::SipHash;
using vam::SipHashKey;
static_assert(std::is_same_v<SipHashWords, Policy::Words>);

// One worker's. Fixed size: sets of two places, the older result gives way. A place is one cache
// line. Find(p, f) == p.Find(f) for every policy and flow.
class PolicyCache {
 public:
  // Up to so many lines are read sooner than a key is made and hashed (with a margin: the measured
  // length is near 100).
  static constexpr size_t kUncachedLines = 32;

  // `places`: a power of two, at least 2. `key`: from a source of chance, secret. Policies with at
  // most `uncached_lines` lines of the packet's family are asked themselves.
  PolicyCache(size_t places, const SipHashKey& key, size_t uncached_lines = kUncachedLines);

  // Allocates nothing. Requires: policies asked between two calls of Invalidate have different
  // numbers.
  PolicyMatch Find(const Policy& policy, const Flow& flow);

  // Calls `count(position, line)` for each deny line that the packet of `match` met before what
  // decided. Requires: `match` is what this cache, or a TemporaryPolicy after it, said of `flow`
  // under `policy`, and nothing was looked up or forgotten since.
  template <typename Count>
  void ForEachDeny(const Policy& policy, const Flow& flow, const PolicyMatch& match,
                   Count count) const {
    if (match.denies == 0) return;
    // A temporary entry may stand before the line that the configuration alone would choose.
    const auto met = [&](uint32_t position, uint32_t line) {
      if (position < match.position) count(position, line);
    };
    if (match.denies == kWalkForDenies) {
      static_cast<void>(policy.FindWithDenies(flow, met));
      return;
    }
    for (uint32_t at = match.denies; at != 0; at = paths_[at].before) {
      met(paths_[at].position, paths_[at].line);
    }
  }

  // Forgets everything: other policies come.
  void Invalidate();

  // Of lookups in policies that are longer.
  uint64_t hits() const { return hits_; }
  uint64_t misses() const { return misses_; }

 private:
  struct alignas(64) Place {
    Policy::Words key;
    uint32_t position = kNoPosition, line = 0;  // of the result
    uint32_t whole : 1 = 0;
    uint32_t denies : 31 = 0;
    uint32_t epoch = 0;  // holds a result when it is the current one
  };
  static_assert(sizeof(Place) == 64);

  // The deny lines of a result, the last one first: `before` leads to the others, 0: there are
  // none. Results with the same denies share them. Where there is no room for more, packets are
  // walked again.
  struct Path {
    uint32_t before = 0;
    uint32_t position = 0, line = 0;
    uint32_t next = 0;  // in the same bucket
  };
  static constexpr size_t kMostPaths = 4096;
  static constexpr size_t kPathBuckets = 1024;

  PolicyMatch Walk(const Policy& policy, const Flow& flow);
  uint32_t PathTo(uint32_t before, uint32_t position, uint32_t line);

  std::vector<Path> paths_;  // from 1
  std::vector<uint32_t> path_buckets_;
  std::vector<Place> places_;
  uint64_t set_mask_;  // of the hash: which pair of places
  SipHashKey key_;
  size_t uncached_lines_;
  uint32_t epoch_ = 1;
  uint64_t hits_ = 0;
  uint64_t misses_ = 0;
};

}  // namespace vam::ipsec

#endif  // VAM_SW_IPSEC_POLICY_CACHE_H_
