// Other addresses in headers that are there already, against headers that were written with them.
#include "sw/fwd/outer_ends.h"

#include "tests/unit/sw/fwd/natt_fixture.h"

namespace vam::fwd::test {
namespace {

TEST(OuterEndsTest, AHeaderIsAsIfItHadBeenWrittenSo) {
  for (const auto& [from, to, other_from, other_to] :
       {std::tuple{"10.1.0.5", "10.2.0.7", "198.51.100.1", "203.0.113.255"},
        std::tuple{"2001:db8::1", "2001:db8::2", "2001:db8:ffff::9", "fd00::1"},
        std::tuple{"0.0.0.0", "255.255.255.255", "255.255.255.255", "0.0.0.1"}}) {
    Frame packet = Datagram(from, to, 1, 2, {1, 2, 3}, UdpSum::kNone);
    Frame wanted = Datagram(other_from, other_to, 1, 2, {1, 2, 3}, UdpSum::kNone);
    // UDP covers the addresses; ESP does not.
    const size_t header = At(from).is_v6() ? net::kIpv6HeaderBytes : net::kIpv4HeaderBytes;
    SetEnds(packet, At(other_from), At(other_to));
    packet.resize(header);
    wanted.resize(header);
    EXPECT_EQ(packet, wanted) << other_from;
  }
}

TEST(OuterEndsTest, TheDestinationAlone) {
  Frame packet = Datagram("10.1.0.5", "10.2.0.7", 1, 2, {1, 2, 3}, UdpSum::kNone);
  SetDestination(packet, At("192.0.2.9"));
  EXPECT_EQ(packet, Datagram("10.1.0.5", "192.0.2.9", 1, 2, {1, 2, 3}, UdpSum::kNone));
}

// A checksum that was wrong must not become right.
TEST(OuterEndsTest, AWrongChecksumStaysWrong) {
  Frame packet = Datagram("10.1.0.5", "10.2.0.7", 1, 2, {1, 2, 3}, UdpSum::kNone);
  packet[10] ^= 1;
  SetDestination(packet, At("192.0.2.9"));
  EXPECT_FALSE(net::Ipv4ChecksumOk(packet));
}

TEST(OuterEndsTest, WhatDoesNotFitIsLeft) {
  for (const Frame& packet : {Frame{}, Frame(19, 0x45), Frame(39, 0x60), Frame(40, 0x55),
                              Datagram("2001:db8::1", "2001:db8::2", 1, 2, {1})}) {
    Frame same = packet;
    SetEnds(same, At("192.0.2.1"), At("192.0.2.2"));
    EXPECT_EQ(same, packet);
  }
  const Frame v4 = Datagram("10.1.0.5", "10.2.0.7", 1, 2, {1, 2, 3}, UdpSum::kNone);
  Frame same = v4;
  SetEnds(same, At("2001:db8::1"), At("2001:db8::2"));
  EXPECT_EQ(same, v4);
}

}  // namespace
}  // namespace vam::fwd::test
