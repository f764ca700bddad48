// ghash_acc against the GCM specification and OpenSSL: GHASH is GMAC's tag without its mask.
#include <gtest/gtest.h>
#include <verilated.h>

#include <algorithm>
#include <array>
#include <memory>
#include <random>
#include <vector>

#include "Vghash_acc_test_v.h"
#include "tests/rtl/crypto/openssl_oracle.h"
#include "tests/support/seed.h"

namespace vam::test {
namespace {

class Accumulator {
 public:
  Accumulator() {
    context_.randReset(2);
    context_.randSeed(static_cast<int>(TestSeed() % 0x7fffffff) + 1);
    model_ = std::make_unique<Vghash_acc_test_v>(&context_);
    Idle();
  }
  ~Accumulator() { model_->final(); }

  // One clock that may load a key, absorb a block, or both.
  void Clock(const Block* hash_key, const Block* block) {
    model_->load_i = hash_key != nullptr;
    model_->valid_i = block != nullptr;
    if (hash_key != nullptr) PutBytes(model_->hash_key_i, 0, *hash_key);
    if (block != nullptr) PutBytes(model_->block_i, 0, *block);
    model_->clk_i = 0;
    model_->eval();
    model_->clk_i = 1;
    model_->eval();
  }
  void Idle() { Clock(nullptr, nullptr); }
  Block value() const { return GetBlock(model_->block_o); }

 private:
  VerilatedContext context_;
  std::unique_ptr<Vghash_acc_test_v> model_;
};

// The GCM specification (McGrew and Viega), test case 2: H, X1 and GHASH(H, {}, C).
TEST(GhashAcc, SpecificationTestCase2) {
  const Block h = {0x66, 0xe9, 0x4b, 0xd4, 0xef, 0x8a, 0x2c, 0x3b,
                   0x88, 0x4c, 0xfa, 0x59, 0xca, 0x34, 0x2b, 0x2e};
  const Block c = {0x03, 0x88, 0xda, 0xce, 0x60, 0xb6, 0xa3, 0x92,
                   0xf3, 0x28, 0xc2, 0xb9, 0x71, 0xb2, 0xfe, 0x78};
  const Block x1 = {0x5e, 0x2e, 0xc7, 0x46, 0x91, 0x70, 0x62, 0x88,
                    0x2c, 0x85, 0xb0, 0x68, 0x53, 0x53, 0xde, 0xb7};
  Block lengths{};
  lengths[15] = 0x80;
  const Block hash = {0xf3, 0x8c, 0xbb, 0x1a, 0xd6, 0x92, 0x23, 0xdc,
                      0xc3, 0x45, 0x7a, 0xe5, 0xb6, 0xb0, 0xf8, 0x85};
  Accumulator acc;
  acc.Clock(&h, nullptr);
  acc.Clock(nullptr, &c);
  EXPECT_EQ(acc.value(), x1);
  acc.Idle();
  acc.Clock(nullptr, &lengths);
  EXPECT_EQ(acc.value(), hash);
}

// Every power of x times every power of x, by shifting as SP 800-38D 6.3 does it.
TEST(GhashAcc, BasisProducts) {
  const auto power = [](unsigned n) {
    Block b{};
    b[n / 8] = static_cast<uint8_t>(0x80u >> (n % 8));
    return b;
  };
  const auto times_x = [](const Block& in) {
    Block out{};
    for (size_t i = 0; i < 16; ++i) {
      out[i] = static_cast<uint8_t>(in[i] >> 1 | (i == 0 ? 0 : in[i - 1] << 7));
    }
    if ((in[15] & 1) != 0) out[0] ^= 0xe1;
    return out;
  };
  Accumulator acc;
  for (unsigned a = 0; a < 128; ++a) {
    Block want = power(a);
    for (unsigned b = 0; b < 128; ++b) {
      const Block h = power(a);
      const Block x = power(b);
      acc.Clock(&h, nullptr);
      acc.Clock(nullptr, &x);
      ASSERT_EQ(acc.value(), want) << "x^" << a << " times x^" << b;
      want = times_x(want);
    }
  }
}

// Messages back to back: the length block of each is absorbed in the cycle that loads the next key.
TEST(GhashAcc, BackToBackMessagesMatchOpensslGmac) {
  std::mt19937_64 rng(TestSeed());
  Accumulator acc;
  const std::array<uint8_t, 12> nonce{};
  Block nonce_block{};
  nonce_block[15] = 1;
  Block lengths{};
  Block want{};
  for (int message = 0; message < 500; ++message) {
    const std::vector<uint8_t> key = RandomBytes(rng, 16);
    const Block h = OpensslAes(key, Block{});
    acc.Clock(&h, message == 0 ? nullptr : &lengths);
    if (message != 0) {
      ASSERT_EQ(acc.value(), want) << "message " << message;
    }
    const std::vector<uint8_t> aad = RandomBytes(rng, 16 * (rng() % 6));
    for (size_t at = 0; at < aad.size(); at += 16) {
      Block block;
      std::copy_n(aad.begin() + static_cast<std::ptrdiff_t>(at), 16, block.begin());
      acc.Clock(nullptr, &block);
      if (rng() % 4 == 0) acc.Idle();
    }
    lengths = {};
    lengths[6] = static_cast<uint8_t>(8 * aad.size() >> 8);
    lengths[7] = static_cast<uint8_t>(8 * aad.size());
    want = OpensslSeal(key, nonce, aad, {}).tag;
    const Block mask = OpensslAes(key, nonce_block);
    for (size_t i = 0; i < 16; ++i) want[i] ^= mask[i];
  }
}

}  // namespace
}  // namespace vam::test
