// Every pair of lengths, with and without stalls: bytes out are bytes in and then the appended
// ones.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <vector>

#include "Vesp_appender_test_v.h"
#include "sim/bfm/stream.h"
#include "tests/rtl/bench.h"
#include "tests/rtl/esp/packet_sink.h"
#include "tests/support/seed.h"

namespace vam::esptest {
namespace {

using test::Bytes;

constexpr int kStuckCycles = 200000;

struct Block {
  test::Block data{};
  test::Block append{};
  uint8_t bytes = 16;
  uint8_t append_len = 0;
  bool last = false;
};

class AppenderBench {
 public:
  AppenderBench(uint64_t seed, unsigned gaps)
      : blocks(seed, {gaps}),
        sink(seed + 1, gaps),
        top_(test::MakeModel<Vesp_appender_test_v>(seed)) {
    test::Reset(*top_);
  }

  bfm::StreamSource<Block> blocks;
  PacketSink sink;
  std::vector<size_t> last_bytes;  // as the block says, of the last block of each packet

  // Until so many packets have come out, or nothing comes any more.
  void Run(size_t packets) {
    for (int i = 0; sink.packets().size() < packets && i < kStuckCycles; ++i) {
      const Block* block = blocks.Drive();
      top_->in_valid_i = block != nullptr;
      if (block != nullptr) {
        test::PutBytes(top_->in_data_i, 0, block->data);
        test::PutBytes(top_->append_i, 0, block->append);
        top_->in_bytes_i = block->bytes;
        top_->in_last_i = block->last;
        top_->append_len_i = block->append_len;
      }
      sink.Drive(*top_);
      top_->eval();
      blocks.Sample(top_->in_ready_o != 0);
      const bool leaves = top_->out_valid_o != 0 && top_->out_ready_i != 0;
      if (leaves && top_->out_last_o != 0) last_bytes.push_back(top_->out_bytes_o);
      sink.Sample(*top_);
      test::Clock(*top_);
    }
  }

 private:
  std::unique_ptr<Vesp_appender_test_v> top_;
};

class EspAppender : public ::testing::TestWithParam<unsigned> {};

TEST_P(EspAppender, EveryLengthAndAppendLength) {
  const uint64_t seed = test::TestSeed();
  std::mt19937_64 rng(seed);
  auto random_block = [&rng] {
    test::Block block;
    for (uint8_t& byte : block) byte = static_cast<uint8_t>(rng());
    return block;
  };
  AppenderBench bench(seed, GetParam());
  std::vector<Bytes> want;
  std::vector<size_t> want_last_bytes;
  size_t blocks = 0;
  for (size_t before = 0; before < 3; ++before) {
    for (uint8_t bytes = 0; bytes <= 16; ++bytes) {
      for (uint8_t append = 0; append <= 16; ++append) {
        Bytes packet;
        for (size_t i = 0; i <= before; ++i) {
          Block block{.data = random_block(), .append = random_block()};
          block.last = i == before;
          block.bytes = block.last ? bytes : static_cast<uint8_t>(rng() % 17);
          block.append_len = block.last ? append : static_cast<uint8_t>(rng() % 17);
          packet.insert(packet.end(), block.data.begin(),
                        block.data.begin() + (block.last ? bytes : 16));
          if (block.last) {
            packet.insert(packet.end(), block.append.begin(), block.append.begin() + append);
          }
          bench.blocks.Push(block);
        }
        blocks += std::max(before + 1, (packet.size() + 15) / 16);
        // With nothing in it and nothing to append, the last block leaves with 0 bytes.
        want_last_bytes.push_back(bytes + append == 0 ? 0 : (packet.size() - 1) % 16 + 1);
        packet.resize(std::max(before + 1, (packet.size() + 15) / 16) * 16);
        want.push_back(packet);
      }
    }
  }
  bench.Run(want.size());
  EXPECT_EQ(bench.sink.packets(), want);
  EXPECT_EQ(bench.last_bytes, want_last_bytes);
  EXPECT_EQ(bench.sink.blocks(), blocks);  // a block more only if the bytes need it
}

INSTANTIATE_TEST_SUITE_P(Gaps, EspAppender, ::testing::Values(0u, 25u, 50u, 90u));

}  // namespace
}  // namespace vam::esptest
