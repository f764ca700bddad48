#include "sw/config/effective.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <variant>

#include "sw/config/engine_support.h"
#include "sw/config/parser.h"
#include "sw/config/render.h"
#include "tests/unit/sw/config/read_text.h"

namespace vam::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::SizeIs;

constexpr const char* kCarrier =
    "access-list 101 permit ip 10.1.0.0 0.0.0.255 10.2.0.0 0.0.0.255\n"
    "interface Ethernet0/1\n ip address 192.0.2.1 255.255.255.252\n crypto map M\n"
    "crypto ikev2 profile P\n match identity remote any\n"
    " authentication local pre-share key a\n authentication remote pre-share key a\n";

Running Read(const std::string& text) { return test::Read(text).running; }

// A complete manual entry; `change` is applied after it.
Running WithChange(const std::string& change) {
  const std::string text =
      "crypto ipsec manual-counter-mode enable\ncrypto ipsec transform-set T esp-gcm 128\n"
      "access-list 101 deny ip host 10.1.0.9 any\n"
      "access-list 101 permit ip 10.1.0.0 0.0.0.255 10.2.0.0 0.0.0.255\n"
      "access-list 101 permit ip 10.1.0.0 0.0.0.255 10.3.0.0 0.0.0.255\n"
      "crypto map M 10 ipsec-manual\n set peer 192.0.2.2\n set transform-set T\n"
      " match address 101\n"
      " set session-key inbound esp 1001 cipher 000102030405060708090a0b0c0d0e0f10111213\n"
      " set session-key outbound esp 1002 cipher 202122232425262728292a2b2c2d2e2f30313233\n"
      "interface Ethernet0/1\n ip address 192.0.2.1 255.255.255.252\n crypto map M\n" +
      change;
  return Read(text);
}

std::string WhyIncomplete(const std::string& change) {
  const Running running = WithChange(change);
  const auto sas = EffectiveEntries(running);
  EXPECT_THAT(sas, SizeIs(1));
  return sas.empty() ? "none" : sas[0].incomplete;
}

TEST(EffectiveEntries, OnlyTheFirstPermitCounts) {
  const Running running = WithChange("");
  const auto sas = EffectiveEntries(running);
  ASSERT_THAT(sas, SizeIs(1));
  EXPECT_EQ(sas[0].incomplete, "");
  ASSERT_NE(sas[0].permit, nullptr);
  EXPECT_EQ(sas[0].permit->destination.address, 0x0a020000u);
  EXPECT_EQ(sas[0].local, net::Address::V4(0xc0000201));
}

TEST(EffectiveEntries, BothDirectionsAreNeeded) {
  const std::string entry = "crypto map M 10 ipsec-manual\n";
  EXPECT_THAT(WhyIncomplete(entry + " no set session-key inbound esp\n"), HasSubstr("inbound"));
  EXPECT_THAT(WhyIncomplete(entry + " no set session-key outbound esp\n"), HasSubstr("outbound"));
}

TEST(EffectiveEntries, OnePeerOneSetOneList) {
  const std::string entry = "crypto map M 10 ipsec-manual\n";
  EXPECT_THAT(WhyIncomplete(entry + " no set peer\n"), HasSubstr("peer"));
  EXPECT_THAT(WhyIncomplete(entry + " no set transform-set\n"), HasSubstr("transform"));
  EXPECT_THAT(WhyIncomplete(entry + " no match address\n"), HasSubstr("list"));
}

TEST(EffectiveEntries, CounterModeIsOffUnlessEnabled) {
  EXPECT_THAT(WhyIncomplete("no crypto ipsec manual-counter-mode\n"),
              HasSubstr("manual-counter-mode enable"));
}

TEST(EffectiveEntries, MapWithoutInterfaceAsksForNothing) {
  const Running running = WithChange("interface Ethernet0/1\n no crypto map\n");
  EXPECT_THAT(EffectiveEntries(running), SizeIs(0));
}

TEST(EffectiveEntries, ABundleIsInnermostFirst) {
  const Running running = Read(
      "crypto legacy-algorithms enable\n"
      "crypto ipsec transform-set T ah-md5-hmac comp-lzs esp-aes 192 esp-sha-hmac\n"
      " mode transport\n"
      "crypto map M 10 ipsec-manual\n set peer 192.0.2.2\n set transform-set T\n"
      " match address 101\n"
      " set session-key inbound ah 256 98765432109876549876543210987654\n"
      " set session-key outbound ah 257 fedcbafedcbafedcfedcbafedcbafedc\n"
      " set session-key inbound esp 256 cipher " +
      std::string(48, '1') + " authenticator " + std::string(40, '2') +
      "\n set session-key outbound esp 300 cipher " + std::string(48, '3') + " authenticator " +
      std::string(40, '4') + "\n" + kCarrier);
  const auto entries = EffectiveEntries(running);
  ASSERT_THAT(entries, SizeIs(1));
  EXPECT_EQ(entries[0].incomplete, "");
  EXPECT_EQ(entries[0].mode(), IpsecMode::kTransport);
  ASSERT_THAT(entries[0].inbound, SizeIs(3));
  ASSERT_THAT(entries[0].outbound, SizeIs(3));
  const SaSpec& compression = entries[0].outbound[0];
  EXPECT_EQ(compression.protocol, SaProtocol::kCompression);
  EXPECT_EQ(compression.spi, 3u) << "LZS: RFC 2395, 5";
  const SaSpec& esp = entries[0].outbound[1];
  EXPECT_EQ(esp.protocol, SaProtocol::kEsp);
  EXPECT_EQ(esp.first, (TransformUse{Transform::kEspAes, 192, 0}));
  EXPECT_EQ(esp.second, DefaultUse(Transform::kEspShaHmac));
  EXPECT_EQ(esp.spi, 300u);
  EXPECT_EQ(esp.cipher_key->size(), 24u);
  EXPECT_EQ(esp.auth_key->size(), 20u);
  const SaSpec& ah = entries[0].outbound[2];
  EXPECT_EQ(ah.protocol, SaProtocol::kAh);
  EXPECT_EQ(ah.spi, 257u);
  EXPECT_EQ(ah.auth_key->bytes()[0], 0xFE);
  EXPECT_EQ(entries[0].inbound[2].spi, 256u) << "an SPI per protocol";
  EXPECT_EQ(NumberedKey(entries[0], false, SaProtocol::kEsp)[0], 0x33);
  EXPECT_EQ(NumberedKey(entries[0], false, SaProtocol::kAh)[0], 0xFE);
  EXPECT_TRUE(NumberedKey(entries[0], false, SaProtocol::kCompression).empty());
}

TEST(EffectiveEntries, AuthenticationAloneIsEspNull) {
  const Running running = Read(
      "crypto ipsec transform-set T esp-sha256-hmac\n"
      "crypto map M 10 ipsec-manual\n set peer 192.0.2.2\n set transform-set T\n"
      " match address 101\n set session-key inbound esp 256 authenticator " +
      std::string(64, '1') + "\n set session-key outbound esp 256 authenticator " +
      std::string(64, '2') + "\n" + kCarrier);
  const auto entries = EffectiveEntries(running);
  ASSERT_THAT(entries, SizeIs(1));
  ASSERT_THAT(entries[0].outbound, SizeIs(1));
  EXPECT_EQ(entries[0].outbound[0].first, DefaultUse(Transform::kEspNull));
  EXPECT_EQ(entries[0].outbound[0].second, DefaultUse(Transform::kEspSha256Hmac));
  EXPECT_EQ(NumberedKey(entries[0], true, SaProtocol::kEsp)[0], 0x11);
  EXPECT_TRUE(NumberedKey(entries[0], true, SaProtocol::kAh).empty());
}

TEST(EffectiveEntries, EachPartOfABundleNeedsItsKey) {
  const std::string set = "crypto ipsec transform-set T ";
  EXPECT_THAT(WhyIncomplete(set + "ah-sha256-hmac esp-gcm\n"),
              HasSubstr("no inbound session key for AH"));
  EXPECT_THAT(WhyIncomplete(set + "esp-aes-ctr esp-sha256-hmac\n"),
              HasSubstr("the inbound session key has no authenticator key"));
}

TEST(EffectiveEntries, CounterModesOfAnyNameNeedTheirStatement) {
  for (const char* transform : {"esp-gmac", "esp-gcm icv 8", "esp-aes-ctr esp-sha256-hmac"}) {
    const std::string text = std::string("crypto ipsec transform-set T ") + transform +
                             "\nno crypto ipsec manual-counter-mode\n"
                             "crypto map M 10 ipsec-manual\n"
                             " set session-key inbound esp 1001 cipher "
                             "000102030405060708090a0b0c0d0e0f10111213" +
                             (std::string(transform).find("ctr") == std::string::npos
                                  ? ""
                                  : " authenticator " + std::string(64, 'a')) +
                             "\n set session-key outbound esp 1002 cipher "
                             "202122232425262728292a2b2c2d2e2f30313233" +
                             (std::string(transform).find("ctr") == std::string::npos
                                  ? ""
                                  : " authenticator " + std::string(64, 'b')) +
                             "\n";
    EXPECT_THAT(WhyIncomplete(text), HasSubstr("manual-counter-mode enable")) << transform;
  }
}

TEST(EffectiveEntries, ADynamicMapStandsInItsPlace) {
  const Running running = Read(
      "crypto dynamic-map D 5\n set ikev2-profile P\n match address 101\ncrypto dynamic-map D 7\n "
      "set transform-set no\n"
      "crypto map M 10 ipsec-isakmp\n set peer 192.0.2.2\n set ikev2-profile P\n"
      " match address 101\n"
      "crypto map M 20 ipsec-isakmp dynamic D\n"
      "crypto map M 30 ipsec-isakmp dynamic none\n" +
      std::string(kCarrier));
  const auto entries = EffectiveEntries(running);
  ASSERT_THAT(entries, SizeIs(3));
  EXPECT_EQ(entries[0].kind, EntryKind::kIsakmp);
  EXPECT_EQ(entries[0].incomplete, "");
  EXPECT_EQ(entries[1].kind, EntryKind::kDynamic);
  EXPECT_EQ(entries[1].sequence, 20u);
  EXPECT_EQ(entries[1].dynamic_map, "D");
  EXPECT_EQ(entries[1].dynamic_sequence, 5u);
  EXPECT_EQ(entries[1].incomplete, "") << "no peer is needed";
  EXPECT_THAT(entries[2].incomplete, HasSubstr("transform set no is not defined"));
  EXPECT_FALSE(FindEffectiveEntry(running, "M", 20));
  EXPECT_EQ(FindEffectiveEntry(running, "M", 10)->sequence, 10u);
}

TEST(EffectiveEntries, AMapOnSeveralInterfacesHasALocalAddressEach) {
  const Running running = Read(
      "crypto map M 10 ipsec-isakmp\n set peer 192.0.2.2\n set ikev2-profile P\n"
      " match address 101\n"
      "interface Ethernet0/2\n ip address 198.51.100.1 255.255.255.252\n crypto map M\n" +
      std::string(kCarrier));
  const auto entries = EffectiveEntries(running);
  ASSERT_THAT(entries, SizeIs(1));
  EXPECT_THAT(entries[0].interfaces, SizeIs(2));
  EXPECT_FALSE(entries[0].local);
  EXPECT_EQ(entries[0].incomplete, "");
}

// M15: until the address appears.
TEST(EffectiveEntries, ALocalAddressNeedsAnAddress) {
  const std::string text =
      "crypto map M 10 ipsec-isakmp\n set peer 192.0.2.2\n set ikev2-profile P\n"
      " match address 101\n"
      "interface Loopback0\ncrypto map M local-address Loopback0\n" +
      std::string(kCarrier);
  EXPECT_EQ(EffectiveEntries(Read(text)).at(0).incomplete, "the interface has no IP address");
  const Running running =
      Read(text + "interface Loopback0\n ip address 10.9.9.9 255.255.255.255\n");
  const auto entries = EffectiveEntries(running);
  EXPECT_EQ(entries.at(0).incomplete, "");
  EXPECT_EQ(entries.at(0).local, net::Address::V4(0x0a090909));
}

// It is IKEv1's as in IOS, and that is not built; a manual entry is nobody's.
TEST(EffectiveEntries, WithoutIkev2ProfileAnEntryIsDown) {
  const std::string text =
      "crypto dynamic-map D 5\n match address 101\n set transform-set T\n"
      "crypto ipsec transform-set T esp-gcm 128\n"
      "crypto map M 10 ipsec-isakmp\n set peer 192.0.2.2\n"
      " set transform-set T\n match address 101\n"
      "crypto map M 20 ipsec-isakmp dynamic D\n" +
      std::string(kCarrier);
  const auto entries = EffectiveEntries(Read(text));
  ASSERT_THAT(entries, SizeIs(2));
  for (const EffectiveEntry& entry : entries) {
    EXPECT_EQ(entry.incomplete, "IKEv1 is not built ('set ikev2-profile' makes it IKEv2's)");
  }
  EXPECT_THAT(Warnings(Read(text)),
              IsSupersetOf({HasSubstr("crypto map M 10 is incomplete, its traffic is dropped: "
                                      "IKEv1 is not built"),
                            HasSubstr("crypto map M 20 is incomplete, its traffic is dropped: "
                                      "IKEv1 is not built")}));
  const std::string two =
      "crypto dynamic-map D 5\n set ikev2-profile P\n"
      "crypto map M 10 ipsec-isakmp\n set ikev2-profile P\n";
  for (const EffectiveEntry& entry : EffectiveEntries(Read(text + two))) {
    EXPECT_EQ(entry.incomplete, "");
  }
}

// SY-111, IOS-51: a template without sets has the default ones, or is not complete.
TEST(EffectiveEntries, ADynamicEntryNeedsASet) {
  const std::string text =
      "crypto dynamic-map D 5\n set ikev2-profile P\n match address 101\n"
      "crypto map M 10 ipsec-isakmp dynamic D\n" +
      std::string(kCarrier);
  EXPECT_EQ(EffectiveEntries(Read(text)).at(0).incomplete, "");
  EXPECT_EQ(
      EffectiveEntries(Read(text + "no crypto ipsec default transform-set\n")).at(0).incomplete,
      "no transform set is set, and the default sets are switched off");
}

std::vector<std::string> SetsOf(const Running& running) {
  std::vector<std::string> names;
  for (const TransformSet* set :
       EffectiveTransformSets(running, running.crypto_maps.at(0).entries.at(0))) {
    names.push_back(set->name + ": " + RenderTransform(*set));
  }
  return names;
}

// MG-97: AES before 3DES, though their numbers are the other way round.
TEST(DefaultTransformSets, StandInForMissingOnes) {
  const std::string entry = "crypto map m 1 ipsec-isakmp\n set peer 10.0.0.1\n";
  EXPECT_THAT(SetsOf(Read("crypto legacy-algorithms enable\n" + entry)),
              ElementsAre("#!default_transform_set_1: esp-aes esp-sha-hmac",
                          "#!default_transform_set_0: esp-3des esp-sha-hmac"));
  EXPECT_THAT(SetsOf(Read(entry)), ElementsAre("#!default_transform_set_2: esp-gcm 256"));
  EXPECT_THAT(SetsOf(Read("no crypto ipsec default transform-set\n" + entry)), IsEmpty());
  EXPECT_THAT(SetsOf(Read(entry + " set transform-set gone\n")), IsEmpty())
      << "a set that is named and missing is not replaced";
  const Running manual = Read("crypto map m 1 ipsec-manual\n");
  EXPECT_THAT(EffectiveTransformSets(manual, manual.crypto_maps[0].entries[0], true), IsEmpty());
}

// MG-99, T-6: an engine without AES drops the AES set without a word, and the order stays.
TEST(DefaultTransformSets, OnlyThoseThatAnEngineCarries) {
  CryptoGlobals legacy;
  legacy.legacy_algorithms = true;
  const auto names = [&](bool (*has)(Transform)) {
    std::vector<std::string> all;
    for (const TransformSet* set : Carried(DefaultTransformSets(legacy), has)) {
      all.push_back(set->name);
    }
    return all;
  };
  EXPECT_THAT(names([](Transform t) { return t != Transform::kEspAes; }),
              ElementsAre("#!default_transform_set_0"));
  EXPECT_THAT(names([](Transform t) { return t != Transform::kEsp3Des; }),
              ElementsAre("#!default_transform_set_1"));
  EXPECT_THAT(names([](Transform t) { return t != Transform::kEspShaHmac; }), IsEmpty());
  for (const TransformInfo& info : Transforms()) {
    EXPECT_EQ(AnEngineHas(info.id), info.id != Transform::kEspSeal) << info.keyword;
  }
}

TEST(Effective, EntriesInheritWhatTheyDoNotSay) {
  const Running running = Read(
      "crypto ipsec security-association lifetime seconds 7200\n"
      "crypto ipsec security-association lifetime kilobytes disable\n"
      "crypto ipsec security-association idle-time 600\n"
      "crypto ipsec security-association replay disable\n"
      "crypto map m 1 ipsec-isakmp\n"
      "crypto map m 2 ipsec-isakmp\n set security-association lifetime kilobytes 5000\n"
      " set security-association idle-time 60\n set security-association replay window-size 128\n"
      "crypto map m 3 ipsec-manual\n");
  const auto& entries = running.crypto_maps[0].entries;
  EffectiveLifetime lifetime = LifetimeOf(running.crypto, entries[0]);
  EXPECT_EQ(lifetime.seconds, 7200u);
  EXPECT_EQ(lifetime.kilobytes, std::nullopt);
  EXPECT_EQ(lifetime.idle_seconds, 600u);
  lifetime = LifetimeOf(running.crypto, entries[1]);
  EXPECT_EQ(lifetime.seconds, 7200u);
  EXPECT_EQ(lifetime.kilobytes, 5000u);
  EXPECT_EQ(lifetime.idle_seconds, 60u);
  lifetime = LifetimeOf({}, entries[0]);
  EXPECT_EQ(lifetime.seconds, 3600u);
  EXPECT_EQ(lifetime.kilobytes, 4'608'000u);
  EXPECT_EQ(ReplayWindowOf(running.crypto, entries[0], false), 0);
  EXPECT_EQ(ReplayWindowOf(running.crypto, entries[1], false), 128) << "DP-07";
  EXPECT_EQ(ReplayWindowOf({}, entries[0], false), 64);
  EXPECT_EQ(ReplayWindowOf({}, entries[2], true), 0) << "SY-105";
}

TEST(Effective, InterfacesOverrideTheGlobalBit) {
  const Running running = Read(
      "crypto ipsec df-bit clear\ninterface a\n crypto ipsec df-bit copy\ninterface b\n"
      " crypto ipsec fragmentation after-encryption\n");
  EXPECT_EQ(DfBitOf(running.crypto, running.interfaces[0], {}), DfBit::kCopy);
  EXPECT_EQ(DfBitOf(running.crypto, running.interfaces[1], {}), DfBit::kClear);
  EXPECT_EQ(FragmentationOf(running.crypto, running.interfaces[0]), Fragmentation::kBefore);
  EXPECT_EQ(FragmentationOf(running.crypto, running.interfaces[1]), Fragmentation::kAfter);
}

}  // namespace
}  // namespace vam::config
