// What fwd tells IKE of inbound IPsec packets that it drops (DP-23, DP-25, ASA-23, ASA-24), and the
// record for auditors (RFC 4301, 5.2).
#include "sw/fwd/packet_faults.h"

#include <gmock/gmock.h>

#include "tests/unit/sw/fwd/ike_fixture.h"

namespace vam::fwd::test {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr size_t kIpAt = net::kEthernetHeaderBytes;
constexpr size_t kSpiAt = kIpAt + net::kIpv4HeaderBytes;

class PacketFaultsTest : public ::testing::Test {
 protected:
  PacketFaultsTest() {
    for (auto [g, self] : {std::pair(&a, 1), std::pair(&b, 2)}) {
      g->Configure(TunnelConfig(self, 3 - self));
      g->Settle();
    }
    frame = Protected({});
    Negotiate(b, 2, {LineTo(2, "10.1.0.0")});
    b.Settle();
    static_cast<void>(ike_b.Take());
    static_cast<void>(b.gateway->events().Take());
  }
  ~PacketFaultsTest() override { b.ExpectBalanced(); }

  // What A makes of a packet of its inside, with its manual keys.
  Frame Protected(const UdpSpec& spec) {
    a.ports[0]->in.push_back(Ethernet(PortMac(1, 0), HostMac(1), UdpPacket(spec)));
    a.Settle();
    Frame out = a.ports[1]->out.front();
    a.ports[1]->out.clear();
    return out;
  }
  std::vector<api::PacketFault> Arrives(const Frame& packet) {
    b.ports[1]->in.push_back(packet);
    return ike_b.TakeAll<api::PacketFault>(api::MessageType::kPacketFault);
  }
  static void SetSpi(Frame& packet, uint32_t spi) { StoreBe32(&packet[kSpiAt], spi); }

  TestGateway a{1}, b{2};
  StubIke ike_b{b, 2};
  Frame frame;
};

TEST_F(PacketFaultsTest, AnUnknownSpiIsToldToIke) {
  SetSpi(frame, 0x01214f0d);
  const auto told = Arrives(frame);
  ASSERT_THAT(told, SizeIs(1));
  const api::PacketFault& fault = told[0];
  EXPECT_EQ(fault.kind, api::FaultKind::kUnknownSpi);
  EXPECT_EQ(fault.spi, 0x01214f0dU);
  EXPECT_EQ(fault.protocol, 50);
  EXPECT_EQ(fault.sa_id, 0U);
  EXPECT_EQ(*FromFast(fault.endpoints.local), Outside(2));
  EXPECT_EQ(*FromFast(fault.endpoints.remote), Outside(1));
  EXPECT_EQ(fault.endpoints.remote_port, 0);
  ASSERT_EQ(fault.start_bytes, fault.start.size());
  EXPECT_TRUE(std::equal(fault.start.begin(), fault.start.end(), &frame[kIpAt]));
  EXPECT_EQ(b.Count(Reason::kNoSa), 1u) << "dropped all the same";
}

// Anyone can send them: each sender and SPI once a second, so many in all.
TEST_F(PacketFaultsTest, AFloodIsToldSeldom) {
  SetSpi(frame, 0x1000);
  EXPECT_THAT(Arrives(frame), SizeIs(1));
  EXPECT_THAT(Arrives(frame), IsEmpty());
  b.clock.AdvanceNs(PacketFaults::kIntervalNs);
  EXPECT_THAT(Arrives(frame), SizeIs(1));
  size_t told = 0;
  for (uint32_t spi = 0; spi < 4000; ++spi) {
    SetSpi(frame, 0x10000 + spi);
    told += Arrives(frame).size();
  }
  EXPECT_LE(told, PacketFaults::kPlaces);
  EXPECT_GT(told, PacketFaults::kPlaces / 2) << "others are heard beside it";
  EXPECT_EQ(b.Count(Reason::kNoSa), 4003u);
}

// RFC 4303, 2.1: nobody was ever given these.
TEST_F(PacketFaultsTest, ReservedSpisAreNot) {
  for (const uint32_t spi : {0U, 1U, 255U}) {
    SetSpi(frame, spi);
    EXPECT_THAT(Arrives(frame), IsEmpty());
  }
  SetSpi(frame, 256);
  EXPECT_THAT(Arrives(frame), SizeIs(1));
}

TEST_F(PacketFaultsTest, NothingIsKeptForNobody) {
  b.gateway->SetIkePresent(false);
  SetSpi(frame, 0x1000);
  EXPECT_THAT(Arrives(frame), IsEmpty());
  b.gateway->SetIkePresent(true);
  EXPECT_THAT(Arrives(frame), SizeIs(1));
}

// A verified packet of an SA that is for something else: dropped, told, and recorded with the
// values of the SA.
TEST_F(PacketFaultsTest, WrongSelectorsAreToldAndRecorded) {
  const api::SpiReserved spi = ike_b.Reserve(ike_b.Open());
  api::SaInstall in = ike_b.Sa(ike_b.opened.policy, true, spi.spi[0], spi.sa_id[0]);
  in.selector.remote_first = ToFast(*net::Address::Parse("10.1.0.64"));
  in.selector.remote_last = ToFast(*net::Address::Parse("10.1.0.127"));
  in.selector.local_first = ToFast(*net::Address::Parse("10.2.0.0"));
  in.selector.local_last = ToFast(*net::Address::Parse("10.2.0.255"));
  in.selector.protocol = 17;
  ASSERT_EQ(ike_b.Install(in).error, 0U);
  // A speaks for 10.1.0.5 by the same keys.
  StubIke ike_a(a, 1);
  Negotiate(a, 1, {LineTo(1, "10.2.0.0")});
  a.Settle();
  a.ports[0]->in.push_back(Ethernet(PortMac(1, 0), HostMac(1), UdpPacket({})));
  const auto asked = ike_a.TakeAll<api::Acquire>(api::MessageType::kAcquire);
  ASSERT_THAT(asked, SizeIs(1));
  ASSERT_EQ(ike_a.Install(ike_a.Sa(asked[0].policy, false, spi.spi[0])).error, 0U);
  a.Settle();
  ASSERT_EQ(a.ports[1]->out.size(), 1u);
  const Frame packet = a.ports[1]->out.front();

  const auto told = Arrives(packet);
  EXPECT_EQ(b.Count(Reason::kSelectorMismatch), 1u);
  EXPECT_TRUE(b.ports[0]->out.empty());
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_EQ(told[0].kind, api::FaultKind::kWrongSelectors);
  EXPECT_EQ(told[0].sa_id, spi.sa_id[0]);
  EXPECT_EQ(told[0].spi, spi.spi[0]);
  const auto said = b.gateway->events().Take();
  ASSERT_THAT(said, SizeIs(1));
  EXPECT_EQ(said[0].mnemonic, "RECVD_PKT_INV_IDENTITY");
  char number[64];
  std::snprintf(number, sizeof number, "spi=0x%X(%u)", spi.spi[0], spi.spi[0]);
  EXPECT_EQ(said[0].text,
            "identity doesn't match negotiated identity (ip) dest_addr= 192.0.2.2, src_addr= "
            "192.0.2.1, prot= 50, " +
                std::string(number) +
                ", (ident) local_proxy= 10.2.0.0/24/17/0-65535, remote_proxy= "
                "10.1.0.64/26/17/0-65535");
  a.ExpectBalanced();
}

}  // namespace
}  // namespace vam::fwd::test
