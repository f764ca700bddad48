// How long set-ups and rekeys took, over whole machines whose clock the test moves.
#include "sw/ike/v2/timings.h"

#include <gtest/gtest.h>

#include <numeric>

#include "sw/ike/v2/show.h"
#include "tests/ike/network.h"

namespace vam::ike::v2 {
namespace {

using What = Timings::What;

uint64_t Count(const Histogram& histogram) {
  return std::accumulate(histogram.counts().begin(), histogram.counts().end(), uint64_t{0});
}

TEST(HistogramTest, BoundsAreInclusiveAndWhatIsLongerCounts) {
  Histogram histogram;
  histogram.Add(0);
  histogram.Add(1 * kNsPerMs);
  histogram.Add(1 * kNsPerMs + 1);
  histogram.Add(60 * kNsPerSecond);
  histogram.Add(60 * kNsPerSecond + 1);
  EXPECT_EQ(histogram.counts()[0], 2u);
  EXPECT_EQ(histogram.counts()[1], 1u);
  EXPECT_EQ(histogram.counts()[13], 1u);
  EXPECT_EQ(histogram.counts()[14], 1u);
  EXPECT_EQ(histogram.sum_ns(), 120 * kNsPerSecond + 2 * kNsPerMs + 2);
}
TEST(HistogramTest, BoundsGrow) { EXPECT_TRUE(std::ranges::is_sorted(Histogram::kBoundsNs)); }

// Both sides tell their counters.
struct Watched {
  explicit Watched(uint64_t seed) : net(seed), a(net.clock), b(net.clock) {
    net.a.record.also = &a;
    net.b.record.also = &b;
  }
  test::Network net;
  Stats a, b;
};

TEST(TimingsTest, ASetUpIsMeasuredByBothSides) {
  Watched w(1);
  w.net.weather.delay_ms = 20;
  w.net.a.Acquire(1);
  w.net.Run();
  // Two round trips for the initiator, from IKE_SA_INIT to the answer of IKE_AUTH; the responder
  // has seen one of them.
  const Histogram& initiator = w.a.timings().of(What::kSetUpAsInitiator);
  EXPECT_EQ(Count(initiator), 1u);
  EXPECT_EQ(initiator.sum_ns(), 80 * kNsPerMs);
  EXPECT_EQ(initiator.counts()[6], 1u);  // above 50 ms, 100 ms at most
  EXPECT_EQ(w.b.timings().of(What::kSetUpAsResponder).sum_ns(), 40 * kNsPerMs);
  EXPECT_EQ(Count(w.a.timings().of(What::kChildSetUp)), 1u);
  EXPECT_EQ(Count(w.b.timings().of(What::kChildSetUp)), 0u);  // it did not begin it
  for (const Stats* one : {&w.a, &w.b}) {
    EXPECT_EQ(Count(one->timings().of(What::kIkeRekey)), 0u);
    EXPECT_EQ(Count(one->timings().of(What::kChildRekey)), 0u);
    EXPECT_EQ(one->retransmissions(), 0u);
  }
}
TEST(TimingsTest, RekeysAreMeasuredByWhoBegan) {
  Watched w(2);
  w.net.weather.delay_ms = 7;
  w.net.a.Acquire(1);
  w.net.Run();
  RekeyIke(w.net.a.machine.core(), *w.net.a.Up());
  w.net.a.machine.Poll();
  w.net.Run();
  EXPECT_EQ(Count(w.a.timings().of(What::kIkeRekey)), 1u);
  EXPECT_EQ(w.a.timings().of(What::kIkeRekey).sum_ns(), 14 * kNsPerMs);
  EXPECT_EQ(Count(w.b.timings().of(What::kIkeRekey)), 0u);
  EXPECT_EQ(Count(w.a.timings().of(What::kSetUpAsInitiator)), 1u);  // a rekey is no set-up
  const api::SaInstall* out = w.net.b.fwd.Outbound(w.net.b.fwd.sas().begin()->second.policy);
  ASSERT_NE(out, nullptr);
  for (const auto& [id, sa] : w.net.b.fwd.sas()) {
    if (sa.direction == api::FastDirection::kOut) w.net.b.Event(id, api::EventKind::kSoftTime);
  }
  w.net.b.machine.Poll();
  w.net.Run();
  EXPECT_EQ(Count(w.b.timings().of(What::kChildRekey)), 1u);
  EXPECT_GE(w.b.timings().of(What::kChildRekey).sum_ns(), 14 * kNsPerMs);
  EXPECT_EQ(Count(w.a.timings().of(What::kChildRekey)), 0u);
}
TEST(TimingsTest, ALostMessageCostsARetransmissionAndItsTime) {
  Watched w(3);
  w.net.on_packet = [](size_t index, const test::Side&, std::vector<uint8_t>&) {
    return index != 0;
  };
  w.net.a.Acquire(1);
  w.net.Run();
  EXPECT_EQ(w.a.retransmissions(), 1u);
  EXPECT_EQ(Count(w.a.timings().of(What::kSetUpAsInitiator)), 1u);
  EXPECT_GE(w.a.timings().of(What::kSetUpAsInitiator).sum_ns(), kNsPerSecond / 2);
}
TEST(TimingsTest, TheyAreShownAndCleared) {
  Watched w(4);
  w.net.a.Acquire(1);
  w.net.Run();
  const auto shown = [&w] {
    api::ShowReply reply;
    FillIkev2Stats(w.net.a.machine.core(), w.a, reply);
    return reply.ikev2_stats();
  };
  api::Ikev2Stats show = shown();
  const api::DurationHistogram& setup = show.setup_as_initiator();
  ASSERT_EQ(setup.bound_seconds_size(), 14);
  ASSERT_EQ(setup.count_size(), 15);
  EXPECT_DOUBLE_EQ(setup.bound_seconds(0), 0.001);
  EXPECT_DOUBLE_EQ(setup.bound_seconds(13), 60);
  EXPECT_DOUBLE_EQ(setup.sum_seconds(), 0.004);
  ASSERT_EQ(show.state_size(), 6);
  EXPECT_EQ(show.state(3).state(), "up");
  EXPECT_EQ(show.state(3).outgoing(), 1u);
  EXPECT_EQ(show.state(3).incoming(), 0u);
  w.a.Clear();
  show = shown();
  EXPECT_DOUBLE_EQ(show.setup_as_initiator().sum_seconds(), 0);
  EXPECT_EQ(show.state(3).outgoing(), 1u);  // what is there stays
}

}  // namespace
}  // namespace vam::ike::v2
