// Datagrams that the gateway itself sends.
#include "sw/net/checksum.h"
#include "tests/unit/sw/fwd/gateway_fixture.h"
#include "tests/unit/sw/fwd/tunnel_config.h"

namespace vam::fwd::test {
namespace {

api::LogDatagram LogTo(const std::string& host) {
  api::LogDatagram datagram;
  const net::Address address = *net::Address::Parse(host);
  const Bytes bytes = address.bytes();
  datagram.set_destination(bytes.data(), bytes.size());
  datagram.set_destination_port(514);
  datagram.set_payload("<189>%SYS-5-CONFIG_I: odd");
  return datagram;
}

// RFC 768: over pseudo header and datagram, its own checksum included, the sum is 0.
bool ChecksumHolds(Bytes packet, size_t ip_bytes, size_t addresses_at, size_t addresses_bytes) {
  net::ChecksumBuilder sum;
  sum.Add(packet.subspan(addresses_at, addresses_bytes));
  sum.AddU16(net::kProtocolUdp);
  sum.AddU16(static_cast<uint16_t>(packet.size() - ip_bytes));
  sum.Add(packet.subspan(ip_bytes));
  return sum.Finish() == 0;
}

TEST(Datagram, LeavesWithTheAddressOfItsInterface) {
  TestGateway g;
  g.Configure(TunnelConfig(1, 2));
  g.Settle();
  ASSERT_TRUE(g.gateway->SendLog(LogTo("10.1.0.7")));
  g.Settle();
  ASSERT_EQ(g.ports[0]->out.size(), 1u);
  const Frame packet = Payload(g.ports[0]->out.front());
  const auto ip = net::ParseIpv4(packet);
  ASSERT_TRUE(ip);
  EXPECT_EQ(net::ToString(ip->source), "10.1.0.1");
  EXPECT_EQ(net::ToString(ip->destination), "10.1.0.7");
  EXPECT_TRUE(net::Ipv4ChecksumOk(packet));
  const auto udp = net::ParseUdp(Bytes(packet).subspan(net::kIpv4HeaderBytes));
  ASSERT_TRUE(udp);
  EXPECT_EQ(udp->ports.source, 514);
  EXPECT_EQ(udp->ports.destination, 514);
  EXPECT_NE(udp->checksum, 0);
  EXPECT_TRUE(ChecksumHolds(packet, net::kIpv4HeaderBytes, 12, 8));
  EXPECT_EQ(std::string(packet.begin() + 28, packet.end()), "<189>%SYS-5-CONFIG_I: odd");
  g.ExpectBalanced();
}

TEST(Datagram, IsProtectedWherePolicySaysSo) {
  TestGateway g;
  g.Configure(TunnelConfig(1, 2));
  g.Settle();
  api::LogDatagram log = LogTo("10.2.0.7");
  log.set_source_interface("Ethernet0/0");  // then the access list permits it
  ASSERT_TRUE(g.gateway->SendLog(log));
  g.Settle();
  ASSERT_EQ(g.ports[1]->out.size(), 1u);
  EXPECT_EQ(net::ParseIpv4(Payload(g.ports[1]->out.front()))->protocol, net::kProtocolEsp);
  g.ExpectBalanced();
}

TEST(Datagram, OfIpv6HasItsChecksum) {
  TestGateway g;
  g.Configure(
      "ipv6 unicast-routing\ninterface Ethernet0/0\n ipv6 address 2001:db8:1::1/64\n"
      "ipv6 neighbor 2001:db8:1::7 Ethernet0/0 02ff.0000.0007\n");
  for (int i = 0; i < 40; ++i) {  // until the address is known to be unique
    g.clock.AdvanceNs(kNsPerSecond / 10);
    g.Settle();
  }
  g.ports[0]->out.clear();
  ASSERT_TRUE(g.gateway->SendLog(LogTo("2001:db8:1::7")));
  g.Settle();
  ASSERT_EQ(g.ports[0]->out.size(), 1u);
  const Frame packet = Payload(g.ports[0]->out.front());
  ASSERT_GT(packet.size(), 48u);
  EXPECT_TRUE(ChecksumHolds(packet, 40, 8, 32));
  g.ExpectBalanced();
}

TEST(Datagram, WhatCannotBeSentSaysWhy) {
  TestGateway g;
  g.Configure(TunnelConfig(1, 2));
  g.Settle();
  const Status no_way = g.gateway->SendLog(LogTo("203.0.113.1"));
  ASSERT_FALSE(no_way);
  EXPECT_EQ(no_way.error().code, ErrorCode::kNotFound);
  api::LogDatagram bad = LogTo("10.1.0.7");
  bad.set_destination("12345");
  EXPECT_EQ(g.gateway->SendLog(bad).error().code, ErrorCode::kMalformed);
  bad = LogTo("10.1.0.7");
  bad.set_destination_port(65536);
  EXPECT_EQ(g.gateway->SendLog(bad).error().code, ErrorCode::kMalformed);
  bad = LogTo("10.1.0.7");
  bad.set_payload(std::string(kMaxOwnPayload + 1, 'x'));
  EXPECT_EQ(g.gateway->SendLog(bad).error().code, ErrorCode::kInvalidArgument);
  g.ExpectBalanced();
}

}  // namespace
}  // namespace vam::fwd::test
