// Every packet length with and without a header: the beats are header and packet, packed, one per
// cycle.
#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <vector>

#include "Vesp_packer_test_v.h"
#include "sim/bfm/stream.h"
#include "tests/rtl/bench.h"
#include "tests/rtl/esp/packet_sink.h"
#include "tests/support/seed.h"

namespace vam::esptest {
namespace {

using test::Bytes;

constexpr int kStuckCycles = 200000;
constexpr size_t kHeaderBytes = 36;

struct Header {
  bool enable = false;
  Bytes bytes = Bytes(kHeaderBytes);
};

struct Block {
  test::Block data{};
  uint8_t bytes = 16;
  bool last = false;
};

class PackerBench {
 public:
  PackerBench(uint64_t seed, unsigned gaps)
      : headers(seed, {gaps}),
        blocks(seed + 1, {gaps}),
        sink(seed + 2, gaps),
        top_(test::MakeModel<Vesp_packer_test_v>(seed)) {
    test::Reset(*top_);
  }

  bfm::StreamSource<Header> headers;
  bfm::StreamSource<Block> blocks;
  PacketSink sink;

  // Until so many packets have come out, or nothing comes any more.
  void Run(size_t packets) {
    for (int i = 0; sink.packets().size() < packets && i < kStuckCycles; ++i) {
      DriveInputs();
      sink.Drive(*top_);
      top_->eval();
      headers.Sample(top_->header_ready_o != 0);
      blocks.Sample(top_->in_ready_o != 0);
      sink.Sample(*top_);
      test::Clock(*top_);
      ++cycles_;
    }
  }
  [[nodiscard]] uint64_t cycles() const { return cycles_; }

 private:
  void DriveInputs() {
    const Header* header = headers.Drive();
    top_->header_valid_i = header != nullptr;
    if (header != nullptr) {
      test::FieldWriter(test::Words(top_->header_i)).PutBytes(header->bytes).Put(header->enable, 1);
    }
    const Block* block = blocks.Drive();
    top_->in_valid_i = block != nullptr;
    if (block != nullptr) {
      test::PutBytes(top_->in_data_i, 0, block->data);
      top_->in_bytes_i = block->bytes;
      top_->in_last_i = block->last;
    }
  }

  std::unique_ptr<Vesp_packer_test_v> top_;
  uint64_t cycles_ = 0;
};

class EspPacker : public ::testing::TestWithParam<unsigned> {};

TEST_P(EspPacker, EveryLength) {
  const uint64_t seed = test::TestSeed();
  std::mt19937_64 rng(seed);
  PackerBench bench(seed, GetParam());
  std::vector<Bytes> want;
  size_t beats = 0;
  for (int repeat = 0; repeat < 4; ++repeat) {
    for (size_t length = 1; length <= 70; ++length) {
      Header header;
      header.enable = rng() % 3 != 0;
      for (auto& b : header.bytes) b = static_cast<uint8_t>(rng());
      bench.headers.Push(header);
      Bytes packet = header.enable ? header.bytes : Bytes{};
      for (size_t at = 0; at < length; at += 16) {
        Block block;
        block.last = at + 16 >= length;
        block.bytes = static_cast<uint8_t>(block.last ? length - at : 16);
        for (size_t i = 0; i < block.bytes; ++i) block.data[i] = static_cast<uint8_t>(rng());
        packet.insert(packet.end(), block.data.begin(), block.data.begin() + block.bytes);
        bench.blocks.Push(block);
      }
      packet.resize((packet.size() + 15) / 16 * 16);
      beats += packet.size() / 16;
      want.push_back(packet);
    }
  }
  bench.Run(want.size());
  EXPECT_EQ(bench.sink.packets(), want);
  if (GetParam() == 0) {
    EXPECT_EQ(bench.cycles(), beats);
  }
}

INSTANTIATE_TEST_SUITE_P(Gaps, EspPacker, ::testing::Values(0u, 25u, 50u, 90u));

}  // namespace
}  // namespace vam::esptest
