// SA sets of several SAs: bundles, the order of their SAs, overlap of generations.
#include "tests/unit/sw/fwd/bundle_config.h"
#include "tests/unit/sw/fwd/gateway_fixture.h"
#include "tests/unit/sw/fwd/tunnel_config.h"

namespace vam::fwd::test {
namespace {

constexpr size_t kEthernet = net::kEthernetHeaderBytes, kIp = net::kIpv4HeaderBytes;
constexpr size_t kAhBytes = 28;  // with a code of 16 bytes

class BundleTest : public ::testing::Test {
 protected:
  BundleTest() {
    a.Configure(TunnelConfig(1, 2));
    b.Configure(TunnelConfig(2, 1));
    a.Settle();
    b.Settle();
  }
  ~BundleTest() override {
    a.ExpectBalanced();
    b.ExpectBalanced();
  }

  static SaManager& Sas(TestGateway& g) { return g.gateway->sas(); }
  static uint32_t Id(TestGateway& g) { return Sas(g).pairs().begin()->first; }
  // In the place of the entry that TunnelConfig has.
  void Put(TestGateway& g, int self, CompiledEntry entry) {
    EntryIds ids;
    Compiled compiled = Compile(ParseOrDie(TunnelConfig(self, 3 - self, more)),
                                {"Ethernet0/0", "Ethernet0/1"}, ++g.generation, ids);
    compiled.entries.clear();
    compiled.entries.push_back(std::move(entry));
    g.gateway->Put(std::move(compiled));
    g.Settle();
  }
  void Apply(TestGateway& g, int self, const std::vector<LayerSpec>& layers) {
    g.asked.clear();
    Put(g, self, HandMade(Id(g), self, 3 - self, layers));
    EXPECT_EQ(Sas(g).DownReason(Sas(g).pairs().begin()->second), "");
  }
  void ApplyBoth(const std::vector<LayerSpec>& layers) {
    Apply(a, 1, layers);
    Apply(b, 2, layers);
  }
  static void FromInside(TestGateway& g, uint8_t number, const Frame& packet) {
    g.ports[0]->in.push_back(Ethernet(PortMac(number, 0), HostMac(number), packet));
    g.Settle();
  }
  static Frame TakeOutside(TestGateway& g) {
    EXPECT_EQ(g.ports[1]->out.size(), 1u);
    if (g.ports[1]->out.empty()) return {};
    Frame frame = g.ports[1]->out.front();
    g.ports[1]->out.clear();
    return frame;
  }
  static void Arrive(TestGateway& g, const Frame& frame) {
    g.ports[1]->in.push_back(frame);
    g.Settle();
  }
  // What A sends for one packet of its inside.
  Frame FromA(const UdpSpec& spec = {}) {
    FromInside(a, 1, UdpPacket(spec));
    return TakeOutside(a);
  }
  // Whether a packet of A's inside arrives at B's.
  bool Carries(const UdpSpec& spec = {}) {
    Arrive(b, FromA(spec));
    const bool arrived = b.ports[0]->out.size() == 1;
    b.ports[0]->out.clear();
    return arrived;
  }

  TestGateway a{1}, b{2};
  std::string more;  // of the configuration of both
};

TEST_F(BundleTest, AhOverEspBothWays) {
  ApplyBoth({kEspTunnel, kAhTransport});
  const Frame wire = FromA();
  const Frame packet = Payload(wire);
  EXPECT_EQ(net::ParseIpv4(packet)->protocol, net::kProtocolAh);
  EXPECT_EQ(packet[kIp], net::kProtocolEsp) << "next header";
  EXPECT_EQ(LoadBe32(&packet[kIp + 4]), 2002u) << "SPI of AH";
  EXPECT_EQ(LoadBe32(&packet[kIp + kAhBytes]), 1002u) << "SPI of ESP";
  Arrive(b, wire);
  ASSERT_EQ(b.ports[0]->out.size(), 1u);
  FromInside(b, 2, UdpPacket({.source = "10.2.0.7", .destination = "10.1.0.5"}));
  Arrive(a, TakeOutside(b));
  EXPECT_EQ(a.ports[0]->out.size(), 1u);
  const SaSet& set = b.gateway->sets().at(b.gateway->sets().All()[0]);
  EXPECT_EQ(set.counters.decaps.value(), 1u);
  EXPECT_EQ(set.counters.decrypted.value(), 1u);
  EXPECT_EQ(set.counters.encrypted.value(), 1u);
}

TEST_F(BundleTest, EveryShapeOfBundleCarries) {
  const ipsec::Suite gcm{.encryption = ipsec::Encryption::kAesGcm256Icv16};
  const std::vector<std::vector<LayerSpec>> shapes = {
      {kEspTunnel},
      {kAhTunnel},
      {{.suite = gcm}, kAhTransport},
      {kAhTunnel, kEspTransport},
      {kEspTunnel, kAhTunnel},
      {kEspTunnel, kEspTunnel, kEspTunnel, kAhTransport},
  };
  for (const std::vector<LayerSpec>& shape : shapes) {
    ApplyBoth(shape);
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(Carries()) << shape.size();
  }
}

// RFC 4301, 5.2: ESP that comes without its AH has passed only a part of the bundle.
TEST_F(BundleTest, PartOfABundleIsRefused) {
  ApplyBoth({kEspTunnel, kAhTransport});
  Frame frame = FromA();
  frame.erase(frame.begin() + kEthernet + kIp, frame.begin() + kEthernet + kIp + kAhBytes);
  net::Ipv4Header header = *net::ParseIpv4([&] {
    Frame copy = Payload(frame);
    StoreBe16(&copy[2], static_cast<uint16_t>(copy.size()));
    return copy;
  }());
  header.protocol = net::kProtocolEsp;
  ASSERT_TRUE(net::WriteIpv4(header, MutableBytes(frame).subspan(kEthernet)).has_value());
  Arrive(b, frame);
  EXPECT_EQ(b.Count(Reason::kBundleMismatch), 1u);
  EXPECT_TRUE(b.ports[0]->out.empty());
}

// The right AH around an inner packet in clear, or around ESP of nobody.
TEST_F(BundleTest, OuterSaAloneIsRefused) {
  ApplyBoth({kEspTunnel, kAhTransport});
  CompiledEntry alone = HandMade(Id(a), 1, 2, {kAhTunnel});
  LayerSpec ah = kAhTransport;
  CompiledEntry outer = HandMade(Id(a), 1, 2, {kEspTunnel, ah});
  alone.outbound[0].spi = outer.outbound[1].spi;
  alone.outbound[0].auth_key = outer.outbound[1].auth_key.Clone();
  Put(a, 1, std::move(alone));
  Arrive(b, FromA());
  // In transport mode what AH carries must have been for this gateway and be ESP.
  EXPECT_EQ(b.Count(Reason::kBundleMismatch), 1u);
  EXPECT_TRUE(b.ports[0]->out.empty());
}

TEST_F(BundleTest, AnotherOrderIsRefused) {
  Apply(a, 1, {kEspTunnel, kAhTunnel});
  Apply(b, 2, {kEspTunnel, kAhTunnel});
  CompiledEntry turned = HandMade(Id(a), 1, 2, {kEspTunnel, kAhTunnel});
  std::swap(turned.outbound[0], turned.outbound[1]);
  std::swap(turned.inbound[0], turned.inbound[1]);
  Put(a, 1, std::move(turned));
  Arrive(b, FromA());
  EXPECT_EQ(b.Count(Reason::kBundleMismatch), 1u);
  EXPECT_TRUE(b.ports[0]->out.empty());
}

TEST_F(BundleTest, SelectorsOfEverySaAreChecked) {
  ApplyBoth({kEspTunnel, kAhTunnel});
  CompiledEntry strict = HandMade(Id(b), 2, 1, {kEspTunnel, kAhTunnel});
  // The outer SA is for ESP between the gateways, of which this is not the other end.
  strict.inbound[1].selectors.remote = *net::Prefix::Create(*net::Address::Parse("192.0.2.9"), 32);
  Put(b, 2, std::move(strict));
  Arrive(b, FromA());
  EXPECT_EQ(b.Count(Reason::kSelectorMismatch), 1u);
  EXPECT_TRUE(b.ports[0]->out.empty());
}

TEST_F(BundleTest, MtuIsThatOfTheWholeBundle) {
  for (const auto& shape : std::vector<std::vector<LayerSpec>>{
           {kEspTunnel, kAhTransport}, {kEspTunnel, kAhTunnel}, {kAhTunnel, kEspTransport}}) {
    ApplyBoth(shape);
    const size_t mtu = a.gateway->path().PlaintextMtu(a.gateway->sets().All()[0], 1500, 20);
    ASSERT_GT(mtu, 1300u);
    a.ports[0]->out.clear();
    FromInside(a, 1, UdpPacket({.payload = mtu + 1 - 28, .df = true}));
    ASSERT_EQ(a.ports[0]->out.size(), 1u);
    EXPECT_EQ(net::ParseIcmp(Bytes(Payload(a.ports[0]->out.front())).subspan(20))->rest, mtu);
    const Frame wire = FromA({.payload = mtu - 28, .df = true});
    EXPECT_LE(wire.size(), 1500 + kEthernet);
    const size_t block = 16;
    EXPECT_GT(wire.size() + block, 1500 + kEthernet) << "more would have fitted";
    EXPECT_EQ(wire.size() - kEthernet,
              a.gateway->path().EncapsulatedBytes(a.gateway->sets().All()[0], mtu, 20));
    Arrive(b, wire);
    EXPECT_EQ(b.ports[0]->out.size(), 1u);
    b.ports[0]->out.clear();
  }
}

// Numbers of CBC and HMAC are no nonces: only a replay window makes them matter.
TEST_F(BundleTest, NumbersAreReservedWhereTheyMatter) {
  Apply(a, 1, {kEspTunnel, kAhTransport});
  EXPECT_TRUE(a.asked.empty());
  LayerSpec esp = kEspTunnel, ah = kAhTransport;
  esp.window = ah.window = 64;
  a.next_number.clear();  // of other keys
  b.next_number.clear();
  ApplyBoth({esp, ah});
  ASSERT_EQ(a.asked.size(), 4u);
  const auto count = [&](ipsec::Protocol protocol, bool inbound) {
    return std::count_if(a.asked.begin(), a.asked.end(), [&](const SaManager::Wanted& w) {
      return w.protocol == protocol && w.inbound == inbound;
    });
  };
  for (const bool inbound : {false, true}) {
    EXPECT_EQ(count(ipsec::Protocol::kEsp, inbound), 1);
    EXPECT_EQ(count(ipsec::Protocol::kAh, inbound), 1);
  }
  const Frame frame = FromA();
  Arrive(b, frame);
  EXPECT_EQ(b.ports[0]->out.size(), 1u);
  Arrive(b, frame);
  EXPECT_EQ(b.Count(Reason::kReplayDuplicate), 1u);
  ah.suite = {ipsec::Encryption::kNone, ipsec::Integrity::kAesGmac128};
  ah.window = 0;
  Apply(a, 1, {kEspTunnel, ah});
  ASSERT_EQ(a.asked.size(), 1u) << "GMAC counts in its nonce";
  EXPECT_EQ(a.asked[0].protocol, ipsec::Protocol::kAh);
}

// An SA whose IV follows from the number begins elsewhere in each life.
TEST_F(BundleTest, CbcBeginsSomewhere) {
  std::vector<uint32_t> starts;
  for (int life = 0; life < 3; ++life) {
    ApplyBoth({kEspTunnel});
    Sas(a).Restart();
    a.Settle();
    const Frame wire = FromA();
    starts.push_back(LoadBe32(&wire[kEthernet + kIp + 4]));
  }
  EXPECT_NE(starts[0], starts[1]);
  EXPECT_NE(starts[1], starts[2]);
  EXPECT_GT(*std::max_element(starts.begin(), starts.end()), 3u);
}

// SY-17: between the peers themselves; a packet of another host would break its addresses.
TEST_F(BundleTest, TransportModeOnlyBetweenThePeers) {
  more = "access-list 150 permit ip any any\ncrypto map M 10 ipsec-manual\n match address 150\n";
  ApplyBoth({kEspTransport, kAhTransport});
  FromInside(a, 1, UdpPacket({}));
  EXPECT_EQ(a.Count(Reason::kSelectorMismatch), 1u);
  EXPECT_TRUE(a.ports[1]->out.empty());
  const Frame wire = FromA({.source = "192.0.2.1", .destination = "192.0.2.2"});
  ASSERT_FALSE(wire.empty());
  EXPECT_EQ(net::ParseIpv4(Payload(wire))->protocol, net::kProtocolAh);
  Arrive(b, wire);
  EXPECT_EQ(b.Count(Reason::kLocalUnknown), 1u) << "the port is closed, but it has arrived";
}

// Rekey overlap: what is newest goes out, what came before still comes in.
TEST_F(BundleTest, NewestGoesOutAllComeIn) {
  ApplyBoth({kEspTunnel});
  const Frame old = FromA();
  const auto add = [](TestGateway& g, int self, bool inbound) {
    ipsec::SaParams sa = LayerSa(kEspTunnel, 7, self, 3 - self, inbound);
    sa.id = 5000 + (inbound ? 1U : 0U);
    ASSERT_TRUE(g.gateway->broker().Install(sa).has_value());
    g.Settle();
    std::vector<PathSa> sas(1);
    sas[0].settings = sa;
    const uint32_t set = g.gateway->sets().All()[0];
    ASSERT_TRUE(g.gateway->sets().Add(set, sa.direction, std::move(sas)).has_value());
  };
  add(b, 2, true);
  add(a, 1, false);
  const Frame fresh = FromA();
  EXPECT_EQ(LoadBe32(&old[kEthernet + kIp]), 1002u);
  EXPECT_EQ(LoadBe32(&fresh[kEthernet + kIp]), 8002u);
  Arrive(b, fresh);
  Arrive(b, old);
  EXPECT_EQ(b.ports[0]->out.size(), 2u);
  // Without the newer one the older serves again.
  const SaSet& set = a.gateway->sets().at(a.gateway->sets().All()[0]);
  a.gateway->sets().Remove(a.gateway->sets().bundle(set.outbound.back()).ref);
  EXPECT_EQ(LoadBe32(&FromA()[kEthernet + kIp]), 1002u);
}

}  // namespace
}  // namespace vam::fwd::test
