// Negotiated SAs that go on between other ends (RFC 4555): by the packets on the wire.
#include "tests/unit/sw/fwd/natt_fixture.h"

namespace vam::fwd::test {
namespace {

class IkeSasMoveTest : public NattTest {
 protected:
  void SetUpPlain() {
    SetUp2([](api::SaInstall& sa) { sa.flags &= ~api::kSaUdpEncapsulated; });
  }
  static api::SaMove To(uint64_t sa_id, const std::string& local, const std::string& remote) {
    api::SaMove move{};
    move.sa_id = sa_id;
    move.endpoints.local = ToFast(At(local));
    move.endpoints.remote = ToFast(At(remote));
    move.endpoints.local_port = move.endpoints.remote_port = 4500;
    return move;
  }
  static uint32_t Move(StubIke& ike, const api::SaMove& move) {
    return ike.Ask<api::SaMoved>(api::MessageType::kSaMove, move, api::MessageType::kSaMoved).error;
  }
  static uint32_t Field(ErrorCode code) { return static_cast<uint32_t>(code) + 1; }
  size_t Delivered() const { return b.ports[0]->out.size(); }
};

TEST_F(IkeSasMoveTest, WhatGoesOutHasTheNewEndsAndTheNextNumber) {
  Start();
  SetUpPlain();
  const Frame before = Protected();
  ASSERT_EQ(Move(ike_a, To(out_id, "192.0.2.101", "192.0.2.102")), 0u);
  const Frame after = Protected();
  EXPECT_EQ(LoadBe32(&after[12]), At("192.0.2.101").v4());
  EXPECT_EQ(LoadBe32(&after[16]), At("192.0.2.102").v4());
  EXPECT_TRUE(net::Ipv4ChecksumOk(after));
  EXPECT_EQ(LoadBe32(&after[20]), spi);
  EXPECT_EQ(LoadBe32(&after[24]), LoadBe32(&before[24]) + 1) << "numbers go on";
  // And back.
  ASSERT_EQ(Move(ike_a, To(out_id, "192.0.2.1", "192.0.2.2")), 0u);
  EXPECT_EQ(LoadBe32(&Protected()[12]), At("192.0.2.1").v4());
}

TEST_F(IkeSasMoveTest, WhatComesInIsTakenAtBothAddresses) {
  Start();
  SetUpPlain();
  const Frame old = Protected();
  const Frame old_again = old;
  ASSERT_EQ(Move(ike_b, To(in_id, "192.0.2.102", "192.0.2.101")), 0u);
  ToB(old);
  EXPECT_EQ(Delivered(), 1u) << "it was under way";
  ASSERT_EQ(Move(ike_a, To(out_id, "192.0.2.101", "192.0.2.102")), 0u);
  const Frame fresh = Protected();
  ToB(fresh);
  EXPECT_EQ(Delivered(), 2u);
  // The window is the same one.
  ToB(fresh);
  ToB(old_again);
  EXPECT_EQ(b.Count(Reason::kReplayDuplicate), 2u);
  EXPECT_EQ(Delivered(), 2u);
}

TEST_F(IkeSasMoveTest, BackWhereItBegan) {
  Start();
  SetUpPlain();
  for (const auto& [local, remote] :
       {std::pair{"192.0.2.102", "192.0.2.101"}, std::pair{"192.0.2.2", "192.0.2.1"},
        std::pair{"192.0.2.102", "192.0.2.1"}, std::pair{"192.0.2.2", "192.0.2.101"}}) {
    ASSERT_EQ(Move(ike_b, To(in_id, local, remote)), 0u);
    ASSERT_EQ(Move(ike_a, To(out_id, remote, local)), 0u);
    const size_t before = Delivered();
    ToB(Protected());
    EXPECT_EQ(Delivered(), before + 1) << local;
  }
  EXPECT_EQ(ike_b.Delete(in_id), 0u);
  ToB(Protected());
  EXPECT_EQ(b.Count(Reason::kNoSa), 1u);
}

// A NAT that was not there before, and one that is no more.
TEST_F(IkeSasMoveTest, UdpComesAndGoes) {
  Start();
  SetUpPlain();
  const uint32_t set = a.gateway->sets().All().back();
  const size_t plain = a.gateway->path().EncapsulatedBytes(set, 100, 20);
  api::SaMove move = To(out_id, "192.0.2.1", "192.0.2.102");
  move.flags = api::kSaUdpEncapsulated;
  ASSERT_EQ(Move(ike_a, move), 0u);
  EXPECT_EQ(a.gateway->path().EncapsulatedBytes(set, 100, 20), plain + 8);
  api::SaMove in = To(in_id, "192.0.2.102", "192.0.2.1");
  in.flags = api::kSaUdpEncapsulated;
  ASSERT_EQ(Move(ike_b, in), 0u);
  const Frame packet = Protected();
  EXPECT_EQ(packet[9], 17);
  EXPECT_EQ(LoadBe32(&packet[16]), At("192.0.2.102").v4());
  ToB(packet);
  EXPECT_EQ(Delivered(), 1u);
  move.flags = 0;
  ASSERT_EQ(Move(ike_a, move), 0u);
  EXPECT_EQ(Protected()[9], 50);
}

TEST_F(IkeSasMoveTest, OverIpv6) {
  Start(/*v6=*/true);
  SetUpPlain();
  const Frame before = Protected();
  ASSERT_EQ(Move(ike_a, To(out_id, "2001:db8:f::1", "2001:db8:f::2")), 0u);
  api::SaMove move = To(out_id, "2001:db8:f::1", "2001:db8:f::2");
  move.flags = api::kSaUdpEncapsulated;
  ASSERT_EQ(Move(ike_a, move), 0u);
  const Frame packet = Protected();
  EXPECT_EQ(net::UpperChecksum(At(End(1)), At(End(2)), 17, Bytes(packet).subspan(40)), 0);
  ToB(packet);
  EXPECT_EQ(Delivered(), 1u);
}

TEST_F(IkeSasMoveTest, WhatCannotBeMovedIsRefusedAndStays) {
  Start();
  SetUpPlain();
  EXPECT_EQ(Move(ike_a, To(999, "192.0.2.1", "192.0.2.2")), Field(ErrorCode::kNotFound));
  EXPECT_EQ(Move(ike_a, To(out_id, "2001:db8:f::1", "2001:db8:f::2")),
            Field(ErrorCode::kUnsupported));
  api::SaMove move = To(out_id, "192.0.2.1", "2001:db8:f::2");
  EXPECT_EQ(Move(ike_a, move), Field(ErrorCode::kInvalidArgument));
  move = To(out_id, "192.0.2.101", "192.0.2.102");
  move.flags = api::kSaEsn;
  EXPECT_EQ(Move(ike_a, move), Field(ErrorCode::kMalformed));
  move.flags = api::kSaUdpEncapsulated;
  move.endpoints.remote_port = 0;
  EXPECT_EQ(Move(ike_a, move), Field(ErrorCode::kMalformed));
  move.endpoints.remote_port = 4500;
  move.endpoints.local_port = 500;
  EXPECT_EQ(Move(ike_a, move), Field(ErrorCode::kInvalidArgument));
  move.endpoints.local_port = 4500;
  move.endpoints.front_vrf = 7;
  EXPECT_EQ(Move(ike_a, move), Field(ErrorCode::kInvalidArgument));
  const Frame packet = Protected();
  EXPECT_EQ(LoadBe32(&packet[12]), At("192.0.2.1").v4());
  // Larval: it carries nothing yet.
  api::SpiReserve reserve{};
  reserve.policy = ike_b.Open();
  reserve.local = ToFast(At("192.0.2.2"));
  reserve.protocol = 50;
  reserve.count = 1;
  reserve.lifetime_ms = 30'000;
  const auto spis = ike_b.Ask<api::SpiReserved>(api::MessageType::kSpiReserve, reserve,
                                                api::MessageType::kSpiReserved);
  EXPECT_EQ(Move(ike_b, To(spis.sa_id[0], "192.0.2.102", "192.0.2.1")),
            Field(ErrorCode::kUnavailable));
}

// After a move the SA takes packets from elsewhere only by another one.
TEST_F(IkeSasMoveTest, AChangeIsMeasuredAgainstTheNewEnds) {
  Start();
  SetUp2();
  ToB(Translated(Protected(), "198.51.100.9", 1025));
  ASSERT_EQ(ike_b.Events(api::EventKind::kEndpointChanged).size(), 1u);
  api::SaMove move = To(in_id, End(2), "198.51.100.9");
  move.endpoints.remote_port = 1025;
  move.flags = api::kSaUdpEncapsulated;
  ASSERT_EQ(Move(ike_b, move), 0u);
  b.clock.AdvanceNs(2 * kNsPerSecond);
  ToB(Translated(Protected(), "198.51.100.9", 1025));
  EXPECT_TRUE(ike_b.Events(api::EventKind::kEndpointChanged).empty());
}

}  // namespace
}  // namespace vam::fwd::test
