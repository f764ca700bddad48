// A source of chance that gives what it was told to: private keys of published vectors.
#ifndef VAM_TESTS_UNIT_SW_CRYPTO_SCRIPTED_RNG_H_
#define VAM_TESTS_UNIT_SW_CRYPTO_SCRIPTED_RNG_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "sw/base/rng.h"

namespace vam::test {

class ScriptedRng final : public Rng {
 public:
  explicit ScriptedRng(std::vector<uint8_t> bytes) : bytes_(std::move(bytes)) {}

  // Fails the running test when there is not enough left.
  void Fill(std::span<uint8_t> out) override {
    ++calls_;
    std::fill(out.begin(), out.end(), uint8_t{0});
    if (bytes_.size() - at_ < out.size()) {
      ADD_FAILURE() << "more chance than scripted";
      return;
    }
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(at_), out.size(), out.begin());
    at_ += out.size();
  }

  size_t left() const { return bytes_.size() - at_; }
  int calls() const { return calls_; }

 private:
  std::vector<uint8_t> bytes_;
  size_t at_ = 0;
  int calls_ = 0;
};

}  // namespace vam::test

#endif  // VAM_TESTS_UNIT_SW_CRYPTO_SCRIPTED_RNG_H_
