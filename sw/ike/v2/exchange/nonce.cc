#include "sw/ike/v2/exchange/nonce.h"

#include <algorithm>

namespace vam::ike::v2 {

namespace {

constexpr size_t kNonceBytes = 32;

}  // namespace

std::vector<uint8_t> MakeNonce(Rng& rng) {
  std::vector<uint8_t> nonce(kNonceBytes);
  rng.Fill(nonce);
  return nonce;
}

bool LowerNonce(Bytes a, Bytes b) { return std::ranges::lexicographical_compare(a, b); }

std::vector<uint8_t> LowestNonce(Bytes a, Bytes b) {
  const Bytes lowest = LowerNonce(a, b) ? a : b;
  return {lowest.begin(), lowest.end()};
}

}  // namespace vam::ike::v2
