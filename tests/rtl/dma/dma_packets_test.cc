// Packets through the DMA engine: every alignment, segments, bus behaviour, rates.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>

#include "tests/rtl/dma/dma_bench.h"
#include "tests/support/seed.h"

namespace vam::test {
namespace {

// Submits packets of random shape to random queues whenever the rings have room.
void SubmitMany(DmaBench& bench, unsigned count, unsigned queues, unsigned max_len) {
  auto pieces = [&](uint32_t total) {
    std::vector<Piece> out;
    unsigned n = bench.rng()() % 3 == 0 ? 2 + static_cast<unsigned>(bench.rng()() % 7) : 1;
    n = std::min<unsigned>(n, total);
    for (unsigned i = 0; i < n; ++i) {
      const uint32_t left = n - i - 1;
      const uint32_t len =
          i + 1 == n ? total : static_cast<uint32_t>(1 + bench.rng()() % (total - left));
      const bool edge = bench.rng()() % 4 == 0;
      out.push_back(bench.Buffer(len, static_cast<uint32_t>(bench.rng()() % (edge ? 4096 : 16)),
                                 edge ? 4096 : 16));
      total -= len;
    }
    return out;
  };
  for (unsigned i = 0; i < count; ++i) {
    const unsigned queue = 1 + static_cast<unsigned>(bench.rng()() % queues);
    if (bench.RoomInRing(queue) < 2) bench.Ring(queue);
    ASSERT_TRUE(bench.StepUntil([&] { return bench.RoomInRing(queue) >= 2; }, 100000))
        << bench.Errors();
    const auto len = static_cast<uint32_t>(1 + bench.rng()() % max_len);
    const auto extra = static_cast<uint32_t>(bench.rng()() % 8);
    bench.Submit(queue, pieces(len), pieces(len + extra), bench.rng()() % 2 == 0);
    if (bench.rng()() % 4 == 0) bench.Step(static_cast<unsigned>(bench.rng()() % 50));
  }
  for (unsigned q = 1; q <= queues; ++q) bench.Ring(q);
}

TEST(DmaPackets, EveryAlignmentAndLengthEdge) {
  DmaBench bench({.bus = {}, .seed = TestSeed()});
  bench.EnableQueue(1, 6, 6);
  for (uint32_t len :
       {1u, 2u, 15u, 16u, 17u, 31u, 32u, 33u, 48u, 63u, 64u, 65u, 511u, 512u, 513u, 1400u}) {
    for (uint32_t a = 0; a < 16; ++a) {
      for (uint32_t b = 0; b < 16; b += (len > 64 ? 5 : 1)) {
        ASSERT_TRUE(bench.StepUntil([&] { return bench.RoomInRing(1) >= 1; })) << bench.Errors();
        bench.Submit(1, {bench.Buffer(len, a)}, {bench.Buffer(len, b)});
      }
    }
  }
  EXPECT_TRUE(bench.Drain()) << bench.open();
  EXPECT_EQ(bench.Errors(), "");
  EXPECT_TRUE(bench.StepUntil([&] { return bench.top()->idle_o != 0; }));
}

TEST(DmaPackets, LargestPacketsAcrossPages) {
  DmaBench bench({.bus = {}, .seed = TestSeed()});
  bench.EnableQueue(1, 5, 5);
  for (uint32_t i = 0; i < 24; ++i) {
    const uint32_t len = 9728 - i % 3;
    const std::vector<Piece> src{bench.Buffer(len, 4096 - 8 + i, 4096)};
    bench.Submit(1, src, {bench.Buffer(len, 4096 - 20 + i, 4096)});
  }
  EXPECT_TRUE(bench.Drain());
  EXPECT_EQ(bench.Errors(), "");
}

struct Weather {
  unsigned stall;
  unsigned read_latency;
  unsigned write_latency;
  bool reorder;
};

class DmaWeather : public ::testing::TestWithParam<Weather> {};

TEST_P(DmaWeather, RandomPacketsArriveWhole) {
  const Weather w = GetParam();
  bfm::AxiMemoryConfig bus;
  bus.read_latency = w.read_latency;
  bus.write_latency = w.write_latency;
  bus.reorder = w.reorder;
  bus.seed = TestSeed();
  bus.Stall(w.stall);
  DmaBench bench({.bus = bus, .path_stall = w.stall, .seed = TestSeed()});
  for (unsigned q = 1; q < kQueues; ++q) bench.EnableQueue(q, 3 + q, 3 + q, q == 2);
  bench.fail_percent = 5;
  SubmitMany(bench, w.stall >= 50 ? 400 : 800, 4, 2000);
  EXPECT_TRUE(bench.Drain(2000000)) << bench.open();
  EXPECT_EQ(bench.Errors(), "");
  EXPECT_TRUE(bench.StepUntil([&] { return bench.top()->idle_o != 0; }));
  uint64_t counted = 0;
  for (const auto& [reason, n] : bench.counted) counted += n;
  EXPECT_EQ(counted, bench.order.size());
}

INSTANTIATE_TEST_SUITE_P(Bus, DmaWeather,
                         ::testing::Values(Weather{0, 0, 0, false}, Weather{0, 250, 100, true},
                                           Weather{25, 20, 10, true}, Weather{50, 5, 40, true},
                                           Weather{90, 0, 0, true}, Weather{90, 100, 100, true},
                                           Weather{0, 1000, 1000, true}),
                         [](const auto& param) {
                           const Weather& w = param.param;
                           return "Stall" + std::to_string(w.stall) + "Read" +
                                  std::to_string(w.read_latency) + "Write" +
                                  std::to_string(w.write_latency) +
                                  (w.reorder ? "Reordered" : "InOrder");
                         });

// Cycles per packet in the steady state: from one quarter of the packets to the last.
double CyclesPerPacket(uint32_t len, unsigned read_latency, unsigned write_latency, bool reorder,
                       uint64_t seed, unsigned queues = 1, uint32_t align = 0) {
  bfm::AxiMemoryConfig bus;
  bus.read_latency = read_latency;
  bus.write_latency = write_latency;
  bus.reorder = reorder;
  bus.seed = seed;
  DmaBench bench({.bus = bus, .seed = seed});
  for (unsigned q = 1; q <= queues; ++q) bench.EnableQueue(q, 9, 9);
  const unsigned count = len > 1000 ? 300 : 1000;
  std::vector<uint64_t> at;
  unsigned sent = 0;
  size_t seen = 0;
  while (bench.order.size() < count) {
    const unsigned queue = 1 + sent / 32 % queues;
    if (sent < count && bench.RoomInRing(queue) >= 32) {
      do {
        const Piece src = bench.Buffer(len, align);
        bench.Submit(queue, {src}, {bench.Buffer(len, align * 5 % 16)}, false);
      } while (++sent < count && sent % 32 != 0);
      bench.Ring(queue);
    }
    bench.Step();
    for (; seen < bench.order.size(); ++seen) at.push_back(bench.cycle());
    if (bench.cycle() > 1000000) break;
  }
  EXPECT_EQ(bench.Errors(), "");
  const size_t from = count / 4;
  return at.size() < count ? 1e9 : double(at.back() - at[from]) / double(count - 1 - from);
}

TEST(DmaRate, SmallPacketsBackToBack) {
  const double near = CyclesPerPacket(64, 0, 0, false, TestSeed());
  const double far = CyclesPerPacket(64, 250, 100, true, TestSeed());
  std::printf("64 B: %.2f cycles per packet, %.2f at 250 cycles of read latency\n", near, far);
  EXPECT_LE(near, 8.5);
  EXPECT_LE(far, near * 1.02 + 0.05);
}

TEST(DmaRate, QueuesAndAlignmentCostLittle) {
  const double queues = CyclesPerPacket(64, 250, 100, true, TestSeed(), 4);
  const double shifted = CyclesPerPacket(64, 250, 100, true, TestSeed(), 1, 5);
  std::printf("64 B: %.2f cycles per packet over 4 queues, %.2f unaligned\n", queues, shifted);
  EXPECT_LE(queues, 8.5);
  EXPECT_LE(shifted, 8.5);
}

TEST(DmaRate, LargePacketsAtBusWidth) {
  const double near = 1400.0 * 8 / 128 / CyclesPerPacket(1400, 0, 0, false, TestSeed());
  const double far = 1400.0 * 8 / 128 / CyclesPerPacket(1400, 250, 100, true, TestSeed());
  std::printf("1400 B: %.3f of the width, %.3f at 250 cycles of read latency\n", near, far);
  EXPECT_GE(near, 0.94);
  EXPECT_GE(far, near * 0.98);
}

TEST(DmaRate, UnloadedLatency) {
  DmaBench bench({.bus = {}, .seed = TestSeed()});
  bench.EnableQueue(1, 6, 6);
  for (int i = 0; i < 8; ++i) {
    bench.Submit(1, {bench.Buffer(64, 0)}, {bench.Buffer(64, 0)});
    ASSERT_TRUE(bench.Drain());
    bench.Step(50);
  }
  const uint32_t worst = *std::max_element(bench.latencies.begin(), bench.latencies.end());
  std::printf("64 B unloaded, zero bus latency, without the packet path: %u cycles\n", worst);
  EXPECT_LE(worst, 60u);
  EXPECT_EQ(bench.Errors(), "");
}

}  // namespace
}  // namespace vam::test
