// Every pair of lengths, with and without stalls: bytes out are bytes in and then the appended
// ones.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iostream>
#include <random>
#include <vector>

#include "Vesp_appender_test_v.h"
#include "sim/bfm/stream.h"

namespace vam::esptest {
namespace {

using Bytes = std::vector<uint8_t>;

struct Block {
  std::array<uint32_t, 4> data{};
  std::array<uint32_t, 4> append{};
  uint8_t bytes = 16;
  uint8_t append_len = 0;
  bool last = false;
};

class AppenderBench {
 public:
  AppenderBench(uint64_t seed, unsigned gaps) : source_(seed, {gaps}), sink_(seed + 1, {gaps}) {
    top_.rst_ni = 0;
    Edge();
    top_.rst_ni = 1;
  }
  void Push(const Block& block) { source_.Push(block); }

  // Packets that came out, each padded with zeros to whole blocks as the block must leave them.
  std::vector<Bytes> Run(size_t packets) {
    std::vector<Bytes> all;
    Bytes current;
    for (int limit = 0; all.size() < packets && limit < 200000; ++limit) {
      const Block* block = source_.Drive();
      top_.in_valid_i = block != nullptr;
      if (block != nullptr) {
        for (size_t i = 0; i < 4; ++i) {
          top_.in_data_i[i] = block->data[i];
          top_.append_i[i] = block->append[i];
        }
        top_.in_bytes_i = block->bytes;
        top_.in_last_i = block->last;
        top_.append_len_i = block->append_len;
      }
      top_.out_ready_i = sink_.Drive();
      top_.clk_i = 0;
      top_.eval();
      source_.Sample(top_.in_ready_o != 0);
      if (top_.out_valid_o != 0 && top_.out_ready_i != 0) {
        ++cycles_;
        const size_t kept = top_.out_last_o != 0 ? top_.out_bytes_o : 16;
        for (size_t i = 0; i < 16; ++i) {
          const auto byte = static_cast<uint8_t>(top_.out_data_o[i / 4] >> (8 * (i % 4)));
          if (i < kept) {
            current.push_back(byte);
          } else {
            EXPECT_EQ(byte, 0) << "byte past the end";
          }
        }
        if (top_.out_last_o != 0) {
          all.push_back(current);
          current.clear();
        }
      }
      Edge();
    }
    return all;
  }
  [[nodiscard]] uint64_t blocks_out() const { return cycles_; }

 private:
  void Edge() {
    top_.clk_i = 0;
    top_.eval();
    top_.clk_i = 1;
    top_.eval();
  }

  Vesp_appender_test_v top_;
  bfm::StreamSource<Block> source_;
  bfm::StreamSink sink_;
  uint64_t cycles_ = 0;
};

class EspAppender : public ::testing::TestWithParam<unsigned> {};

TEST_P(EspAppender, EveryLengthAndAppendLength) {
  const char* text = std::getenv("VAM_TEST_SEED");
  const uint64_t seed = text != nullptr ? std::strtoull(text, nullptr, 0) : 16;
  std::cout << "VAM_TEST_SEED=" << seed << "\n";
  std::mt19937_64 rng(seed);
  AppenderBench bench(seed, GetParam());
  std::vector<Bytes> want;
  size_t blocks = 0;
  for (size_t before = 0; before < 3; ++before) {
    for (uint8_t bytes = 0; bytes <= 16; ++bytes) {
      for (uint8_t append = 0; append <= 16; ++append) {
        Bytes packet;
        for (size_t i = 0; i <= before; ++i) {
          Block block;
          for (auto& word : block.data) word = static_cast<uint32_t>(rng());
          for (auto& word : block.append) word = static_cast<uint32_t>(rng());
          block.last = i == before;
          block.bytes = block.last ? bytes : static_cast<uint8_t>(rng() % 17);
          block.append_len = block.last ? append : static_cast<uint8_t>(rng() % 17);
          const size_t kept = block.last ? bytes : 16;
          for (size_t j = 0; j < kept; ++j) {
            packet.push_back(static_cast<uint8_t>(block.data[j / 4] >> (8 * (j % 4))));
          }
          for (size_t j = 0; block.last && j < append; ++j) {
            packet.push_back(static_cast<uint8_t>(block.append[j / 4] >> (8 * (j % 4))));
          }
          bench.Push(block);
        }
        blocks += std::max(before + 1, (packet.size() + 15) / 16);
        want.push_back(packet);
      }
    }
  }
  EXPECT_EQ(bench.Run(want.size()), want);
  EXPECT_EQ(bench.blocks_out(), blocks);  // a block more only if the bytes need it
}

INSTANTIATE_TEST_SUITE_P(Gaps, EspAppender, ::testing::Values(0u, 25u, 50u, 90u));

}  // namespace
}  // namespace vam::esptest
