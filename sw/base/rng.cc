#include "sw/base/rng.h"

#include <sys/random.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>

#include "sw/base/bytes.h"
#include "sw/base/check.h"

namespace vam {

uint32_t Rng::U32() {
  uint8_t bytes[4];
  Fill(bytes);
  return LoadLe32(bytes);
}

uint64_t Rng::U64() {
  uint8_t bytes[8];
  Fill(bytes);
  return LoadLe64(bytes);
}

uint64_t Rng::Below(uint64_t bound) {
  VAM_CHECK(bound > 0);
  // Values under 2^64 mod bound are redrawn, so that every remainder is equally likely.
  const uint64_t reject_below = (0 - bound) % bound;
  uint64_t value = U64();
  while (value < reject_below) value = U64();
  return value % bound;
}

void SystemRng::Fill(std::span<uint8_t> out) {
  while (!out.empty()) {
    const ssize_t got = getrandom(out.data(), out.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    VAM_CHECK(got > 0);
    out = out.subspan(static_cast<size_t>(got));
  }
}

SeededRng::SeededRng(uint64_t seed) {
  // splitmix64, as the authors of xoshiro advise for seeding.
  for (uint64_t& word : state_) {
    seed += 0x9e3779b97f4a7c15;
    uint64_t z = seed;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    word = z ^ (z >> 31);
  }
}

uint64_t SeededRng::Next() {
  const uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const uint64_t t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

void SeededRng::Fill(std::span<uint8_t> out) {
  while (!out.empty()) {
    uint8_t word[8];
    StoreLe64(word, Next());
    const size_t size = std::min(out.size(), sizeof word);
    std::memcpy(out.data(), word, size);
    out = out.subspan(size);
  }
}

}  // namespace vam
