#include "sw/config/parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sw/config/render.h"
#include "tests/unit/sw/config/example.h"

namespace vam::config {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

Running Good(std::string_view text, const Running& base = Running()) {
  auto parsed = Parse(text, {}, base);
  if (auto* errors = std::get_if<std::vector<Diagnostic>>(&parsed)) {
    for (const Diagnostic& error : *errors) ADD_FAILURE() << ToString(error);
    return {};
  }
  return std::get<Parsed>(parsed).running;
}
std::vector<Diagnostic> Bad(std::string_view text, const ParseOptions& options = {}) {
  auto parsed = Parse(text, options);
  if (std::holds_alternative<Parsed>(parsed)) {
    ADD_FAILURE() << "accepted: " << text;
    return {Diagnostic{}};
  }
  return std::get<std::vector<Diagnostic>>(parsed);
}
std::vector<std::string> WarningsOf(std::string_view text) {
  auto parsed = Parse(text);
  return std::holds_alternative<Parsed>(parsed) ? std::get<Parsed>(parsed).warnings
                                                : std::vector<std::string>{"refused"};
}

TEST(Parser, ReadsEveryStatement) {
  const Running running = Good(kExample);
  EXPECT_EQ(running.hostname, "gw-a");
  EXPECT_EQ(running.card, CardKind::kRtl);
  EXPECT_TRUE(running.crypto.manual_counter_mode);
  EXPECT_EQ(running.crypto.replay_window, 1024);
  EXPECT_EQ(running.crypto.df_bit, DfBit::kSet);
  ASSERT_EQ(running.interfaces.size(), 7u);
  EXPECT_EQ(running.interfaces[0].description, "inside");
  EXPECT_EQ(running.interfaces[0].device, (Device{DeviceKind::kAfPacket, "eth0", ""}));
  EXPECT_EQ(running.interfaces[1].device, (Device{DeviceKind::kPcap, "in.pcap", "out.pcap"}));
  EXPECT_EQ(running.interfaces[1].address, net::Address::V4(0xC0000201));
  EXPECT_EQ(running.interfaces[1].prefix_length, 30);
  EXPECT_EQ(running.interfaces[1].mtu, 1400);
  EXPECT_TRUE(running.interfaces.back().shutdown);
  ASSERT_EQ(running.routes.size(), 6u);
  EXPECT_EQ(running.routes[1].interface, "net1");
  EXPECT_EQ(running.routes[1].distance, 250);
  ASSERT_EQ(running.crypto_maps.size(), 2u);
  const CryptoMapEntry& entry = running.crypto_maps[0].entries.at(0);
  EXPECT_EQ(entry.sequence, 10u);
  EXPECT_EQ(entry.inbound.esp->spi, 1001u);
  EXPECT_EQ(entry.outbound.esp->spi, 1002u);
  ASSERT_EQ(entry.inbound.esp->cipher->size(), 36u);
  EXPECT_EQ(entry.inbound.esp->cipher->bytes()[35], 0xA3);
  EXPECT_TRUE(entry.esn);
  EXPECT_EQ(entry.replay_window, 256);
}

TEST(Parser, ReadsAccessLists) {
  const Running running = Good(kExample);
  const Acl* acl = running.FindAcl("101");
  ASSERT_NE(acl, nullptr);
  ASSERT_EQ(acl->entries.size(), 2u);
  EXPECT_FALSE(acl->entries[0].permit);
  EXPECT_EQ(acl->entries[0].icmp_type, 8);
  EXPECT_EQ(acl->entries[1].source, (AddressMatch{0x0A000000, 0x000000FF}));
  const Acl* filter = running.FindAcl("filter");
  ASSERT_NE(filter, nullptr);
  EXPECT_EQ(filter->entries[0].sequence, 5u);
  EXPECT_EQ(filter->entries[0].source_port, (PortRange{1024, 65535}));
  EXPECT_EQ(filter->entries[0].destination_port, (PortRange{80, 80}));
  EXPECT_TRUE(filter->entries[0].log);
  EXPECT_EQ(filter->entries[1].destination_port, (PortRange{0, 1023}));
  EXPECT_EQ(filter->entries[2].protocol, 132);
}

TEST(Parser, RoundTrip) {
  const Running running = Good(kExample);
  const std::string text = Render(running, Keys::kShown);
  EXPECT_EQ(Good(text), running) << text;
  EXPECT_EQ(Render(Good(text), Keys::kShown), text);
}

TEST(Parser, TheSameTextTwiceChangesNothing) {
  const Running once = Good(kExample);
  EXPECT_EQ(Good(kExample, once), once);
}

TEST(Parser, MaskedTextShowsNoKeyAndIsRefused) {
  const std::string text = Render(Good(kExample), Keys::kMasked);
  EXPECT_THAT(text, Not(HasSubstr("0a0b0c")));
  EXPECT_THAT(text, HasSubstr("cipher <removed>"));
  const auto errors = Bad(text);
  ASSERT_THAT(errors, SizeIs(2));
  EXPECT_THAT(errors[0].message, HasSubstr("'<removed>' stands for a secret"));
}

TEST(Parser, SealedSecretsNeedTheirConfigKey) {
  Sealer sealer;
  SeededRng rng(1);
  ASSERT_TRUE(sealer.Add("a passphrase", {}));
  const Running running = Good(kExample);
  const std::string text = Render(running, sealer, rng);
  EXPECT_THAT(text, HasSubstr("cipher 6 AQ"));
  EXPECT_THAT(text, Not(HasSubstr("0a0b0c")));
  EXPECT_NE(text, Render(running, sealer, rng)) << "a fresh nonce each time";
  const auto parsed = Parse(text, {.sealer = &sealer});
  ASSERT_TRUE(std::holds_alternative<Parsed>(parsed));
  EXPECT_EQ(std::get<Parsed>(parsed).running, running);
  EXPECT_THAT(Bad(text)[0].message, HasSubstr("no config-key is set"));
  Sealer other;
  ASSERT_TRUE(other.Add("another phrase", {}));
  const auto errors = Bad(text, {.sealer = &other});
  ASSERT_THAT(errors, SizeIs(2));
  EXPECT_THAT(ToString(errors[0]), HasSubstr("another config-key, or changed: '<key>'"));
}

TEST(Parser, TheConfigKeyIsNoPartOfAConfiguration) {
  const auto errors = Bad("key config-key password-encrypt open sesame");
  ASSERT_THAT(errors, SizeIs(1));
  EXPECT_THAT(ToString(errors[0]), HasSubstr("only at the command line"));
  EXPECT_THAT(ToString(errors[0]), Not(HasSubstr("sesame")));
}

TEST(Parser, Abbreviations) {
  const Running running = Good(
      "int a\n ip addr 10.0.0.1 255.0.0.0\n shut\nno int a\nint b\n desc x y  z \nacc 100 p ip a "
      "a\n");
  ASSERT_EQ(running.interfaces.size(), 1u);
  EXPECT_EQ(running.interfaces[0].description, "x y  z");
  EXPECT_EQ(running.acls.at(0).entries.at(0).source, AddressMatch());
}

TEST(Parser, NoForms) {
  const Running base = Good(kExample);
  const Running running = Good(
      "no hostname\nno engine card\nno crypto ipsec df-bit\n"
      "no crypto ipsec security-association replay window-size\nno crypto ipsec "
      "manual-counter-mode\n"
      "crypto map vpn 10\n no set peer\n no set session-key inbound esp\n no match address\n"
      " no set security-association esn\n no set security-association replay window-size\n"
      "interface net1\n no crypto map\n no mtu\n no ip address\n no device\nno interface spare\n"
      "no interface red0\nno interface blue0\nno interface blue1\nno interface Loopback0\n"
      "no ip route 0.0.0.0 0.0.0.0\nno ip access-list extended filter\nno access-list 101\n"
      "no access-list 10\nno ip access-list standard hosts\nno ipv6 access-list six\n"
      "no ip route 10.9.0.0 255.255.0.0 Null0\nno ipv6 route 2001:db8:9::/48 net1 fe80::2\n"
      "no ipv6 neighbor 2001:db8:1::2 red0\nno ipv6 unicast-routing\n"
      "no vrf definition red\nno ip vrf blue\nno arp 192.0.2.2\n",
      base);
  EXPECT_EQ(running.hostname, "Router");
  EXPECT_EQ(running.card, CardKind::kNone);
  EXPECT_FALSE(running.crypto.manual_counter_mode);
  EXPECT_EQ(running.crypto.df_bit, DfBit::kCopy);
  EXPECT_EQ(running.crypto.replay_window, 64);
  const CryptoMapEntry& entry = running.crypto_maps[0].entries[0];
  EXPECT_THAT(entry.peers, IsEmpty());
  EXPECT_FALSE(entry.inbound.esp || entry.esn || entry.replay_window);
  EXPECT_EQ(running.interfaces.size(), 2u);
  EXPECT_EQ(running.interfaces[1].mtu, 1500);
  EXPECT_EQ(running.routes.size(), 1u);
  EXPECT_THAT(running.acls, IsEmpty());
  EXPECT_THAT(running.arps, IsEmpty());
  EXPECT_THAT(running.neighbors, IsEmpty());
  EXPECT_THAT(running.vrfs, IsEmpty());
  EXPECT_FALSE(running.ipv6_routing);
}

TEST(Parser, AMapOfWhichNothingIsLeftIsGone) {
  EXPECT_EQ(Good("interface a\ncrypto map m local-address a\nno crypto map m local-address\n"
                 "no interface a\n"),
            Running());
}

TEST(Parser, DefaultForms) {
  const Running running = Good(
      "interface a\n mtu 900\n shutdown\n default mtu\n default shutdown\n"
      "interface b\n mtu 900\n description x\ndefault interface b\ndefault hostname\n");
  EXPECT_EQ(running.interfaces.at(0).mtu, 1500);
  EXPECT_FALSE(running.interfaces.at(0).shutdown);
  EXPECT_EQ(running.interfaces.at(1).mtu, 1500);
  EXPECT_EQ(running.interfaces.at(1).description, "");
}

TEST(Parser, WhatIsOnlyForTheCommandLineIsRefusedInAFile) {
  EXPECT_THAT(Bad("do show version")[0].message, HasSubstr("only at the command line"));
  EXPECT_THAT(Bad("abort")[0].message, HasSubstr("only at the command line"));
}

TEST(Parser, SubModeEndsWithAGlobalStatement) {
  const Running running =
      Good("interface a\nip route 10.0.0.0 255.0.0.0 a\ninterface b\n mtu 900\n");
  EXPECT_EQ(running.routes.size(), 1u);
  EXPECT_EQ(running.interfaces.at(0).mtu, 1500);
  EXPECT_EQ(running.interfaces.at(1).mtu, 900);
}

// Interface names may hold colons: this one reads as an IPv6 address too.
TEST(Parser, AnInterfaceIsNoNextHopWhateverItsName) {
  const Running running =
      Good("interface fe80::1\nip route 10.0.0.0 255.0.0.0 fe80::1 192.0.2.1 7\n");
  const Route& route = running.routes.at(0);
  EXPECT_EQ(route.interface, "fe80::1");
  EXPECT_EQ(route.next_hop, net::Address::V4(0xc0000201));
  EXPECT_EQ(route.distance, 7);
  EXPECT_EQ(Good(Render(running, Keys::kShown)), running);
}

TEST(Parser, NamedListsAreEdited) {
  const Running running = Good(
      "ip access-list extended x\n permit ip host 1.1.1.1 any\n permit ip host 2.2.2.2 any\n"
      " 15 deny ip host 3.3.3.3 any\n no 10\n no permit ip host 2.2.2.2 any\n");
  ASSERT_EQ(running.acls.at(0).entries.size(), 1u);
  EXPECT_EQ(running.acls[0].entries[0].sequence, 15u);
}

// What the operator typed, where the error is, on which word, and what the message says.
struct BadLine {
  const char* text;
  uint32_t line;
  uint32_t column;
  const char* word;
  const char* message;  // of ToString
};
class ParserErrors : public ::testing::TestWithParam<BadLine> {};

TEST_P(ParserErrors, AreNamed) {
  const BadLine& p = GetParam();
  const auto errors = Bad(p.text, {.file = "start.cfg"});
  ASSERT_EQ(errors.size(), 1u) << (errors.size() > 1 ? ToString(errors[1]) : "");
  EXPECT_EQ(errors[0].line, p.line);
  EXPECT_EQ(errors[0].column, p.column);
  EXPECT_EQ(errors[0].word, p.word);
  EXPECT_THAT(ToString(errors[0]), HasSubstr(p.message));
  EXPECT_THAT(ToString(errors[0]), HasSubstr("start.cfg"));
}

INSTANTIATE_TEST_SUITE_P(
    Words, ParserErrors,
    ::testing::Values(
        BadLine{"frobnicate on", 1, 1, "frobnicate", "unknown word"},
        BadLine{"!\n\nhostname", 3, 0, "", "incomplete command; expected WORD"},
        BadLine{"hostname a b", 1, 12, "b", "nothing may follow"},
        BadLine{"hostname a$b", 1, 10, "a$b", "not a host name"},
        BadLine{"i a", 1, 1, "i", "ambiguous word: 'i'; expected interface, ip, ipv6 or ipsec"},
        BadLine{"interface 9lives", 1, 11, "9lives", "not an interface name"},
        BadLine{"interface a\n mtu 67", 2, 6, "67", "number outside 68-9216"},
        BadLine{"interface a\n mtu many", 2, 6, "many", "not a number"},
        BadLine{"interface a\n ip address 10.0.0.256 255.0.0.0", 2, 13, "10.0.0.256",
                "not an IPv4 address"},
        BadLine{"interface a\n ip address 10.0.0.1 255.0.255.0", 2, 22, "255.0.255.0",
                "ones are not contiguous"},
        BadLine{"interface a\n ip address 10.0.0.0 255.255.255.0", 2, 13, "10.0.0.0",
                "network's own address"},
        BadLine{"interface a\n ip address 10.0.0.255 255.255.255.0", 2, 13, "10.0.0.255",
                "broadcast"},
        BadLine{"interface a\n ip address 224.0.0.1 255.255.255.0", 2, 13, "224.0.0.1",
                "not an address that an interface can have"},
        BadLine{"interface a\n ip address 10.0.0.1", 2, 0, "", "incomplete command"},
        BadLine{"interface a\n device af-packet a,b=c", 2, 19, "a,b=c", "not the name"},
        BadLine{"interface a\n crypto map gone", 2, 0, "", "crypto map gone is not defined"},
        BadLine{"engine card fast", 1, 13, "fast", "expected rtl, model or none"},
        BadLine{"ip route 10.0.0.1 255.0.0.0 1.1.1.1", 1, 10, "10.0.0.1", "bits outside the mask"},
        BadLine{"ip route 10.0.0.0 255.0.0.0 nowhere", 1, 0, "",
                "interface nowhere does not exist"},
        BadLine{"ip route 10.0.0.0 255.0.0.0 0.0.0.0", 1, 29, "0.0.0.0", "next hop"},
        BadLine{"ip access-list extended x\n 2147483640 permit ip any any\n permit tcp any any", 3,
                2, "permit", "no sequence number is left"},
        BadLine{"ip access-list extended 0101", 1, 25, "0101", "not an extended access list"},
        BadLine{"access-list 0x65 permit ip any any", 1, 13, "0x65",
                "expected <100-199,2000-2699> or <1-99,1300-1999>"},
        BadLine{"arp 10.0.0.1 ffff.ffff.ffff arpa", 1, 14, "ffff.ffff.ffff", "one station"},
        BadLine{"arp 10.0.0.1 00:11 arpa", 1, 14, "00:11", "not an Ethernet address"},
        BadLine{"access-list 99 permit ip any any", 1, 23, "ip", "expected any, host or A.B.C.D"},
        BadLine{"access-list 101 allow ip any any", 1, 17, "allow",
                "expected permit, deny or remark"},
        BadLine{"access-list 101 permit tcp any eq any", 1, 35, "any", "not a port"},
        BadLine{"access-list 101 permit ip any eq 80 any", 1, 31, "eq", "does not fit here"},
        BadLine{"access-list 101 permit udp any range 9 8 any", 1, 40, "8",
                "ends before it begins"},
        BadLine{"access-list 101 permit ip 10.0.0.0 255.255.255.0 any", 1, 36, "255.255.255.0",
                "looks like a netmask; a wildcard has its ones on the right: '255.255.255.0'; "
                "expected 0.0.0.255"},
        BadLine{"crypto ipsec transform-set a esp-aes esp-sha-hmac", 1, 38, "esp-sha-hmac",
                "a legacy algorithm and needs 'crypto legacy-algorithms enable'"},
        BadLine{"crypto ipsec transform-set a esp-gcm esp-sha256-hmac", 1, 38, "esp-sha256-hmac",
                "esp-gcm authenticates by itself"},
        BadLine{"crypto ipsec transform-set a esp-gcm 1", 1, 38, "1", "unknown word: '1'"},
        BadLine{"crypto ipsec transform-set a esp-gcm\n mode both", 2, 7, "both",
                "expected tunnel or transport"},
        BadLine{"crypto map m 10", 1, 14, "10",
                "a new entry needs its kind: '10'; expected ipsec-manual or ipsec-isakmp"},
        BadLine{"crypto map m 0 ipsec-manual", 1, 14, "0", "number outside 1-65535"},
        BadLine{"crypto map m 10 ipsec-manual\n set peer 1.1.1.1\n set peer 2.2.2.2", 3, 11,
                "2.2.2.2", "one peer"},
        BadLine{"crypto map m local-address dmz9", 1, 0, "", "interface dmz9 does not exist"},
        BadLine{"crypto ipsec security-association replay window-size 100", 1, 54, "100",
                "expected 64, 128, 256, 512, 1024 or end of line"}));

TEST(Parser, KeyErrorsNeverShowTheKey) {
  const std::string begin = "crypto map m 10 ipsec-manual\n set session-key inbound esp ";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"300 cipher 00112233445566778899aabbccddee",
       "the cipher key has 15 bytes: no ESP encryption transform takes that: '<key>'"},
      {"300 cipher 0011223", "odd number of hexadecimal digits: '<key>'"},
      {"300 cipher secretpassword", "not hexadecimal: '<key>'"},
      {"255 cipher 00112233445566778899aabbccddeeff00112233", "number outside 256-4294967295"},
      {"00112233445566778899aabbccddeeff00112233", "'<hex>'"},
      {"300 cipher 00112233445566778899aabbccddeeff00112233 authenticator 0011",
       "the authenticator key has 2 bytes: no ESP authentication transform takes that: '<key>'"},
  };
  for (const auto& [line, message] : cases) {
    const auto errors = Bad(begin + line);
    ASSERT_EQ(errors.size(), 1u);
    EXPECT_THAT(ToString(errors[0]), HasSubstr(message));
    EXPECT_THAT(ToString(errors[0]), Not(HasSubstr("aabbcc")));
    EXPECT_THAT(ToString(errors[0]), Not(HasSubstr("secret")));
  }
}

std::string Map(const std::string& name, const std::string& in, const std::string& out,
                const std::string& bits = "128") {
  return "crypto ipsec transform-set t" + bits + " esp-gcm " + bits + "\ncrypto map " + name +
         "\n set transform-set t" + bits + "\n set session-key inbound esp " + in +
         "\n set session-key outbound esp " + out + "\n";
}
const std::string kKeyA = std::string(32, 'a') + "00000001";
const std::string kKeyB = std::string(32, 'b') + "00000002";
const std::string kKeyC = std::string(32, 'c') + "00000003";
const std::string kKeyASalted = std::string(32, 'a') + "99999999";

// Both places are named, whichever SA or direction they are, and whatever the salts are: a nonce
// repeats under the cipher key.
TEST(CrossCheck, ACipherKeyServesOneSaAndDirection) {
  const std::string same = ": the cipher key is also that of ";
  for (const std::string& again : {kKeyA, kKeyASalted}) {
    auto errors = Bad(Map("m 10 ipsec-manual", "300 cipher " + kKeyA, "301 cipher " + again));
    ASSERT_THAT(errors, SizeIs(1));
    EXPECT_THAT(errors[0].message,
                HasSubstr("crypto map m 10 outbound" + same + "crypto map m 10 inbound"));
    EXPECT_EQ(errors[0].line, 5u);
    EXPECT_THAT(ToString(errors[0]), Not(HasSubstr("aaaa")));

    errors = Bad(Map("m 10 ipsec-manual", "300 cipher " + kKeyA, "301 cipher " + kKeyB) +
                 Map("m 20 ipsec-manual", "302 cipher " + kKeyC, "303 cipher " + again));
    ASSERT_THAT(errors, SizeIs(1));
    EXPECT_THAT(errors[0].message,
                HasSubstr("crypto map m 20 outbound" + same + "crypto map m 10 inbound"));

    // In one direction of two entries, here of two maps.
    errors = Bad(Map("m 10 ipsec-manual", "300 cipher " + kKeyA, "301 cipher " + kKeyB) +
                 Map("n 10 ipsec-manual", "302 cipher " + again, "303 cipher " + kKeyC));
    ASSERT_THAT(errors, SizeIs(1));
    EXPECT_THAT(errors[0].message,
                HasSubstr("crypto map n 10 inbound" + same + "crypto map m 10 inbound"));
  }
}

TEST(CrossCheck, SpisAreUniquePerDestination) {
  const auto errors =
      Bad(Map("m 10 ipsec-manual", "300 cipher " + kKeyA, "301 cipher " + kKeyB) +
          "crypto map m 20 ipsec-manual\n set session-key inbound esp 300 cipher " + kKeyC + "\n");
  ASSERT_THAT(errors, SizeIs(1));
  EXPECT_THAT(errors[0].message, HasSubstr("SPI 300 is also that of crypto map m 10 inbound"));
}

TEST(CrossCheck, KeyLengthFollowsTheTransformSet) {
  const auto errors =
      Bad(Map("m 10 ipsec-manual", "300 cipher " + kKeyA, "301 cipher " + kKeyB, "256"));
  ASSERT_THAT(errors, SizeIs(2));
  EXPECT_THAT(errors[0].message,
              HasSubstr("the inbound cipher key has 20 bytes; esp-gcm 256 needs 36"));
}

TEST(CrossCheck, AManualMapOnTwoInterfacesNeedsALocalAddress) {
  const std::string text = Map("m 10 ipsec-manual", "300 cipher " + kKeyA, "301 cipher " + kKeyB) +
                           "interface a\n crypto map m\ninterface b\n crypto map m\n";
  EXPECT_THAT(Bad(text)[0].message, HasSubstr("local-address"));
  Good(text + "crypto map m local-address a\n");
}

TEST(CrossCheck, NetworksAndDevicesDoNotOverlap) {
  const auto errors =
      Bad("interface a\n ip address 10.0.0.1 255.0.0.0\n device tap t\n"
          "interface b\n ip address 10.1.0.1 255.255.0.0\n device tap t\n");
  ASSERT_THAT(errors, SizeIs(2));
  EXPECT_THAT(errors[0].message, HasSubstr("its device is also that of a"));
  EXPECT_THAT(errors[1].message, HasSubstr("network 10.1.0.0/16 overlaps 10.0.0.0/8 of a"));
}

TEST(Parser, IncompleteEntriesAreAllowedWithAWarning) {
  const auto warnings =
      WarningsOf("crypto map m 10 ipsec-manual\n match address 101\ninterface a\n crypto map m\n");
  EXPECT_THAT(warnings, Contains(HasSubstr("crypto map m 10 is incomplete")));
}

TEST(Parser, WarnsAboutManualCounterMode) {
  EXPECT_THAT(WarningsOf(kExample), Contains(HasSubstr("may repeat a nonce")));
  EXPECT_THAT(WarningsOf("hostname a"), Not(Contains(HasSubstr("may repeat a nonce"))));
}

TEST(Parser, AllErrorsAreReported) {
  const auto errors = Bad("foo\nhostname ok\nbar\ninterface a\n mtu 1\n");
  ASSERT_THAT(errors, SizeIs(3));
  EXPECT_EQ(errors[0].line, 1u);
  EXPECT_EQ(errors[1].line, 3u);
  EXPECT_EQ(errors[2].line, 5u);
}

TEST(Parser, NothingIsHalfApplied) {
  const Running base = Good(kExample);
  const Running copy = base;
  auto parsed = Parse("hostname other\nno interface lan0\nnonsense\n", {}, base);
  EXPECT_TRUE(std::holds_alternative<std::vector<Diagnostic>>(parsed));
  EXPECT_EQ(base, copy);
}

TEST(Parser, InterfacesAreBounded) {
  std::string text;
  for (size_t i = 0; i < kMaxInterfaces; ++i) text += "interface e" + std::to_string(i) + "\n";
  EXPECT_EQ(Good(text + "interface e0\n").interfaces.size(), kMaxInterfaces);
  const auto errors = Bad(text + "interface more\n");
  ASSERT_THAT(errors, SizeIs(1));
  EXPECT_THAT(errors[0].message, HasSubstr("more than 4096 interfaces"));
}

TEST(Parser, ErrorsAreBounded) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "nonsense\n";
  const auto errors = Bad(text, {.file = "f", .max_errors = 10});
  ASSERT_THAT(errors, SizeIs(11));
  EXPECT_THAT(errors.back().message, HasSubstr("too many errors"));
}

TEST(Parser, AMegabyteOnOneLineIsAnErrorOfThatLine) {
  const std::string text = "hostname a\nhostname " + std::string(1 << 20, 'x') + "\nhostname b\n";
  const auto errors = Bad(text);
  ASSERT_THAT(errors, SizeIs(1));
  EXPECT_EQ(errors[0].line, 2u);
  EXPECT_THAT(errors[0].message, HasSubstr("line longer than 4096 bytes"));
  EXPECT_LT(ToString(errors[0]).size(), 200u);
}

TEST(Parser, ControlCharactersAreNamed) {
  const std::string text = std::string("hostname a\x07z\n") + "! a comment \x1b[2J\n" +
                           std::string("host\0name q\n", 12) + "interface a\r\n\tmtu 900\r\n";
  const auto errors = Bad(text);
  ASSERT_THAT(errors, SizeIs(3));
  EXPECT_EQ(errors[0].column, 11u);
  EXPECT_EQ(errors[0].word, "\\x07");
  EXPECT_EQ(errors[1].line, 2u);
  EXPECT_EQ(errors[2].word, "\\x00");
  for (const auto& error : errors) {
    for (char c : ToString(error)) EXPECT_GE(c, 0x20);
  }
}

TEST(Parser, LongWordsAreCutInMessages) {
  const auto errors = Bad(std::string(4000, 'z'));
  ASSERT_THAT(errors, SizeIs(1));
  EXPECT_LE(errors[0].word.size(), 43u);
}

TEST(Parser, EmptyTextIsTheDefaultConfiguration) {
  EXPECT_EQ(Good(""), Running());
  EXPECT_EQ(Good("\n \n!\n"), Running());
}

}  // namespace
}  // namespace vam::config
