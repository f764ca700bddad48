// Packets by an SPI of ours whose SA is still being made: a peer may send them with its answer to
// IKE.
#include <string>

#include "tests/unit/sw/fwd/ike_fixture.h"

namespace vam::fwd::test {
namespace {

class EarlyPacketsTest : public ::testing::Test {
 protected:
  EarlyPacketsTest() {
    for (auto [g, self] : {std::pair(&a, 1), std::pair(&b, 2)}) {
      g->Configure(TunnelConfig(self, 3 - self));
      g->Settle();
      Negotiate(*g, self, {LineTo(self, "10." + std::to_string(3 - self) + ".0.0")});
      g->Settle();
    }
    spi = ike_b.Reserve(ike_b.Open());
    EXPECT_EQ(ike_a.Install(ike_a.Sa(ike_a.Open(), false, spi.spi[0])).error, 0U);
  }
  ~EarlyPacketsTest() override {
    a.ExpectBalanced();
    b.ExpectBalanced();
  }
  // `count` packets of A's host, protected, come to B.
  void Send(size_t count) {
    for (size_t i = 0; i < count; ++i) {
      a.ports[0]->in.push_back(Ethernet(PortMac(1, 0), HostMac(1), UdpPacket({})));
      a.Settle();
      for (; !a.ports[1]->out.empty(); a.ports[1]->out.pop_front()) {
        b.ports[1]->in.push_back(a.ports[1]->out.front());
      }
      b.Settle();
    }
  }
  api::SaInstall Inbound() const {
    return ike_b.Sa(ike_b.opened.policy, true, spi.spi[0], spi.sa_id[0]);
  }
  size_t Held() const { return b.gateway->path().Pending(); }
  size_t Arrived() const { return b.ports[0]->out.size(); }

  TestGateway a{1}, b{2};
  StubIke ike_a{a, 1}, ike_b{b, 2};
  api::SpiReserved spi{};
};

TEST_F(EarlyPacketsTest, AreHeldUntilTheSaIsThere) {
  Send(5);
  EXPECT_EQ(Held(), 5U);
  EXPECT_EQ(Arrived(), 0U);
  ASSERT_EQ(ike_b.Install(Inbound()).error, 0U);
  EXPECT_EQ(Held(), 0U);
  EXPECT_EQ(Arrived(), 5U);
  Send(1);
  EXPECT_EQ(Arrived(), 6U);
  EXPECT_EQ(b.Count(Reason::kNoSa), 0U);
}

TEST_F(EarlyPacketsTest, AreBounded) {
  Send(EnginePath::kEarly.packets + 3);
  EXPECT_EQ(Held(), EnginePath::kEarly.packets);
  EXPECT_EQ(b.Count(Reason::kNoSa), 3U);
  ASSERT_EQ(ike_b.Install(Inbound()).error, 0U);
  EXPECT_EQ(Arrived(), EnginePath::kEarly.packets);
}

TEST_F(EarlyPacketsTest, EndAfterASecond) {
  Send(2);
  b.clock.AdvanceNs(EnginePath::kEarly.wait_ns - 1);
  b.Settle();
  EXPECT_EQ(Held(), 2U);
  b.clock.AdvanceNs(1);
  b.Settle();
  EXPECT_EQ(Held(), 0U);
  EXPECT_EQ(b.Count(Reason::kNoSa), 2U);
  ASSERT_EQ(ike_b.Install(Inbound()).error, 0U);
  Send(1);
  EXPECT_EQ(Arrived(), 1U);
}

TEST_F(EarlyPacketsTest, EndWithTheReservation) {
  Send(2);
  EXPECT_EQ(ike_b.Delete(spi.sa_id[0]), 0U);
  b.Settle();
  EXPECT_EQ(Held(), 0U);
  EXPECT_EQ(b.Count(Reason::kNoSa), 2U);
  Send(1);
  EXPECT_EQ(b.Count(Reason::kNoSa), 3U) << "nobody expects it now";
}

TEST_F(EarlyPacketsTest, AreRefusedByTheSaAsLaterOnes) {
  Send(1);
  api::SaInstall other = Inbound();
  other.key[0] ^= 1;
  ASSERT_EQ(ike_b.Install(other).error, 0U);
  b.Settle();
  EXPECT_EQ(Held(), 0U);
  EXPECT_EQ(Arrived(), 0U);
  EXPECT_EQ(b.Count(Reason::kIcvFailed), 1U);
}

}  // namespace
}  // namespace vam::fwd::test
