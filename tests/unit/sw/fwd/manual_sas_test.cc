// Manual keys for every transform, from the configuration to packets that the other gateway takes.
#include "sw/fwd/manual_sas.h"

#include "sw/config/transforms.h"
#include "tests/unit/sw/fwd/gateway_fixture.h"
#include "tests/unit/sw/fwd/tunnel_config.h"

namespace vam::fwd::test {
namespace {

using config::TransformKind;

std::string Key(int sender, size_t bytes, unsigned kind) {
  std::string text;
  for (size_t i = 0; i < bytes; ++i) {
    constexpr char kDigits[] = "0123456789abcdef";
    const auto byte = static_cast<uint8_t>(static_cast<unsigned>(sender) * 57 + kind * 91 + i * 5);
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

// One end of a tunnel with this transform set, each use as in a configuration.
struct SetSpec {
  std::vector<config::TransformUse> uses;
  std::string extra;  // statements of the entry
  std::string mode;
};

std::string Keys(const SetSpec& set, int self, bool inbound) {
  const int sender = inbound ? 3 - self : self, receiver = inbound ? self : 3 - self;
  const std::string direction = inbound ? "inbound" : "outbound";
  std::string esp, ah;
  for (const config::TransformUse& use : set.uses) {
    const size_t bytes = config::KeyBytes(use);
    const auto kind = config::InfoOf(use.transform).kind;
    if (kind == TransformKind::kAh) ah = Key(sender, bytes, 3);
    if (kind == TransformKind::kEspEncryption && bytes != 0) {
      esp += " cipher " + Key(sender, bytes, 1);
    }
    if (kind == TransformKind::kEspAuthentication) esp += " authenticator " + Key(sender, bytes, 2);
  }
  const std::string key = " set session-key " + direction;
  std::string text;
  if (!ah.empty()) text += key + " ah " + std::to_string(3000 + receiver) + " " + ah + "\n";
  if (!esp.empty()) text += key + " esp " + std::to_string(1000 + receiver) + esp + "\n";
  return text;
}

std::string Configuration(const SetSpec& set, int self) {
  const std::string n = std::to_string(self), p = std::to_string(3 - self);
  std::string transforms;
  for (const auto& use : set.uses) transforms += " " + config::RenderTransformUse(use);
  return "interface Ethernet0/0\n ip address 10." + n + ".0.1 255.255.255.0\n" +
         "interface Ethernet0/1\n ip address 192.0.2." + n + " 255.255.255.0\n crypto map M\n" +
         "ip route 10." + p + ".0.0 255.255.255.0 192.0.2." + p + "\n" +  //
         "arp 192.0.2." + p + " 0200.000" + p + ".0001 arpa\n" +          //
         "arp 10." + n + ".0.5 02ff.0000.000" + n + " arpa\n" +           //
         "arp 10." + n + ".0.7 02ff.0000.000" + n + " arpa\n" + "access-list 101 permit ip 10." +
         n + ".0.0 0.0.0.255 10." + p + ".0.0 0.0.0.255\n" +
         "access-list 102 permit ip host 192.0.2." + n + " host 192.0.2." + p + "\n" +
         "crypto legacy-algorithms enable\ncrypto ipsec manual-counter-mode enable\n" +
         "crypto ipsec transform-set T" + transforms + "\n" + set.mode +
         "crypto map M 10 ipsec-manual\n set peer 192.0.2." + p + "\n set transform-set T\n" +
         " match address 101\n" + Keys(set, self, true) + Keys(set, self, false) + set.extra;
}

class ManualSasTest : public ::testing::Test {
 protected:
  void Configure(const SetSpec& set) {
    a = std::make_unique<TestGateway>(1);
    b = std::make_unique<TestGateway>(2);
    a->Configure(Configuration(set, 1));
    b->Configure(Configuration(set, 2));
    a->Settle();
    b->Settle();
  }
  static std::string Down(TestGateway& g) {
    return g.gateway->sas().DownReason(g.gateway->sas().pairs().begin()->second);
  }
  // What A sends.
  Frame Send(const UdpSpec& spec = {}) {
    a->ports[0]->in.push_back(Ethernet(PortMac(1, 0), HostMac(1), UdpPacket(spec)));
    a->Settle();
    if (a->ports[1]->out.size() != 1) return {};
    Frame frame = a->ports[1]->out.front();
    a->ports[1]->out.clear();
    return frame;
  }
  // Whether it arrives in B's inside.
  bool Carries() {
    const Frame frame = Send();
    if (frame.empty()) return false;
    b->ports[1]->in.push_back(frame);
    b->Settle();
    const bool arrived = b->ports[0]->out.size() == 1;
    b->ports[0]->out.clear();
    a->ExpectBalanced();
    b->ExpectBalanced();
    return arrived;
  }

  std::unique_ptr<TestGateway> a, b;
};

std::vector<config::TransformUse> UsesOf(TransformKind kind) {
  std::vector<config::TransformUse> uses;
  for (const config::TransformInfo& info : config::Transforms()) {
    if (info.kind != kind || info.id == config::Transform::kEspSeal) continue;
    const config::TransformUse use = config::DefaultUse(info.id);
    for (const uint16_t bits : std::initializer_list<uint16_t>{128, 192, 256}) {
      for (const uint8_t icv : std::initializer_list<uint8_t>{8, 12, 16}) {
        config::TransformUse variant = use;
        if (info.sized) variant.key_bits = bits;
        if (info.icv_choice) variant.icv_bytes = icv;
        if (std::find(uses.begin(), uses.end(), variant) == uses.end()) uses.push_back(variant);
      }
    }
  }
  return uses;
}

// RFC 3173: a long packet shrinks, a short one goes as it is, and both arrive whole.
TEST_F(ManualSasTest, CompressionShrinksWhatItCan) {
  const auto aes = config::DefaultUse(config::Transform::kEspAes);
  const auto sha = config::DefaultUse(config::Transform::kEspSha256Hmac);
  const auto ah = config::DefaultUse(config::Transform::kAhSha256Hmac);
  for (const auto& comp : UsesOf(TransformKind::kCompression)) {
    for (const SetSpec& set :
         {SetSpec{{comp, aes, sha}, "", ""}, SetSpec{{comp, ah, aes, sha}, "", ""},
          SetSpec{{comp, ah}, "", ""}}) {
      Configure(set);
      ASSERT_EQ(Down(*a), "");
      EXPECT_TRUE(Carries());  // 60 bytes: not tried
      UdpSpec spec;
      spec.payload = 1200;  // of a pattern that repeats after 256 bytes
      const Frame plain = UdpPacket(spec);
      const Frame frame = Send(spec);
      ASSERT_FALSE(frame.empty());
      EXPECT_LT(frame.size(), plain.size() * 3 / 4) << "sent as it is";
      b->ports[1]->in.push_back(frame);
      b->Settle();
      ASSERT_EQ(b->ports[0]->out.size(), 1u);
      const Frame arrived = Payload(b->ports[0]->out.front());
      ASSERT_EQ(arrived.size(), plain.size());
      EXPECT_TRUE(std::equal(plain.begin() + 20, plain.end(), arrived.begin() + 20));
      b->ExpectBalanced();
    }
  }
}

// DP-17: a packet is cut first, by its size without compression, and each part is compressed.
TEST_F(ManualSasTest, CutsBeforeItCompresses) {
  Configure({{config::DefaultUse(config::Transform::kCompLzs),
              config::DefaultUse(config::Transform::kEspAes),
              config::DefaultUse(config::Transform::kEspSha256Hmac)},
             "",
             ""});
  a->ports[0]->in.push_back(
      Ethernet(PortMac(1, 0), HostMac(1), UdpPacket({.payload = 1472})));  // fits if compressed
  a->Settle();
  ASSERT_EQ(a->ports[1]->out.size(), 2u);
  for (const Frame& frame : a->ports[1]->out) {
    EXPECT_FALSE(net::ParseIpv4(Payload(frame))->IsFragment());
    EXPECT_LT(frame.size(), 600u) << "of 750 each";
    b->ports[1]->in.push_back(frame);
  }
  b->Settle();
  ASSERT_EQ(b->ports[0]->out.size(), 2u);
  for (const Frame& frame : b->ports[0]->out) {
    EXPECT_TRUE(net::ParseIpv4(Payload(frame))->IsFragment());
  }
}

// Every AH and every ESP encryption, alone where it may be, else beside an authentication.
TEST_F(ManualSasTest, EveryTransformCarries) {
  std::vector<SetSpec> sets;
  const auto sha = config::DefaultUse(config::Transform::kEspSha256Hmac);
  for (const auto& use : UsesOf(TransformKind::kEspEncryption)) {
    SetSpec set{{use}, "", ""};
    if (!config::InfoOf(use.transform).combined) set.uses.push_back(sha);
    sets.push_back(std::move(set));
  }
  const auto aes = config::DefaultUse(config::Transform::kEspAes);
  for (const auto& use : UsesOf(TransformKind::kEspAuthentication)) {
    sets.push_back({{aes, use}, "", ""});
  }
  for (const auto& use : UsesOf(TransformKind::kAh)) {
    sets.push_back({{use}, "", ""});
    sets.push_back({{use, aes, sha}, "", ""});
  }
  EXPECT_GE(sets.size(), 40u);
  for (const SetSpec& set : sets) {
    std::string name;
    for (const auto& use : set.uses) name += config::RenderTransformUse(use) + " ";
    Configure(set);
    EXPECT_EQ(Down(*a), "") << name;
    EXPECT_TRUE(Carries()) << name;
  }
}

TEST_F(ManualSasTest, AhAroundEspOnTheWire) {
  Configure({{config::DefaultUse(config::Transform::kAhShaHmac),
              config::DefaultUse(config::Transform::kEspAes)},
             "",
             ""});
  const Frame packet = Payload(Send());
  ASSERT_GT(packet.size(), 60u);
  EXPECT_EQ(net::ParseIpv4(packet)->protocol, net::kProtocolAh);
  EXPECT_EQ(packet[20], net::kProtocolEsp);
  EXPECT_EQ(LoadBe32(&packet[24]), 3002u);
  EXPECT_EQ(LoadBe32(&packet[20 + 24]), 1002u);
}

// SY-17, IOS-36: the mode of the set counts between the peers alone.
TEST_F(ManualSasTest, TransportModeForThePeersThemselves) {
  const std::vector<config::TransformUse> uses = {
      config::DefaultUse(config::Transform::kEspAes),
      config::DefaultUse(config::Transform::kEspShaHmac)};
  const std::string transport = " mode transport\n";
  Configure({uses, "", transport});
  EXPECT_TRUE(Carries());
  const auto mode = [this] {
    return a->gateway->sas().pairs().begin()->second.entry->outbound.at(0).mode;
  };
  EXPECT_EQ(mode(), ipsec::Mode::kTunnel) << "networks behind the peers";
  Configure({uses, " match address 102\n", transport});
  ASSERT_EQ(mode(), ipsec::Mode::kTransport);
  const Frame frame = Send({.source = "192.0.2.1", .destination = "192.0.2.2"});
  ASSERT_FALSE(frame.empty());
  b->ports[1]->in.push_back(frame);
  b->Settle();
  EXPECT_EQ(b->Count(Reason::kLocalUnknown), 1u);
}

TEST_F(ManualSasTest, WindowOfABundleReservesForBothKeys) {
  Configure({{config::DefaultUse(config::Transform::kAhSha256Hmac),
              config::DefaultUse(config::Transform::kEspAes),
              config::DefaultUse(config::Transform::kEspSha256Hmac)},
             " set security-association replay window-size 64\n",
             ""});
  EXPECT_EQ(a->asked.size(), 4u);
  EXPECT_TRUE(Carries());
}

}  // namespace
}  // namespace vam::fwd::test
