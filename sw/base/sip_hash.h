// SipHash-2-4 (Aumasson and Bernstein): a keyed hash for tables whose keys strangers choose, and
// for marks that only the holder of the key can make.
#ifndef VAM_SW_BASE_SIP_HASH_H_
#define VAM_SW_BASE_SIP_HASH_H_

#include <array>
#include <bit>
#include <cstdint>

namespace vam {

struct SipHashKey {
  uint64_t k0 = 0, k1 = 0;
};
using SipHashWords = std::array<uint64_t, 6>;

namespace internal {

struct SipState {
  uint64_t v0, v1, v2, v3;

  void Round() {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }
  void Take(uint64_t word) {
    v3 ^= word;
    Round();
    Round();
    v0 ^= word;
  }
};

}  // namespace internal

// Of six words; the value is that of their 48 bytes in little-endian order.
inline uint64_t SipHash(const SipHashKey& key, const SipHashWords& words) {
  internal::SipState state{key.k0 ^ 0x736f6d6570736575, key.k1 ^ 0x646f72616e646f6d,
                           key.k0 ^ 0x6c7967656e657261, key.k1 ^ 0x7465646279746573};
  for (const uint64_t word : words) state.Take(word);
  state.Take(static_cast<uint64_t>(sizeof(words)) << 56);
  state.v2 ^= 0xff;
  for (int i = 0; i < 4; ++i) state.Round();
  return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

}  // namespace vam

#endif  // VAM_SW_BASE_SIP_HASH_H_
