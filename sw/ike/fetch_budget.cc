#include "sw/ike/fetch_budget.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace vam::ike {

namespace {

// Whoever has one address of a /64 has all of them.
net::Address OneOf(const net::Address& peer) {
  if (!peer.is_v6()) return peer;
  std::array<uint8_t, 16> bytes = peer.raw();
  std::fill(bytes.begin() + 8, bytes.end(), uint8_t{0});
  return net::Address::V6(bytes);
}

}  // namespace

uint32_t FetchBudget::UsedAt(Bucket& bucket, uint64_t back_ns, uint64_t now_ns) {
  if (bucket.used == 0) {
    bucket.since_ns = now_ns;
    return 0;
  }
  const uint64_t back = (now_ns - bucket.since_ns) / back_ns;
  bucket.since_ns += back * back_ns;
  bucket.used -= static_cast<uint32_t>(std::min<uint64_t>(back, bucket.used));
  return bucket.used;
}

bool FetchBudget::Take(const net::Address& peer, uint32_t count, uint64_t now_ns) {
  if (UsedAt(all_, kAllBackNs, now_ns) + count > kOfAll) return false;
  const net::Address key = OneOf(peer);
  if (peers_.size() >= kMostPeers && !peers_.contains(key)) {
    for (auto at = peers_.begin(); at != peers_.end();) {
      at = UsedAt(at->second, kOneBackNs, now_ns) == 0 ? peers_.erase(at) : std::next(at);
    }
    if (peers_.size() >= kMostPeers) return false;
  }
  Bucket& own = peers_[key];
  if (UsedAt(own, kOneBackNs, now_ns) + count > kOfOne) return false;
  own.used += count;
  all_.used += count;
  if (own.used == count) own.since_ns = now_ns;
  if (all_.used == count) all_.since_ns = now_ns;
  return true;
}

}  // namespace vam::ike
