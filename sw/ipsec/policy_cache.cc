#include "sw/ipsec/policy_cache.h"

#include <algorithm>
#include <bit>

#include "sw/base/check.h"

namespace vam::ipsec {
namespace {}  // namespace

PolicyCache::PolicyCache(size_t places, const SipHashKey& key, size_t uncached_lines)
    : path_buckets_(kPathBuckets),
      places_(places),
      set_mask_(places / 2 - 1),
      key_(key),
      uncached_lines_(uncached_lines) {
  VAM_CHECK(places >= 2 && std::has_single_bit(places));
  paths_.reserve(kMostPaths);
  paths_.emplace_back();  // 0 is none
}

PolicyMatch PolicyCache::Find(const Policy& policy, const Flow& flow) {
  const bool v6 = flow.source.is_v6();
  if (policy.lines(v6) <= uncached_lines_) return policy.Find(flow);
  Policy::Words key = Policy::WordsOf(flow, policy.number());
  const Policy::Words& mask = policy.mask(v6);
  for (size_t i = 0; i < key.size(); ++i) key[i] &= mask[i];
  Place* set = &places_[(SipHash(key_, key) & set_mask_) * 2];
  for (Place* place : {set, set + 1}) {
    if (place->epoch != epoch_ || place->key != key) continue;
    ++hits_;
    return policy.MatchOf(place->position, place->line, place->whole != 0, place->denies);
  }
  ++misses_;
  const PolicyMatch match = Walk(policy, flow);
  if (set[0].epoch == epoch_) set[1] = set[0];
  set[0] = {key,   match.position, match.line, match.whole ? 1U : 0U, match.denies & kWalkForDenies,
            epoch_};
  return match;
}

PolicyMatch PolicyCache::Walk(const Policy& policy, const Flow& flow) {
  uint32_t denies = 0;
  PolicyMatch match = policy.FindWithDenies(flow, [&](uint32_t position, uint32_t line) {
    if (denies != kWalkForDenies) denies = PathTo(denies, position, line);
  });
  match.denies = denies;
  return match;
}

// The path of `before` and this line behind it; kWalkForDenies: there is no room for it.
uint32_t PolicyCache::PathTo(uint32_t before, uint32_t position, uint32_t line) {
  const uint64_t mixed =
      (uint64_t{before} << 40 ^ uint64_t{position} << 20 ^ line) * 0x9e3779b97f4a7c15;
  uint32_t& bucket = path_buckets_[mixed >> 54];
  static_assert(kPathBuckets == 1 << 10);
  for (uint32_t at = bucket; at != 0; at = paths_[at].next) {
    const Path& path = paths_[at];
    if (path.before == before && path.position == position && path.line == line) return at;
  }
  if (paths_.size() == kMostPaths) return kWalkForDenies;
  paths_.push_back({before, position, line, bucket});
  bucket = static_cast<uint32_t>(paths_.size() - 1);
  return bucket;
}

void PolicyCache::Invalidate() {
  paths_.resize(1);
  std::ranges::fill(path_buckets_, 0U);
  if (++epoch_ != 0) return;
  for (Place& place : places_) place.epoch = 0;
  epoch_ = 1;
}

}  // namespace vam::ipsec
