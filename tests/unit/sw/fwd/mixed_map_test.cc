// Crypto maps by configuration with a stub of the IKE role: several kinds of entries in one map,
// one map on several interfaces, IPv6 maps (SY-88, SY-94..97, SY-103, IOS-39, IOS-45..47).
#include <gmock/gmock.h>

#include "tests/unit/sw/fwd/ike_fixture.h"
#include "tests/unit/sw/fwd/ikev2_config.h"
#include "tests/unit/sw/fwd/snapshot_fixture.h"

namespace vam::fwd::test {
namespace {

using ::testing::HasSubstr;

constexpr uint8_t kEsp = net::kProtocolEsp, kAh = net::kProtocolAh, kUdp = net::kProtocolUdp;

class MixedMapTest : public ::testing::Test {
 protected:
  ~MixedMapTest() override {
    a.ExpectBalanced();
    b.ExpectBalanced();
  }
  static void Configure(TestGateway& g, const std::string& text) {
    g.Configure(text);
    g.gateway->SetIkePresent(true);
    g.Settle();
  }
  // A packet that comes in by `port`.
  void Put(size_t port, const Frame& packet, uint16_t type = net::kEtherTypeIpv4) {
    a.ports[port]->in.push_back(
        Ethernet(PortMac(1, static_cast<uint8_t>(port)), HostMac(1), packet, type));
    a.Settle();
  }
  void PutUdp(const UdpSpec& spec, size_t port = 0) { Put(port, UdpPacket(spec)); }
  // The packets that left by `port` since the last call.
  std::vector<Frame> Sent(size_t port = 1) {
    std::vector<Frame> packets;
    for (const Frame& frame : std::exchange(a.ports[port]->out, {})) {
      packets.push_back(Payload(frame));
    }
    return packets;
  }
  std::vector<api::Acquire> Acquires() {
    return ike.TakeAll<api::Acquire>(api::MessageType::kAcquire);
  }
  // An outbound SA of A.
  uint64_t SetUp(uint64_t policy, const std::string& local, const std::string& peer, uint32_t spi) {
    api::SaInstall sa = ike.Sa(policy, false, spi);
    sa.endpoints.local = ToFast(At(local));
    sa.endpoints.remote = ToFast(At(peer));
    const api::SaInstalled installed = ike.Install(sa);
    EXPECT_EQ(installed.error, 0u);
    return installed.sa_id;
  }

  TestGateway a{1}, b{2};
  StubIke ike{a, 1};
};

constexpr size_t kSpiAt = net::kIpv4HeaderBytes;

// Both kinds of SAs at once, and the lower sequence first whatever its kind (SY-88, SY-103).
TEST_F(MixedMapTest, ManualAndNegotiatedEntriesInOneMap) {
  Configure(a, TunnelConfig(1, 2,
                            std::string(kIkev2Profile) +
                                "access-list 105 permit ip host 10.1.0.7 10.2.0.0 0.0.0.255\n"
                                "access-list 102 permit ip 10.1.0.0 0.0.0.255 10.3.0.0 0.0.0.255\n"
                                "crypto map M 5 ipsec-isakmp\n set peer 192.0.2.5\n"
                                " set ikev2-profile P\n match address 105\n"
                                "crypto map M 20 ipsec-isakmp\n set peer 192.0.2.3\n"
                                " set ikev2-profile P\n match address 102\n"
                                "arp 192.0.2.3 0200.0003.0001 arpa\n"
                                "ip route 10.3.0.0 255.255.255.0 192.0.2.3\n"));
  PutUdp({});
  const auto manual = Sent();
  ASSERT_EQ(manual.size(), 1u);
  EXPECT_EQ(LoadBe32(&manual[0][kSpiAt]), 1002u) << "by the manual keys, at once";
  EXPECT_TRUE(Acquires().empty());
  PutUdp({.source = "10.1.0.7"});
  PutUdp({.destination = "10.3.0.7"});
  EXPECT_TRUE(Sent().empty());
  const auto acquires = Acquires();
  ASSERT_EQ(acquires.size(), 2u);
  EXPECT_EQ(*FromFast(acquires[0].peer), At("192.0.2.5")) << "before the manual entry";
  EXPECT_EQ(*FromFast(acquires[1].peer), At("192.0.2.3"));
  SetUp(acquires[1].policy, "192.0.2.1", "192.0.2.3", 0x3333);
  const auto negotiated = Sent();
  ASSERT_EQ(negotiated.size(), 1u);
  EXPECT_EQ(LoadBe32(&negotiated[0][kSpiAt]), 0x3333u);
  EXPECT_EQ(a.gateway->path().Pending(), 1u) << "entry 5 still waits";
}

// Without `set ikev2-profile` an entry is IKEv1's, which is not built: nobody is asked, nothing
// waits, and what its list permits goes to no other entry.
TEST_F(MixedMapTest, AnEntryOfIkev1AsksNobody) {
  const std::string entry =
      "access-list 105 permit ip host 10.1.0.7 10.2.0.0 0.0.0.255\n"
      "crypto map M 5 ipsec-isakmp\n set peer 192.0.2.5\n set transform-set T\n"
      " match address 105\n";
  Configure(a, TunnelConfig(1, 2, entry));
  for (int i = 0; i < 3; ++i) PutUdp({.source = "10.1.0.7"});
  EXPECT_EQ(a.Count(Reason::kPolicyDiscard), 3U) << "at once";
  EXPECT_EQ(a.gateway->path().Pending(), 0U);
  EXPECT_TRUE(Acquires().empty());
  EXPECT_TRUE(Sent().empty());
  PutUdp({});
  EXPECT_EQ(Sent().size(), 1U) << "the manual entry behind it";

  api::ShowRequest request;
  request.set_kind(api::SHOW_IPSEC_SA);
  const api::ShowReply shown = a.gateway->Show(request);
  ASSERT_EQ(shown.ipsec_sa().interface(0).flow_size(), 2);
  EXPECT_THAT(shown.ipsec_sa().interface(0).flow(0).down_reason(), HasSubstr("IKEv1 is not built"));

  Configure(a, TunnelConfig(1, 2, kIkev2Profile + entry + " set ikev2-profile P\n"));
  PutUdp({.source = "10.1.0.7"});
  EXPECT_EQ(Acquires().size(), 1U) << "IKEv2's now";
}

// Authentication alone for some of the traffic, encryption for the rest, between the same peers:
// two lists and two entries (SY-89, SY-94, IOS-45).
TEST_F(MixedMapTest, TwoEntriesOfOnePeerProtectDifferently) {
  for (auto [g, self] : {std::pair(&a, 1), std::pair(&b, 2)}) {
    const std::string n = std::to_string(self), p = std::to_string(3 - self);
    const auto key = [](int receiver) { return std::string(64, receiver == 1 ? 'a' : 'b'); };
    Configure(*g, TunnelConfig(self, 3 - self,
                               "access-list 105 permit udp 10." + n + ".0.0 0.0.0.255 " +
                                   (self == 2 ? "eq 53 " : "") + "10." + p + ".0.0 0.0.0.255" +
                                   (self == 1 ? " eq 53" : "") +
                                   "\ncrypto ipsec transform-set AUTH ah-sha256-hmac\n"
                                   "crypto map M 5 ipsec-manual\n set peer 192.0.2." +
                                   p + "\n set transform-set AUTH\n match address 105\n" +
                                   " set session-key inbound ah 300" + n + " " + key(self) +
                                   "\n set session-key outbound ah 300" + p + " " + key(3 - self) +
                                   "\n"));
  }
  for (const auto& [port, protocol] :
       {std::pair(uint16_t{53}, kAh), std::pair(uint16_t{54}, kEsp)}) {
    PutUdp({.destination_port = port});
    const auto wire = Carry(a, b);
    ASSERT_EQ(wire.size(), 1u);
    EXPECT_EQ(net::ParseIpv4(wire[0])->protocol, protocol);
    EXPECT_EQ(b.ports[0]->out.size(), 1u) << port;
    b.ports[0]->out.clear();
  }
}

// Map M on both interfaces: half of the far network is behind each.
std::string OnBoth(const std::string& more = "") {
  return R"(
interface Loopback0
 ip address 10.9.9.9 255.255.255.255
interface Ethernet0/0
 ip address 192.0.2.1 255.255.255.0
 crypto map M
interface Ethernet0/1
 ip address 198.51.100.1 255.255.255.0
 crypto map M
ip route 10.2.0.0 255.255.255.128 192.0.2.2
ip route 10.2.0.128 255.255.255.128 198.51.100.2
ip route 203.0.113.0 255.255.255.0 192.0.2.2
arp 192.0.2.2 0200.0002.0000 arpa
arp 198.51.100.2 0200.0002.0001 arpa
access-list 101 permit ip any 10.2.0.0 0.0.0.255
crypto map M 10 ipsec-isakmp
 set peer 203.0.113.9
 set ikev2-profile P
 match address 101
)" + std::string(kIkev2Profile) +
         more;
}
const UdpSpec kByFirst{.destination = "10.2.0.7"}, kBySecond{.destination = "10.2.0.200"};

// SY-95, IOS-46: SAs of their own, from the interface's own address.
TEST_F(MixedMapTest, EachInterfaceHasItsOwnSas) {
  Configure(a, OnBoth());
  PutUdp(kByFirst, 1);
  PutUdp(kBySecond, 0);
  const auto acquires = Acquires();
  ASSERT_EQ(acquires.size(), 2u) << "of one line";
  EXPECT_EQ(acquires[0].interface, 0u);
  EXPECT_EQ(acquires[1].interface, 1u);
  SetUp(acquires[0].policy, "192.0.2.1", "203.0.113.9", 0x1111);
  auto sent = Sent(0);
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(net::ParseIpv4(sent[0])->source, At("192.0.2.1"));
  EXPECT_EQ(a.gateway->path().Pending(), 1u) << "the other interface has no SA yet";
  SetUp(acquires[1].policy, "198.51.100.1", "203.0.113.9", 0x2222);
  sent = Sent(0);
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(net::ParseIpv4(sent[0])->source, At("198.51.100.1"));
  EXPECT_EQ(LoadBe32(&sent[0][kSpiAt]), 0x2222u);
}

// SY-97, IOS-47: one part of the SAD, which outlives a change of the path.
TEST_F(MixedMapTest, WithLocalAddressTheInterfacesShareTheirSas) {
  const std::string local = "crypto map M local-address Loopback0\n";
  Configure(a, OnBoth(local));
  PutUdp(kByFirst, 1);
  PutUdp(kBySecond, 0);
  const auto acquires = Acquires();
  ASSERT_EQ(acquires.size(), 1u);
  SetUp(acquires[0].policy, "10.9.9.9", "203.0.113.9", 0x1111);
  const auto sent = Sent(0);
  ASSERT_EQ(sent.size(), 2u);
  for (const Frame& packet : sent) {
    EXPECT_EQ(net::ParseIpv4(packet)->source, At("10.9.9.9"));
    EXPECT_EQ(LoadBe32(&packet[kSpiAt]), 0x1111u);
  }
  Configure(a, OnBoth(local + "no ip route 203.0.113.0 255.255.255.0 192.0.2.2\n"
                              "ip route 203.0.113.0 255.255.255.0 198.51.100.2\n"));
  PutUdp(kByFirst, 1);
  const auto moved = Sent(1);
  ASSERT_EQ(moved.size(), 1u) << "by the other interface";
  EXPECT_EQ(LoadBe32(&moved[0][kSpiAt]), 0x1111u) << "with the same SA";
  EXPECT_TRUE(Acquires().empty());
}

// DP-76, DP-77: SAs of an interface have its bit.
TEST_F(MixedMapTest, EachInterfaceHasItsOwnDfBit) {
  Configure(a, OnBoth("interface Ethernet0/0\n crypto ipsec df-bit set\n"
                      "interface Ethernet0/1\n crypto ipsec df-bit clear\n"));
  UdpSpec with_df = kBySecond;
  with_df.df = true;
  PutUdp(kByFirst, 1);
  PutUdp(with_df, 0);
  const auto acquires = Acquires();
  ASSERT_EQ(acquires.size(), 2u);
  SetUp(acquires[0].policy, "192.0.2.1", "203.0.113.9", 0x1111);
  SetUp(acquires[1].policy, "198.51.100.1", "203.0.113.9", 0x2222);
  const auto sent = Sent(0);
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_TRUE(net::ParseIpv4(sent[0])->dont_fragment) << "set";
  EXPECT_FALSE(net::ParseIpv4(sent[1])->dont_fragment) << "clear";
}

// SY-21, DP-98: an IPv6 map asks and carries as an IPv4 one does.
TEST_F(MixedMapTest, Ipv6Entries) {
  Configure(a, R"(
ipv6 unicast-routing
interface Ethernet0/0
 ipv6 address 2001:db8:1::1/64
interface Ethernet0/1
 ipv6 address 2001:db8:99::1/64
 ipv6 crypto map SIX
ipv6 route 2001:db8:2::/64 2001:db8:99::2
ipv6 neighbor 2001:db8:99::2 Ethernet0/1 0200.0002.0001
ipv6 access-list L
 permit ipv6 2001:db8:1::/64 2001:db8:2::/64
crypto map ipv6 SIX 10 ipsec-isakmp
 set peer 2001:db8:99::2
 set ikev2-profile P
 match address L
)" + std::string(kIkev2Profile));
  for (int i = 0; i < 4; ++i) {  // duplicate address detection
    a.clock.AdvanceNs(kNsPerSecond);
    a.Settle();
  }
  static_cast<void>(Sent());
  Put(0, V6Udp("2001:db8:1::5", "2001:db8:2::7"), net::kEtherTypeIpv6);
  EXPECT_TRUE(Sent().empty());
  const auto acquires = Acquires();
  ASSERT_EQ(acquires.size(), 1u);
  EXPECT_EQ(*FromFast(acquires[0].peer), At("2001:db8:99::2"));
  EXPECT_EQ(*FromFast(acquires[0].line.remote_first), At("2001:db8:2::"));
  SetUp(acquires[0].policy, "2001:db8:99::1", "2001:db8:99::2", 0x6666);
  const auto sent = Sent();
  ASSERT_EQ(sent.size(), 1u);
  const auto outer = net::ParseIpv6(sent[0]);
  ASSERT_TRUE(outer.has_value());
  EXPECT_EQ(outer->next_header, kEsp);
  EXPECT_EQ(outer->source, At("2001:db8:99::1"));
  EXPECT_EQ(LoadBe32(&sent[0][net::kIpv6HeaderBytes]), 0x6666u);

  api::ShowRequest request;  // DP-127
  request.set_kind(api::SHOW_IPSEC_SA);
  request.set_ipv6(true);
  const api::ShowReply show = a.gateway->Show(request);
  ASSERT_EQ(show.ipsec_sa().interface_size(), 1);
  const api::IpsecFlow& flow = show.ipsec_sa().interface(0).flow(0);
  EXPECT_EQ(flow.current_peer(), "2001:db8:99::2");
  EXPECT_EQ(flow.local_ident().address(), "2001:db8:1::");
  EXPECT_EQ(flow.outbound_esp(0).spi(), 0x6666u);
}

// SY-63, IOS-37, IOS-53: what is configured anew is for SAs that are made later; `clear crypto sa`
// forces it.
TEST_F(MixedMapTest, ChangesDoNotTouchNegotiatedSas) {
  const std::string set = "crypto map M local-address Loopback0\ncrypto ipsec transform-set T ";
  const std::string entry = "crypto map M 10 ipsec-isakmp\n set transform-set T\n";
  Configure(a, OnBoth(set + "esp-gcm 128\n" + entry));
  PutUdp(kByFirst, 1);
  const auto acquires = Acquires();
  ASSERT_EQ(acquires.size(), 1u);
  SetUp(acquires[0].policy, "10.9.9.9", "203.0.113.9", 0x1111);
  EXPECT_EQ(Sent(0).size(), 1u);
  Configure(a, OnBoth(set + "esp-gcm 256\n" + entry +
                      "crypto ipsec security-association lifetime seconds 7200\n"
                      "crypto ipsec security-association replay window-size 1024\n"));
  PutUdp(kByFirst, 1);
  const auto sent = Sent(0);
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(LoadBe32(&sent[0][kSpiAt]), 0x1111u);
  EXPECT_TRUE(ike.Events(api::EventKind::kPolicyGone).empty());
  EXPECT_EQ(a.gateway->ClearSas({}).error(), "");
  a.clock.AdvanceNs(EnginePath::kAcquireIntervalNs);
  PutUdp(kByFirst, 1);
  EXPECT_EQ(Acquires().size(), 1u);
  EXPECT_TRUE(Sent(0).empty());
}

// Unlike SY-65 they need no clear: a commit is one change for the operator, and keys that are gone
// from the configuration protect nothing any more.
TEST_F(MixedMapTest, ChangesOfManualEntriesActAtTheCommit) {
  Configure(a, TunnelConfig(1, 2));
  PutUdp({});
  EXPECT_EQ(LoadBe32(&Sent().at(0)[kSpiAt]), 1002u);
  Configure(a, TunnelConfig(1, 2,
                            " set session-key outbound esp 1999 cipher "
                            "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3\n"));
  PutUdp({});
  EXPECT_EQ(LoadBe32(&Sent().at(0)[kSpiAt]), 1999u);
}

// SY-80, M7: lists that are no mirrors. The peer refuses what it is asked for; what waited is
// dropped, and no one is told but the counter.
TEST_F(MixedMapTest, WithoutAgreementPacketsAreDroppedInSilence) {
  Configure(a, OnBoth());
  PutUdp(kByFirst, 1);
  ASSERT_EQ(Acquires().size(), 1u);
  a.clock.AdvanceNs(PendingPackets::kMaxWaitNs);
  a.Settle();
  EXPECT_EQ(a.Count(Reason::kPendingTimeout), 1u);
  EXPECT_TRUE(Sent(0).empty());
  EXPECT_TRUE(Sent(1).empty()) << "no ICMP either";
}

}  // namespace
}  // namespace vam::fwd::test
