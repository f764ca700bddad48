// aes_pipe against FIPS 197 and OpenSSL, with one and with two registers per round.
#include <gtest/gtest.h>
#include <verilated.h>

#include <deque>
#include <memory>
#include <random>
#include <vector>

#include "Vaes_pipe_1_v.h"
#include "Vaes_pipe_test_v.h"
#include "tests/rtl/crypto/openssl_oracle.h"
#include "tests/support/seed.h"

namespace vam::test {
namespace {

struct Result {
  Block block;
  uint64_t cycle;
};

template <typename Model>
class Pipe {
 public:
  Pipe() {
    context_.randReset(2);
    context_.randSeed(static_cast<int>(TestSeed() % 0x7fffffff) + 1);
    model_ = std::make_unique<Model>(&context_);
    model_->rst_ni = 0;
    model_->valid_i = 0;
    for (int i = 0; i < 3; ++i) Clock();
    model_->rst_ni = 1;
  }
  ~Pipe() { model_->final(); }

  void Feed(const std::vector<uint8_t>& key, const Block& block) {
    PutBytes(model_->key_i, 0, key);
    PutBytes(model_->block_i, 0, block);
    model_->key_size_i = static_cast<unsigned char>(key.size() / 8 - 2);
    model_->valid_i = 1;
    Clock();
    model_->valid_i = 0;
  }

  void Clock() {
    model_->clk_i = 0;
    model_->eval();
    if (model_->rst_ni != 0 && model_->valid_o != 0)
      results.push_back({GetBlock(model_->block_o), cycle});
    model_->clk_i = 1;
    model_->eval();
    ++cycle;
  }

  // Long enough for every block to come out.
  void Drain() {
    for (int i = 0; i < 40; ++i) Clock();
  }

  std::deque<Result> results;
  uint64_t cycle = 0;

 private:
  VerilatedContext context_;
  std::unique_ptr<Model> model_;
};

struct TwoStages {
  using Model = Vaes_pipe_test_v;
  static constexpr uint64_t kLatency = 29;
};
struct OneStage {
  using Model = Vaes_pipe_1_v;
  static constexpr uint64_t kLatency = 15;
};

template <typename Variant>
class AesPipe : public ::testing::Test {};
using Variants = ::testing::Types<TwoStages, OneStage>;
TYPED_TEST_SUITE(AesPipe, Variants);

std::vector<uint8_t> CountingKey(size_t bytes) {
  std::vector<uint8_t> key(bytes);
  for (size_t i = 0; i < bytes; ++i) key[i] = static_cast<uint8_t>(i);
  return key;
}

// FIPS 197, appendix C: the three key sizes in three consecutive cycles.
TYPED_TEST(AesPipe, Fips197AppendixC) {
  Block plain;
  for (size_t i = 0; i < 16; ++i) plain[i] = static_cast<uint8_t>(0x11 * i);
  const std::vector<Block> want = {{0x69, 0xc4, 0xe0, 0xd8, 0x6a, 0x7b, 0x04, 0x30, 0xd8, 0xcd,
                                    0xb7, 0x80, 0x70, 0xb4, 0xc5, 0x5a},
                                   {0xdd, 0xa9, 0x7c, 0xa4, 0x86, 0x4c, 0xdf, 0xe0, 0x6e, 0xaf,
                                    0x70, 0xa0, 0xec, 0x0d, 0x71, 0x91},
                                   {0x8e, 0xa2, 0xb7, 0xca, 0x51, 0x67, 0x45, 0xbf, 0xea, 0xfc,
                                    0x49, 0x90, 0x4b, 0x49, 0x60, 0x89}};
  Pipe<typename TypeParam::Model> pipe;
  const uint64_t start = pipe.cycle;
  for (size_t bytes : {16u, 24u, 32u}) pipe.Feed(CountingKey(bytes), plain);
  pipe.Drain();
  ASSERT_EQ(pipe.results.size(), want.size());
  for (size_t i = 0; i < want.size(); ++i) {
    EXPECT_EQ(pipe.results[i].block, want[i]) << "key size " << i;
    EXPECT_EQ(pipe.results[i].cycle - start - i, TypeParam::kLatency) << "key size " << i;
  }
}

// FIPS 197, appendix B.
TYPED_TEST(AesPipe, Fips197AppendixB) {
  const std::vector<uint8_t> key = {0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6,
                                    0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c};
  const Block plain = {0x32, 0x43, 0xf6, 0xa8, 0x88, 0x5a, 0x30, 0x8d,
                       0x31, 0x31, 0x98, 0xa2, 0xe0, 0x37, 0x07, 0x34};
  const Block cipher = {0x39, 0x25, 0x84, 0x1d, 0x02, 0xdc, 0x09, 0xfb,
                        0xdc, 0x11, 0x85, 0x97, 0x19, 0x6a, 0x0b, 0x32};
  Pipe<typename TypeParam::Model> pipe;
  pipe.Feed(key, plain);
  pipe.Drain();
  ASSERT_EQ(pipe.results.size(), 1u);
  EXPECT_EQ(pipe.results[0].block, cipher);
}

// A new random key of any size with every block, with and without gaps.
TYPED_TEST(AesPipe, RandomBlocksMatchOpenssl) {
  for (const unsigned gap_percent : {0u, 40u}) {
    std::mt19937_64 rng(TestSeed() + gap_percent);
    Pipe<typename TypeParam::Model> pipe;
    std::vector<Result> want;
    for (int i = 0; i < 3000; ++i) {
      while (rng() % 100 < gap_percent) pipe.Clock();
      const std::vector<uint8_t> key = RandomBytes(rng, 16 + 8 * (rng() % 3));
      const Block block = RandomBlock(rng);
      want.push_back({OpensslAes(key, block), pipe.cycle + TypeParam::kLatency});
      pipe.Feed(key, block);
    }
    pipe.Drain();
    ASSERT_EQ(pipe.results.size(), want.size());
    for (size_t i = 0; i < want.size(); ++i) {
      ASSERT_EQ(pipe.results[i].block, want[i].block) << "block " << i;
      ASSERT_EQ(pipe.results[i].cycle, want[i].cycle) << "block " << i;
    }
  }
}

}  // namespace
}  // namespace vam::test
