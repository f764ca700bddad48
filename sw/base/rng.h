// Chance is passed in: no code outside sw/base asks the system for random bytes.
#ifndef VAM_SW_BASE_RNG_H_
#define VAM_SW_BASE_RNG_H_

#include <cstdint>
#include <span>

namespace vam {

class Rng {
 public:
  virtual ~Rng() = default;
  // Fills `out` wholly. Cannot fail: a system without randomness is stopped.
  virtual void Fill(std::span<uint8_t> out) = 0;

  uint32_t U32();
  uint64_t U64();
  // Uniform in [0, bound), without modulo bias. Requires: bound > 0.
  uint64_t Below(uint64_t bound);
};

// getrandom(2): for keys, SPIs and nonces. Any thread.
class SystemRng final : public Rng {
 public:
  void Fill(std::span<uint8_t> out) override;
};

// xoshiro256**: repeatable and fast, never for secrets. One thread.
class SeededRng final : public Rng {
 public:
  explicit SeededRng(uint64_t seed);
  void Fill(std::span<uint8_t> out) override;

 private:
  uint64_t Next();
  uint64_t state_[4];
};

}  // namespace vam

#endif  // VAM_SW_BASE_RNG_H_
