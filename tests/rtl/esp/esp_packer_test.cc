// Every packet length with and without a header: the beats are header and packet, packed, one per
// cycle.
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <iostream>
#include <random>
#include <vector>

#include "Vesp_packer_test_v.h"
#include "sim/bfm/stream.h"

namespace vam::esptest {
namespace {

using Bytes = std::vector<uint8_t>;
constexpr size_t kHeaderBytes = 36;

struct Header {
  bool enable = false;
  Bytes bytes = Bytes(kHeaderBytes);
};

struct Block {
  std::array<uint32_t, 4> data{};
  uint8_t bytes = 16;
  bool last = false;
};

class PackerBench {
 public:
  PackerBench(uint64_t seed, unsigned gaps)
      : headers(seed, {gaps}), blocks(seed + 1, {gaps}), sink_(seed + 2, {gaps}) {
    top_.rst_ni = 0;
    Edge();
    top_.rst_ni = 1;
  }

  bfm::StreamSource<Header> headers;
  bfm::StreamSource<Block> blocks;

  // Packets that came out, in whole beats.
  std::vector<Bytes> Run(size_t packets) {
    std::vector<Bytes> all;
    Bytes current;
    for (int limit = 0; all.size() < packets && limit < 200000; ++limit) {
      DriveInputs();
      top_.clk_i = 0;
      top_.eval();
      headers.Sample(top_.header_ready_o != 0);
      blocks.Sample(top_.in_ready_o != 0);
      ++cycles_;
      if (top_.out_valid_o != 0 && top_.out_ready_i != 0) {
        for (size_t i = 0; i < 16; ++i) {
          current.push_back(static_cast<uint8_t>(top_.out_data_o[i / 4] >> (8 * (i % 4))));
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
  [[nodiscard]] uint64_t cycles() const { return cycles_; }

 private:
  void DriveInputs() {
    const Header* header = headers.Drive();
    top_.header_valid_i = header != nullptr;
    if (header != nullptr) {
      for (size_t i = 0; i < 10; ++i) top_.header_i[i] = 0;
      for (size_t i = 0; i < kHeaderBytes; ++i) {
        top_.header_i[i / 4] |= static_cast<uint32_t>(header->bytes[i]) << (8 * (i % 4));
      }
      top_.header_i[9] = header->enable ? 1 : 0;
    }
    const Block* block = blocks.Drive();
    top_.in_valid_i = block != nullptr;
    if (block != nullptr) {
      for (size_t i = 0; i < 4; ++i) top_.in_data_i[i] = block->data[i];
      top_.in_bytes_i = block->bytes;
      top_.in_last_i = block->last;
    }
    top_.out_ready_i = sink_.Drive();
  }
  void Edge() {
    top_.clk_i = 0;
    top_.eval();
    top_.clk_i = 1;
    top_.eval();
  }

  Vesp_packer_test_v top_;
  bfm::StreamSink sink_;
  uint64_t cycles_ = 0;
};

class EspPacker : public ::testing::TestWithParam<unsigned> {};

TEST_P(EspPacker, EveryLength) {
  const char* text = std::getenv("VAM_TEST_SEED");
  const uint64_t seed = text != nullptr ? std::strtoull(text, nullptr, 0) : 36;
  std::cout << "VAM_TEST_SEED=" << seed << "\n";
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
        for (size_t i = 0; i < block.bytes; ++i) {
          packet.push_back(static_cast<uint8_t>(rng()));
          block.data[i / 4] |= static_cast<uint32_t>(packet.back()) << (8 * (i % 4));
        }
        bench.blocks.Push(block);
      }
      packet.resize((packet.size() + 15) / 16 * 16);
      beats += packet.size() / 16;
      want.push_back(packet);
    }
  }
  EXPECT_EQ(bench.Run(want.size()), want);
  if (GetParam() == 0) {
    EXPECT_EQ(bench.cycles(), beats);
  }
}

INSTANTIATE_TEST_SUITE_P(Gaps, EspPacker, ::testing::Values(0u, 25u, 50u, 90u));

}  // namespace
}  // namespace vam::esptest
