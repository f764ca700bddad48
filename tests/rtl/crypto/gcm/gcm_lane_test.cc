// gcm_lane against OpenSSL: random packets under idle and back-pressure, and its price in cycles.
#include <gtest/gtest.h>

#include <cstdio>
#include <ctime>
#include <random>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "Vgcm_lane_small_v.h"
#include "Vgcm_lane_test_v.h"
#include "tests/rtl/crypto/gcm/gcm_lane_driver.h"
#include "tests/rtl/crypto/openssl_oracle.h"
#include "tests/support/seed.h"

namespace vam::test {
namespace {

using Lane = GcmLaneDriver<Vgcm_lane_test_v>;
using SmallLane = GcmLaneDriver<Vgcm_lane_small_v>;

struct Exchange {
  GcmPacket packet;
  Sealed want;  // what the lane must give: the other text, and the tag
};

// A packet with random contents and direction, and OpenSSL's answer.
Exchange MakeExchange(std::mt19937_64& rng, size_t aad_len, size_t text_len) {
  Exchange exchange;
  GcmPacket& packet = exchange.packet;
  packet.decrypt = rng() % 2 == 0;
  packet.key = RandomBytes(rng, 16 + 8 * (rng() % 3));
  for (uint8_t& b : packet.nonce) b = static_cast<uint8_t>(rng());
  packet.aad = RandomBytes(rng, aad_len);
  std::vector<uint8_t> plain = RandomBytes(rng, text_len);
  exchange.want = OpensslSeal(packet.key, packet.nonce, packet.aad, plain);
  if (packet.decrypt) std::swap(plain, exchange.want.text);
  packet.text = std::move(plain);
  return exchange;
}

template <typename Driver>
void PushAll(Driver& lane, const std::vector<Exchange>& exchanges) {
  for (const Exchange& e : exchanges) lane.Push(e.packet);
}

template <typename Driver>
void ExpectAnswers(const Driver& lane, const std::vector<Exchange>& exchanges) {
  ASSERT_EQ(lane.answers().size(), exchanges.size());
  for (size_t i = 0; i < exchanges.size(); ++i) {
    const Exchange& e = exchanges[i];
    const std::string what =
        "packet " + std::to_string(i) + ": key " + std::to_string(e.packet.key.size()) + ", aad " +
        std::to_string(e.packet.aad.size()) + ", text " + std::to_string(e.packet.text.size());
    ASSERT_EQ(lane.answers()[i].text, e.want.text) << what;
    ASSERT_EQ(lane.answers()[i].tag, e.want.tag) << what;
  }
}

// Small lengths and the edges of blocks are likelier than others.
size_t RandomLength(std::mt19937_64& rng, size_t most) {
  switch (rng() % 4) {
    case 0:
      return rng() % 3 * 16;
    case 1:
      return rng() % 34;
    default:
      return rng() % (most + 1);
  }
}

using MatrixParam = std::tuple<unsigned, unsigned>;
class GcmLaneMatrix : public ::testing::TestWithParam<MatrixParam> {};

template <typename Driver>
void RunMatrix(const MatrixParam& param) {
  const auto [idle, stall] = param;
  std::mt19937_64 rng(TestSeed() * 1000 + idle * 100 + stall);
  Driver lane(rng(), {idle, idle, stall, stall});
  std::vector<Exchange> exchanges;
  for (int i = 0; i < 300; ++i) {
    const size_t aad = RandomLength(rng, 70);
    exchanges.push_back(MakeExchange(rng, aad, RandomLength(rng, 300)));
  }
  PushAll(lane, exchanges);
  ASSERT_TRUE(lane.Run()) << lane.broken();
  ExpectAnswers(lane, exchanges);
}

TEST_P(GcmLaneMatrix, RandomPacketsMatchOpenssl) { RunMatrix<Lane>(GetParam()); }
TEST_P(GcmLaneMatrix, SmallQueuesMatchOpenssl) { RunMatrix<SmallLane>(GetParam()); }

INSTANTIATE_TEST_SUITE_P(IdleByStall, GcmLaneMatrix,
                         ::testing::Combine(::testing::Values(0u, 25u, 50u, 90u),
                                            ::testing::Values(0u, 25u, 50u, 90u)),
                         [](const auto& param) {
                           return "Idle" + std::to_string(std::get<0>(param.param)) + "Stall" +
                                  std::to_string(std::get<1>(param.param));
                         });

// All small lengths of both parts, so that every mask and every slot order is met.
TEST(GcmLane, EverySmallLength) {
  std::mt19937_64 rng(TestSeed());
  Lane lane(rng());
  std::vector<Exchange> exchanges;
  for (size_t aad = 0; aad <= 33; ++aad) {
    for (size_t text = 0; text <= 33; ++text) exchanges.push_back(MakeExchange(rng, aad, text));
  }
  PushAll(lane, exchanges);
  ASSERT_TRUE(lane.Run()) << lane.broken();
  ExpectAnswers(lane, exchanges);
}

// Jumbo and the largest that the length fields hold: the counter passes one and two bytes.
TEST(GcmLane, LongPackets) {
  std::mt19937_64 rng(TestSeed());
  Lane lane(rng());
  std::vector<Exchange> exchanges;
  for (const size_t text : {2048u, 9215u, 9216u, 9217u, 65535u}) {
    exchanges.push_back(MakeExchange(rng, 12, text));
  }
  exchanges.push_back(MakeExchange(rng, 65535, 1));
  exchanges.push_back(MakeExchange(rng, 9216, 0));
  PushAll(lane, exchanges);
  ASSERT_TRUE(lane.Run()) << lane.broken();
  ExpectAnswers(lane, exchanges);
}

// The contract of the lane: n + 2 cycles per packet with one AAD block, whatever the key, direction
// and length of its neighbours, and no bubble.
TEST(GcmLane, BackToBackCostsTextBlocksPlusTwo) {
  std::mt19937_64 rng(TestSeed());
  Lane lane(rng());
  std::vector<Exchange> exchanges;
  for (int i = 0; i < 400; ++i) {
    const size_t aad = rng() % 2 == 0 ? 8 : 12;
    exchanges.push_back(MakeExchange(rng, aad, 1 + rng() % (i < 200 ? 100 : 1500)));
  }
  PushAll(lane, exchanges);
  ASSERT_TRUE(lane.Run()) << lane.broken();
  ExpectAnswers(lane, exchanges);
  for (size_t i = 0; i + 1 < exchanges.size(); ++i) {
    const uint64_t blocks = (exchanges[i].packet.text.size() + 15) / 16;
    const uint64_t next_blocks = (exchanges[i + 1].packet.text.size() + 15) / 16;
    const GcmAnswer& here = lane.answers()[i];
    const GcmAnswer& next = lane.answers()[i + 1];
    ASSERT_EQ(next.command_cycle - here.command_cycle, blocks + 2) << "packet " << i;
    ASSERT_EQ(next.tag_cycle - here.tag_cycle, next_blocks + 2) << "packet " << i;
  }
  EXPECT_EQ(lane.bubbles(), 0u);
}

// The general price, for any AAD; the nonce slot of a packet without AAD is the one bubble there
// is.
TEST(GcmLane, BackToBackCostsItsSlots) {
  std::mt19937_64 rng(TestSeed());
  Lane lane(rng());
  std::vector<Exchange> exchanges;
  uint64_t without_aad = 0;
  for (int i = 0; i < 400; ++i) {
    exchanges.push_back(MakeExchange(rng, rng() % 3 * (1 + rng() % 25), rng() % 120));
    without_aad += exchanges.back().packet.aad.empty() ? 1 : 0;
  }
  // Something must wait behind every nonce slot, else it is no bubble.
  exchanges.push_back(MakeExchange(rng, 12, 100));
  PushAll(lane, exchanges);
  ASSERT_TRUE(lane.Run()) << lane.broken();
  ExpectAnswers(lane, exchanges);
  for (size_t i = 0; i + 1 < exchanges.size(); ++i) {
    ASSERT_EQ(lane.answers()[i + 1].command_cycle - lane.answers()[i].command_cycle,
              exchanges[i].packet.SlotCount())
        << "packet " << i;
  }
  EXPECT_EQ(lane.bubbles(), without_aad);
}

// A packet alone, from command to first text and to tag: the figures of rtl/crypto/README.md.
TEST(GcmLane, LatencyOfOnePacket) {
  std::mt19937_64 rng(TestSeed());
  Lane lane(rng());
  for (const size_t text : {0u, 16u, 64u}) {
    const Exchange exchange = MakeExchange(rng, 12, text);
    lane.Push(exchange.packet);
    ASSERT_TRUE(lane.Run()) << lane.broken();
    const GcmAnswer& answer = lane.answers().back();
    EXPECT_EQ(answer.tag_cycle - answer.command_cycle, text / 16 + 34) << "text of " << text;
    if (text != 0) {
      EXPECT_EQ(answer.text_cycle - answer.command_cycle, 2u + 31u);
    }
    EXPECT_EQ(answer.tag, exchange.want.tag);
  }
  EXPECT_EQ(lane.bubbles(), 0u);
}

// Not a check but a figure: how fast the model runs at full load, in processor time.
TEST(GcmLane, SimulationSpeed) {
  std::mt19937_64 rng(TestSeed());
  Lane lane(rng());
  for (int i = 0; i < 300; ++i) lane.Push(MakeExchange(rng, 12, 1440).packet);
  const std::clock_t start = std::clock();
  ASSERT_TRUE(lane.Run()) << lane.broken();
  const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  const double rate = static_cast<double>(lane.cycles()) / seconds;
  RecordProperty("cycles_per_second", std::to_string(rate));
  std::printf("gcm_lane: %.0f simulated cycles per second at full load\n", rate);
  EXPECT_EQ(lane.bubbles(), 0u);
}

}  // namespace
}  // namespace vam::test
