// Dynamic crypto maps: what a peer proposes becomes a temporary entry, which packets meet where its
// template stands (SY-66, SY-106..110, IOS-48..50).
#include <gmock/gmock.h>

#include <functional>

#include "sw/fwd/temporary_entries.h"
#include "tests/unit/sw/fwd/ike_fixture.h"
#include "tests/unit/sw/fwd/ikev2_config.h"
#include "tests/unit/sw/fwd/snapshot_fixture.h"

namespace vam::fwd::test {
namespace {

// Gateway 1: entry 10 of map M stands for dynamic map D.
std::string DynamicConfig(const std::string& more) {
  return R"(
interface Ethernet0/0
 ip address 10.1.0.1 255.255.255.0
interface Ethernet0/1
 ip address 192.0.2.1 255.255.255.0
 crypto map M
ip route 10.2.0.0 255.255.0.0 192.0.2.2
arp 192.0.2.2 0200.0002.0001 arpa
arp 10.1.0.5 02ff.0000.0001 arpa
crypto ipsec transform-set T esp-gcm 128
crypto dynamic-map D 10
 set transform-set T
 set ikev2-profile P
crypto map M 10 ipsec-isakmp dynamic D
)" + std::string(kIkev2Profile) +
         more;
}
constexpr const char* kList =
    "access-list 101 permit ip 10.1.0.0 0.0.0.255 10.2.0.0 0.0.255.255\n"
    "crypto dynamic-map D 10\n match address 101\n";

struct Proposed {
  std::string local = "10.1.0.0/24", remote = "10.2.0.0/24";
  std::string peer = "192.0.2.2";
  uint8_t protocol = 0;
  uint16_t remote_port = 0;  // 0: any
  uint32_t dynamic_sequence = 0;
  uint32_t line = 0;
};

api::FastAddress LastOf(const net::Prefix& prefix) {
  std::array<uint8_t, 16> last = prefix.base().raw();
  const size_t bits = prefix.base().bytes().size() * 8;
  for (size_t bit = prefix.length(); bit < bits; ++bit) {
    last[bit / 8] |= static_cast<uint8_t>(0x80 >> bit % 8);
  }
  return ToFast(*net::Address::FromBytes(Bytes(last).first(bits / 8)));
}

class DynamicMapTest : public ::testing::Test {
 protected:
  ~DynamicMapTest() override {
    a.ExpectBalanced();
    b.ExpectBalanced();
  }
  void Configure(const std::string& more) {
    a.Configure(DynamicConfig(more));
    a.gateway->SetIkePresent(true);
    a.Settle();
  }
  // The policy id, or 0; the whole answer is in `opened`.
  uint64_t Open(const Proposed& p) {
    api::PolicyOpen message{};
    message.map = {'M'};
    message.sequence = 10;
    message.line = p.line;
    message.interface = 1;
    message.dynamic_sequence = p.dynamic_sequence;
    message.selector = AnySelector();
    message.selector.protocol = p.protocol;
    if (!p.local.empty()) {
      message.selector.local_first = ToFast(In(p.local).base());
      message.selector.local_last = LastOf(In(p.local));
      message.selector.remote_first = ToFast(In(p.remote).base());
      message.selector.remote_last = LastOf(In(p.remote));
    }
    if (p.remote_port != 0) {
      message.selector.remote_port_first = message.selector.remote_port_last = p.remote_port;
    }
    if (!p.peer.empty()) message.peer = ToFast(At(p.peer));
    opened = ike.Ask<api::PolicyOpened>(api::MessageType::kPolicyOpen, message,
                                        api::MessageType::kPolicyOpened);
    return opened.policy;
  }
  ErrorCode Refused(const Proposed& p) {
    EXPECT_EQ(Open(p), 0u);
    return static_cast<ErrorCode>(opened.error - 1);
  }
  // SAs of both directions under `policy`; returns {inbound, outbound} ids.
  std::pair<uint64_t, uint64_t> SetUp(uint64_t policy) {
    const api::SpiReserved spi = ike.Reserve(policy);
    EXPECT_EQ(spi.error, 0u);
    in_spi = spi.spi[0];
    EXPECT_EQ(ike.Install(ike.Sa(policy, true, in_spi, spi.sa_id[0])).error, 0u);
    const api::SaInstalled out = ike.Install(ike.Sa(policy, false, 0x7777));
    EXPECT_EQ(out.error, 0u);
    return {spi.sa_id[0], out.sa_id};
  }
  void FromInside(const UdpSpec& spec = {}) {
    a.ports[0]->in.push_back(Ethernet(PortMac(1, 0), HostMac(1), UdpPacket(spec)));
    a.Settle();
  }
  void FromOutside(const Frame& packet) {
    a.ports[1]->in.push_back(Ethernet(PortMac(1, 1), PortMac(2, 1), packet));
    a.Settle();
  }
  void ClearFromOutside(const std::string& source = "10.2.0.7") {
    FromOutside(UdpPacket({.source = source, .destination = "10.1.0.5"}));
  }
  // Protocols on the outside wire since the last call.
  std::vector<uint8_t> Outside() {
    std::vector<uint8_t> protocols;
    for (const Frame& frame : std::exchange(a.ports[1]->out, {})) {
      protocols.push_back(net::ParseIpv4(Payload(frame))->protocol);
    }
    return protocols;
  }
  size_t Temporaries() const { return a.gateway->ike_sas().temporaries().all().size(); }

  using Protocols = std::vector<uint8_t>;
  static constexpr uint8_t kEsp = net::kProtocolEsp, kUdp = net::kProtocolUdp;
  TestGateway a{1}, b{2};
  StubIke ike{a, 1};
  api::PolicyOpened opened{};
  uint32_t in_spi = 0;
};

TEST_F(DynamicMapTest, AProposalBecomesAnEntryBothWays) {
  Configure(kList);
  FromInside();
  EXPECT_EQ(a.Count(Reason::kPolicyNoSa), 1u) << "M3: a template asks nobody";
  EXPECT_TRUE(ike.Take().empty());
  const uint64_t policy = Open({});
  ASSERT_NE(policy, 0u);
  EXPECT_EQ(opened.dynamic_sequence, 10u);
  SetUp(policy);
  const auto& all = a.gateway->ike_sas().temporaries().all();
  ASSERT_EQ(all.size(), 1u);
  const CompiledEntry& entry = all.begin()->second.entry;
  EXPECT_EQ(entry.sequence, 65536u);
  EXPECT_EQ(entry.dynamic_map, "D");
  EXPECT_EQ(entry.dynamic_sequence, 10u);
  EXPECT_EQ(net::ToString(entry.peer), "192.0.2.2");
  EXPECT_EQ(Open({}), policy) << "the same once more";
  FromInside();
  EXPECT_EQ(Outside(), Protocols{kEsp});
  FromInside({.destination = "10.2.1.7"});
  EXPECT_EQ(a.Count(Reason::kPolicyNoSa), 2u)
      << "the template's list permits more than that peer has";

  // The peer, with the SA of this end, and with the mirrored line.
  Negotiate(b, 2, {LineTo(2, "10.1.0.0")});
  b.Settle();
  StubIke peer(b, 2);
  EXPECT_EQ(peer.Install(peer.Sa(peer.Open(), false, in_spi)).error, 0u);
  for (const char* source : {"10.2.0.7", "10.2.0.8"}) {
    b.ports[0]->in.push_back(Ethernet(PortMac(2, 0), HostMac(2),
                                      UdpPacket({.source = source, .destination = "10.1.0.5"})));
  }
  b.Settle();
  ASSERT_EQ(b.ports[1]->out.size(), 2u);
  for (const Frame& frame : b.ports[1]->out) FromOutside(Payload(frame));
  EXPECT_EQ(a.ports[0]->out.size(), 2u);
}

// RFC 4301, 5.2: what comes out of the SA must be what was agreed, whatever the template permits.
TEST_F(DynamicMapTest, InnerPacketMustBeWhatWasAgreed) {
  Configure(kList);
  SetUp(Open({.remote = "10.2.0.8/32"}));
  Negotiate(b, 2, {LineTo(2, "10.1.0.0")});
  b.Settle();
  StubIke peer(b, 2);
  EXPECT_EQ(peer.Install(peer.Sa(peer.Open(), false, in_spi)).error, 0u);
  b.ports[0]->in.push_back(Ethernet(PortMac(2, 0), HostMac(2),
                                    UdpPacket({.source = "10.2.0.7", .destination = "10.1.0.5"})));
  b.Settle();
  FromOutside(Payload(b.ports[1]->out.front()));
  EXPECT_EQ(a.Count(Reason::kSelectorMismatch), 1u);
  EXPECT_TRUE(a.ports[0]->out.empty());
}

// SY-109: without a list any flow is accepted, and the entry is ignored in filtering; its temporary
// entries are not.
TEST_F(DynamicMapTest, WithoutAListOnlyTemporaryEntriesFilter) {
  Configure("");
  FromInside();
  ClearFromOutside();
  EXPECT_EQ(Outside(), Protocols{kUdp});
  EXPECT_EQ(a.ports[0]->out.size(), 1u);
  const auto [in, out] = SetUp(Open({}));
  FromInside();
  ClearFromOutside();
  EXPECT_EQ(Outside(), Protocols{kEsp});
  EXPECT_EQ(a.Count(Reason::kPolicyCleartext), 1u);
  EXPECT_EQ(ike.Delete(in), 0u);
  EXPECT_EQ(Temporaries(), 1u) << "an SA is left";
  EXPECT_EQ(ike.Delete(out), 0u);
  EXPECT_EQ(Temporaries(), 0u);
  FromInside();
  EXPECT_EQ(Outside(), Protocols{kUdp});
}

TEST_F(DynamicMapTest, ProtocolAndPortsAreLookedAt) {
  Configure("");
  SetUp(Open({.protocol = kUdp, .remote_port = 53}));
  FromInside({.destination_port = 53});
  FromInside({.destination_port = 54});
  EXPECT_EQ(Outside(), (Protocols{kEsp, kUdp}));
}

// SY-85: what the list denies is not protected under any entry of the template.
TEST_F(DynamicMapTest, ADenyExemptsWithinAnAgreedFlow) {
  Configure(
      "access-list 101 deny ip host 10.1.0.5 host 10.2.0.9\n"
      "access-list 101 permit ip 10.1.0.0 0.0.0.255 10.2.0.0 0.0.255.255\n"
      "crypto dynamic-map D 10\n match address 101\n");
  SetUp(Open({}));
  FromInside({.destination = "10.2.0.9"});
  EXPECT_EQ(Outside(), Protocols{kUdp});
  ClearFromOutside("10.2.0.9");
  EXPECT_EQ(a.ports[0]->out.size(), 1u);
  EXPECT_EQ(Refused({.local = "10.1.0.5/32", .remote = "10.2.0.9/32"}), ErrorCode::kNotFound);
}

TEST_F(DynamicMapTest, WhatTheTemplateDoesNotTakeIsRefused) {
  Configure(std::string(kList) + " set peer 192.0.2.2\n");
  EXPECT_EQ(Refused({.local = "10.1.0.0/16"}), ErrorCode::kNotFound) << "M8: a superset";
  EXPECT_EQ(Refused({.remote = "10.3.0.0/24"}), ErrorCode::kNotFound);
  EXPECT_EQ(Refused({.peer = "192.0.2.3"}), ErrorCode::kNotFound);
  EXPECT_EQ(Refused({.peer = ""}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(Refused({.peer = "2001:db8::2"}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(Refused({.protocol = 47, .remote_port = 1}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(Refused({.protocol = 1, .remote_port = 0x800}), ErrorCode::kUnsupported);
  EXPECT_EQ(Refused({.line = 1}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(Refused({.dynamic_sequence = 20}), ErrorCode::kNotFound);
  EXPECT_EQ(Refused({.local = "2001:db8::/64", .remote = "2001:db8:1::/64"}),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(Refused({.local = ""}), ErrorCode::kNotFound) << "all addresses";
  EXPECT_EQ(Temporaries(), 0u);
  EXPECT_TRUE(a.gateway->sets().All().empty());
  EXPECT_NE(Open({.dynamic_sequence = 10}), 0u);
}

TEST_F(DynamicMapTest, PermitWithAPortCoversThatPortOnly) {
  Configure(
      "access-list 101 permit udp 10.1.0.0 0.0.0.255 any range 50 60\n"
      "crypto dynamic-map D 10\n match address 101\n");
  EXPECT_EQ(Refused({.protocol = kUdp}), ErrorCode::kNotFound);
  EXPECT_EQ(Refused({.protocol = kUdp, .remote_port = 61}), ErrorCode::kNotFound);
  EXPECT_EQ(Refused({.protocol = 6, .remote_port = 53}), ErrorCode::kNotFound);
  EXPECT_NE(Open({.protocol = kUdp, .remote_port = 53}), 0u);
}

// SY-110.
TEST_F(DynamicMapTest, AMissingListDropsEverythingAndTakesNothing) {
  Configure("crypto dynamic-map D 10\n match address 199\n");
  EXPECT_EQ(Refused({}), ErrorCode::kUnavailable);
  FromInside();
  EXPECT_EQ(a.Count(Reason::kPolicyDiscard), 1u);
}

// Traffic can go to one peer only; who of two has the right to it, IKE knows.
TEST_F(DynamicMapTest, AnotherPeerDoesNotTakeOver) {
  Configure(kList);
  const auto [in, out] = SetUp(Open({}));
  EXPECT_EQ(Refused({.peer = "192.0.2.9"}), ErrorCode::kExists);
  EXPECT_NE(Open({.remote = "10.2.0.0/25", .peer = "192.0.2.9"}), 0u);
  FromInside();
  EXPECT_EQ(Outside(), Protocols{kEsp}) << "the older entry stands before";
  EXPECT_EQ(ike.Delete(in), 0u);
  EXPECT_EQ(ike.Delete(out), 0u);
  EXPECT_NE(Open({.peer = "192.0.2.9"}), 0u);
  EXPECT_EQ(a.gateway->ike_sas().temporaries().OfMap("M").size(), 2u);
}

// An address of a pool: one peer's IKE SA ends, and in the same turn the next one has it.
TEST_F(DynamicMapTest, AnotherPeerTakesOverInTheTurnOfTheEnd) {
  Configure(kList);
  const auto [in, out] = SetUp(Open({}));
  for (const uint64_t sa : {in, out}) {
    const api::SaDelete message{.sa_id = sa, .flags = 0, .reserved = 0};
    EXPECT_TRUE(a.gateway->ike().Receive(api::MessageType::kSaDelete, 900, EncodeFast(message)));
  }
  EXPECT_NE(Open({.peer = "192.0.2.9"}), 0u);
  EXPECT_EQ(Temporaries(), 1u);
}

TEST_F(DynamicMapTest, EntriesStandWhereTheirTemplateDoes) {
  Configure(std::string(kList) +
            "access-list 102 permit ip any host 10.2.0.7\n"
            "access-list 103 permit ip any any\n"
            "crypto map M 5 ipsec-isakmp\n set peer 192.0.2.5\n set transform-set T\n"
            " set ikev2-profile P\n match address 102\n"
            "crypto map M 20 ipsec-isakmp\n set peer 192.0.2.6\n set transform-set T\n"
            " set ikev2-profile P\n match address 103\n");
  SetUp(Open({}));
  static_cast<void>(ike.Take());
  FromInside({.destination = "10.2.0.7"});
  FromInside({.destination = "10.2.0.8"});
  EXPECT_EQ(Outside(), Protocols{kEsp}) << "the second one";
  const auto acquires = ike.TakeAll<api::Acquire>(api::MessageType::kAcquire);
  ASSERT_EQ(acquires.size(), 1u);
  EXPECT_EQ(*FromFast(acquires[0].peer), At("192.0.2.5")) << "a lower sequence stands before";
}

// IOS-48: as a normal entry, even requesting new SAs.
TEST_F(DynamicMapTest, AnEntryAsksForNewSas) {
  Configure(kList);
  const uint64_t policy = Open({});
  const auto [in, out] = SetUp(policy);
  EXPECT_EQ(ike.Delete(out), 0u);
  a.clock.AdvanceNs(EnginePath::kAcquireIntervalNs);
  FromInside();
  const auto acquires = ike.TakeAll<api::Acquire>(api::MessageType::kAcquire);
  ASSERT_EQ(acquires.size(), 1u);
  EXPECT_EQ(acquires[0].policy, policy);
  EXPECT_EQ(*FromFast(acquires[0].peer), At("192.0.2.2"));
  EXPECT_EQ(*FromFast(acquires[0].line.remote_first), At("10.2.0.0"));
  EXPECT_EQ(*FromFast(acquires[0].line.remote_last), At("10.2.0.255"));
  EXPECT_EQ(ike.Install(ike.Sa(policy, false, 0x8888)).error, 0u);
  EXPECT_EQ(Outside(), Protocols{kEsp}) << "what waited";
  EXPECT_EQ(ike.Delete(in), 0u);
  EXPECT_EQ(Temporaries(), 1u);
}

TEST_F(DynamicMapTest, AnEntryGoesWithItsLastSaAndPacketsDoNotWaitForIt) {
  Configure(kList);
  api::SaInstall shape = ike.Sa(Open({}), false, 0x9999);
  shape.hard_ms = 60'000;
  EXPECT_EQ(ike.Install(shape).error, 0u);
  a.clock.AdvanceNs(60 * kNsPerSecond);
  EXPECT_EQ(ike.Events(api::EventKind::kHardExpired).size(), 1u);
  EXPECT_EQ(Temporaries(), 0u);
  EXPECT_TRUE(a.gateway->sets().All().empty());
  FromInside();
  EXPECT_EQ(a.Count(Reason::kPolicyNoSa), 1u);
  EXPECT_EQ(a.gateway->path().Pending(), 0u);
}

TEST_F(DynamicMapTest, WithoutAnSaAnEntryGoesAfterATime) {
  Configure(kList);
  const uint64_t policy = Open({});
  a.clock.AdvanceNs(IkeSas::kTemporaryIdleNs - 1);
  EXPECT_EQ(ike.Reserve(policy, 50, 30'000).error, 0u);
  a.clock.AdvanceNs(1);
  a.Settle();
  EXPECT_EQ(Temporaries(), 1u) << "an SPI is reserved for it";
  a.clock.AdvanceNs(2 * IkeSas::kTemporaryIdleNs);
  a.Settle();
  a.Settle();
  EXPECT_EQ(Temporaries(), 0u);
  EXPECT_NE(ike.Reserve(policy).error, 0u);
}

TEST_F(DynamicMapTest, EntriesFollowTheirTemplateThroughCommits) {
  Configure(kList);
  SetUp(Open({}));
  Configure(std::string(kList) + "hostname other\n");
  EXPECT_EQ(Temporaries(), 1u);
  Configure("access-list 101 permit ip any any\ncrypto dynamic-map D 10\n match address 101\n");
  EXPECT_EQ(Temporaries(), 1u) << "the list still permits it";
  FromInside();
  EXPECT_EQ(Outside(), Protocols{kEsp});
  Configure(
      "access-list 101 permit ip 10.1.0.0 0.0.0.127 any\ncrypto dynamic-map D 10\n"
      " match address 101\n");
  EXPECT_EQ(Temporaries(), 0u);
  EXPECT_EQ(ike.Events(api::EventKind::kPolicyGone).size(), 2u);
  EXPECT_TRUE(a.gateway->ike_sas().sas().empty());
  SetUp(Open({.local = "10.1.0.0/25"}));
  Configure("no crypto map M 10\ncrypto map M 20 ipsec-isakmp\n");
  EXPECT_EQ(Temporaries(), 0u);
  EXPECT_EQ(ike.Events(api::EventKind::kPolicyGone).size(), 2u);
  FromInside();
  EXPECT_EQ(Outside(), Protocols{kUdp});
}

// Two entries of one dynamic map: IKE names the one whose transforms it used, or takes the first.
TEST_F(DynamicMapTest, EntriesOfTheDynamicMapInTheirOrder) {
  Configure(
      "access-list 101 permit ip any 10.2.0.0 0.0.0.127\naccess-list 102 permit ip any any\n"
      "crypto dynamic-map D 10\n match address 102\n"
      "crypto dynamic-map D 5\n set transform-set T\n set ikev2-profile P\n match address 101\n");
  EXPECT_NE(Open({.remote = "10.2.0.7/32"}), 0u);
  EXPECT_EQ(opened.dynamic_sequence, 5u);
  EXPECT_NE(Open({.remote = "10.2.0.200/32"}), 0u);
  EXPECT_EQ(opened.dynamic_sequence, 10u);
  EXPECT_EQ(Refused({.remote = "10.2.0.200/32", .dynamic_sequence = 5}), ErrorCode::kNotFound);
  std::vector<uint32_t> sequences;
  for (const auto& [id, t] : a.gateway->ike_sas().temporaries().all()) {
    sequences.push_back(t.entry.sequence);
  }
  EXPECT_EQ(sequences, (std::vector<uint32_t>{65536, 65537}));
}

TEST_F(DynamicMapTest, OnePeerDoesNotTakeAllPlaces) {
  Configure(kList);
  const auto remote = [](size_t i) {
    return net::ToString(net::Address::V4(0x0a020000 + static_cast<uint32_t>(i))) + "/32";
  };
  for (size_t i = 0; i < TemporaryEntries::kMaxOfPeer; ++i) {
    ASSERT_NE(Open({.remote = remote(i)}), 0u) << i;
  }
  EXPECT_EQ(Refused({.remote = "10.2.8.8/32"}), ErrorCode::kExhausted);
  EXPECT_NE(Open({.remote = "10.2.8.8/32", .peer = "192.0.2.9"}), 0u);
}

TEST_F(DynamicMapTest, TenThousandRoadWarriors) {
  Configure(kList);
  constexpr uint32_t kPeers = 10'000;
  a.idle_turns = 1;
  uint64_t one = 0;
  for (uint32_t i = 0; i < kPeers; ++i) {
    const uint64_t policy = Open({.remote = net::ToString(net::Address::V4(0x0a020000 + i)) + "/32",
                                  .peer = net::ToString(net::Address::V4(0xc6336400 + i))});
    ASSERT_NE(policy, 0u) << i;
    if (i == 7000) one = policy;
  }
  EXPECT_EQ(ike.Install(ike.Sa(one, false, 0x4321)).error, 0u);
  FromInside({.destination = net::ToString(net::Address::V4(0x0a020000 + 7000))});
  EXPECT_EQ(Outside(), Protocols{kEsp});
  a.clock.AdvanceNs(3 * IkeSas::kTemporaryIdleNs);
  a.Settle();
  EXPECT_EQ(Temporaries(), 1u) << "only that one has an SA";
}

// `show crypto ipsec sa`: each temporary entry is a row with what was agreed, a row at a time.
TEST_F(DynamicMapTest, TemporaryEntriesAreShown) {
  Configure(kList);
  const uint64_t first = Open({.remote = "10.2.0.0/25"});
  const uint64_t second = Open({.remote = "10.2.0.128/25", .peer = "192.0.2.9"});
  SetUp(first);
  SetUp(second);
  std::vector<std::string> seen;
  api::ShowRequest request;
  request.set_kind(api::SHOW_IPSEC_SA);
  request.set_limit(1);
  for (int piece = 0; piece < 10; ++piece) {
    const api::ShowReply reply = a.gateway->Show(request);
    for (const auto& interface : reply.ipsec_sa().interface()) {
      for (const auto& flow : interface.flow()) {
        seen.push_back(std::to_string(flow.sequence()) + " " + flow.remote_ident().address() + " " +
                       flow.remote_ident().mask());
        EXPECT_EQ(flow.outbound_esp_size(), 1) << seen.back();
      }
    }
    if (!reply.has_next()) break;
    *request.mutable_cursor() = reply.next();
  }
  EXPECT_THAT(seen, ::testing::ElementsAre("65536 10.2.0.0 255.255.255.128",
                                           "65537 10.2.0.128 255.255.255.128"));
}

}  // namespace
}  // namespace vam::fwd::test
