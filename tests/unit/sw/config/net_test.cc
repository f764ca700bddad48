// Interfaces, addresses, routes and VRFs.
#include <gmock/gmock.h>

#include "sw/config/diff.h"
#include "sw/config/parser.h"
#include "sw/config/render.h"

namespace vam::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Parsed Read(std::string_view text, const Running& base = Running()) {
  auto parsed = Parse(text, {}, base);
  if (auto* errors = std::get_if<std::vector<Diagnostic>>(&parsed)) {
    for (const Diagnostic& error : *errors) ADD_FAILURE() << ToString(error);
    return {};
  }
  return std::get<Parsed>(parsed);
}
Running Good(std::string_view text, const Running& base = Running()) {
  return Read(text, base).running;
}
std::string ErrorOf(std::string_view text) {
  auto parsed = Parse(text);
  if (std::holds_alternative<Parsed>(parsed)) return "accepted";
  return ToString(std::get<std::vector<Diagnostic>>(parsed).front());
}

TEST(InterfaceAddresses, PrimaryAndSecondary) {
  const Running running = Good(
      "interface a\n ip address 10.0.0.1 255.255.255.0\n"
      " ip address 10.0.1.1 255.255.255.0 secondary\n ip address 10.0.0.2 255.255.255.0 secondary\n"
      " ip address 10.0.1.1 255.255.255.0\n");
  const Interface& interface = running.interfaces[0];
  EXPECT_EQ(interface.address, net::Address::V4(0x0A000101));
  EXPECT_EQ(interface.secondary.size(), 1u);
  EXPECT_THAT(ErrorOf("interface a\n ip address 10.0.0.1 255.0.0.0 secondary\n"),
              HasSubstr("the interface has no other address"));
  EXPECT_THAT(
      ErrorOf("interface a\n ip address 10.0.0.1 255.0.0.0\n"
              " ip address 11.0.0.1 255.0.0.0 secondary\n no ip address 10.0.0.1 255.0.0.0\n"),
      HasSubstr("the secondary addresses are removed first"));
  EXPECT_THAT(ErrorOf("interface a\n ip address 10.0.0.1 255.255.0.0\n"
                      " ip address 10.0.1.1 255.255.255.0 secondary\n"),
              HasSubstr("network 10.0.1.0/24 overlaps 10.0.0.0/16 of a"));
  EXPECT_EQ(Good("interface a\n no ip address\n", running).interfaces[0].secondary.size(), 0u);
}

TEST(InterfaceAddresses, Unnumbered) {
  const Running running = Good(
      "interface a\n ip address 10.0.0.1 255.0.0.0\ninterface b\n ip address 11.0.0.1 255.0.0.0\n"
      " ip unnumbered a\n");
  EXPECT_FALSE(running.interfaces[1].address);
  EXPECT_EQ(running.interfaces[1].unnumbered, "a");
  EXPECT_THAT(ErrorOf("interface b\n ip unnumbered gone\n"), HasSubstr("gone does not exist"));
  EXPECT_THAT(ErrorOf("interface b\n ip unnumbered b\n"), HasSubstr("is this interface"));
  EXPECT_THAT(ErrorOf("vrf definition r\ninterface a\n vrf forwarding r\n"
                      "interface b\n ip unnumbered a\n"),
              HasSubstr("interface a is in another VRF"));
}

TEST(InterfaceAddresses, OfIpv6) {
  const Running running = Good(
      "interface a\n ipv6 address 2001:DB8::1/64\n ipv6 address 2001:db8:0:1:ffff::/64 eui-64\n"
      " ipv6 address fe80::5 link-local\n ipv6 address fe80::6 link-local\n");
  const auto& addresses = running.interfaces[0].ipv6.addresses;
  ASSERT_EQ(addresses.size(), 3u);
  EXPECT_EQ(addresses[1].address, *net::Address::Parse("2001:db8:0:1::"));
  EXPECT_EQ(addresses[1].kind, Ipv6AddressKind::kEui64);
  EXPECT_EQ(addresses[2].address, *net::Address::Parse("fe80::6"));
  const std::pair<const char*, const char*> kCases[] = {
      {"ipv6 address ff02::1/64", "not an address that an interface can have"},
      {"ipv6 address fe80::1/64", "given without a length"},
      {"ipv6 address 2001:db8::/64", "subnet-router anycast"},
      {"ipv6 address 2001:db8::1/65 eui-64", "at most 64 bits"},
      {"ipv6 address 2001:db8::1 link-local", "not a link-local address"},
      {"ipv6 address 2001:db8::1/129", "does not fit here: '2001:db8::1/129'"},
      {"ipv6 address 10.0.0.1/8", "does not fit here"},
      {"ipv6 mtu 1279", "number outside 1280-9216"},
      {"no ipv6 address 2001:db8::1/64", "not an address of this interface"},
  };
  for (const auto& [line, message] : kCases) {
    EXPECT_THAT(ErrorOf(std::string("interface a\n ") + line), HasSubstr(message)) << line;
  }
  EXPECT_THAT(ErrorOf("interface a\n mtu 1000\n ipv6 enable\n"), HasSubstr("1280 at least"));
  EXPECT_THAT(ErrorOf("interface a\n ip mtu 1600\n"), HasSubstr("ip mtu 1600 is above its mtu"));
  EXPECT_THAT(ErrorOf("interface Loopback0\n device tap t\n"), HasSubstr("nothing behind it"));
}

TEST(Routes, OfBothVersions) {
  const Running running = Good(
      "vrf definition r\n address-family ipv6\ninterface a\n vrf forwarding r\n"
      "ipv6 route vrf r ::/0 a fe80::1 9 name up\nip route 10.0.0.0 255.0.0.0 Null0 250 permanent\n"
      "ip route 10.0.0.0 255.0.0.0 1.1.1.1 tag 7\n");
  ASSERT_EQ(running.routes.size(), 3u);
  EXPECT_EQ(running.routes[0].interface, "Null0");
  EXPECT_TRUE(running.routes[0].permanent);
  EXPECT_EQ(running.routes[1].tag, 7u);
  EXPECT_EQ(running.routes[2].vrf, "r");
  EXPECT_EQ(running.routes[2].name, "up");
  const std::pair<const char*, const char*> kCases[] = {
      {"ipv6 route 2001:db8::1/32 2001:db8::2", "bits outside the prefix"},
      {"ipv6 route 2001:db8::/32 fe80::1", "a link-local next hop needs its interface"},
      {"ipv6 route 2001:db8::/32 ff02::1", "not the address of a next hop"},
      {"ipv6 route vrf gone ::/0 2001:db8::1", "no such VRF: 'gone'"},
      {"ip route 0.0.0.0 0.0.0.0 Null0 1.1.1.1", "Null0 has no next hop"},
      {"ip route 0.0.0.0 0.0.0.0 1.1.1.1 track 7", "not in this release: 'track'"},
      {"ip route 0.0.0.0 0.0.0.0 1.1.1.1 5 6", "given twice"},
      {"ipv6 route ::/0 gone", "interface gone does not exist"},
      {"ipv6 neighbor 2001:db8::1 gone 0200.0000.0001", "interface gone does not exist"},
      {"no ipv6 route ::/0", "no such route"},
      {"vrf definition r\ninterface a\n vrf forwarding r\nip route 0.0.0.0 0.0.0.0 a",
       "interface a is in another VRF"},
  };
  for (const auto& [line, message] : kCases) EXPECT_THAT(ErrorOf(line), HasSubstr(message)) << line;
}

// What is entered is removed, whatever is typed in between.
TEST(Routes, AreReplacedAndRemovedByTheirPath) {
  const Running running = Good(
      "ip route 10.0.0.0 255.0.0.0 1.1.1.1 5\nip route 10.0.0.0 255.0.0.0 2.2.2.2\n"
      "ip route 10.0.0.0 255.0.0.0 1.1.1.1 9\nno ip route 10.0.0.0 255.0.0.0 2.2.2.2\n"
      "ip route 11.0.0.0 255.0.0.0 1.1.1.1\nip route 11.0.0.0 255.0.0.0 2.2.2.2\n"
      "no ip route 11.0.0.0 255.0.0.0\nip route 11.0.0.0 255.0.0.0 3.3.3.3\n"
      "arp 9.9.9.9 0200.0000.0001 arpa\narp 9.9.9.9 0200.0000.0002 arpa\n"
      "arp 8.8.8.8 0200.0000.0001 arpa\nno arp 8.8.8.8\n");
  ASSERT_EQ(running.routes.size(), 2u);
  EXPECT_EQ(running.routes[0].distance, 9);
  EXPECT_EQ(running.routes[1].next_hop, net::Address::V4(0x03030303));
  ASSERT_EQ(running.arps.size(), 1u);
  EXPECT_EQ(running.arps[0].mac, *net::MacAddress::Parse("0200.0000.0002"));
}

TEST(Vrf, TakesTheAddressesOfItsInterfaces) {
  const Parsed parsed = Read(
      "vrf definition red\n address-family ipv4\n address-family ipv6\ninterface a\n"
      " ip address 10.0.0.1 255.0.0.0\n ipv6 enable\n vrf forwarding red\n");
  const Interface& interface = parsed.running.interfaces[0];
  EXPECT_EQ(interface.vrf, "red");
  EXPECT_FALSE(interface.address || interface.ipv6.enable);
  EXPECT_THAT(
      parsed.notices,
      ElementsAre("Interface a IPv4 disabled and address(es) removed due to enabling VRF red",
                  "Interface a IPv6 disabled and address(es) removed due to enabling VRF red"));
  // Nothing to remove, nothing said; and the second time nothing happens.
  EXPECT_THAT(
      Read("interface a\n ip address 10.0.0.1 255.0.0.0\n vrf forwarding red\n", parsed.running)
          .notices,
      IsEmpty());
  const Parsed gone = Read(
      "interface a\n ip address 10.0.0.1 255.0.0.0\nip route vrf red 0.0.0.0 0.0.0.0 10.0.0.2\n"
      "no vrf definition red\n",
      parsed.running);
  EXPECT_TRUE(gone.running.interfaces[0].vrf.empty());
  EXPECT_FALSE(gone.running.interfaces[0].address);
  EXPECT_THAT(gone.running.routes, IsEmpty());
  EXPECT_EQ(gone.notices.size(), 2u);
}

TEST(Vrf, TablesMayOverlap) {
  Good(
      "vrf definition r\n address-family ipv4\ninterface a\n ip address 10.0.0.1 255.0.0.0\n"
      "interface b\n vrf forwarding r\n ip address 10.0.0.1 255.0.0.0\n");
}

TEST(Vrf, Refusals) {
  const std::pair<const char*, const char*> kCases[] = {
      {"interface a\n vrf forwarding gone", "no such VRF: 'gone'"},
      {"ip vrf b\ninterface a\n vrf forwarding b", "use 'ip vrf forwarding'"},
      {"vrf definition b\ninterface a\n ip vrf forwarding b", "use 'vrf forwarding'"},
      {"ip vrf b\nvrf definition b", "this VRF is an 'ip vrf'"},
      {"vrf definition b\ninterface a\n vrf forwarding b\n ip address 10.0.0.1 255.0.0.0",
       "VRF b has no address-family ipv4"},
      {"vrf definition b\ninterface a\n vrf forwarding b\n ipv6 enable",
       "VRF b has no address-family ipv6"},
      {"ip vrf b\n rd 1", "not ASN:nn or IP-address:nn"},
      {"ip vrf b\n rd 70000:70000", "nn is above 65535"},
      {"ip vrf b\n rd 01:1", "not ASN:nn"},
      {"ip vrf b\n rd 1:1\nip vrf c\n rd 1:1", "also that of VRF b"},
      {"vrf definition 123456789012345678901234567890123", "longer than 32"},
      {"vrf definition b\n address-family ipv4\n no route-target import 1:1",
       "no such route target"},
  };
  for (const auto& [text, message] : kCases) EXPECT_THAT(ErrorOf(text), HasSubstr(message)) << text;
}

// EX-23: the statements of the guides.
TEST(Vrf, OfTheGuides) {
  const Running running =
      Good("ip vrf sample-vti1\n rd 1:1\n route-target export 1:1\n route-target import 1:1\n!\n");
  const Vrf& vrf = running.vrfs[0];
  EXPECT_TRUE(vrf.ip_vrf && vrf.ipv4.on && !vrf.ipv6.on);
  EXPECT_THAT(vrf.targets, ElementsAre(RouteTarget{false, "1:1"}, RouteTarget{true, "1:1"}));
  EXPECT_THAT(Render(running, Keys::kShown),
              HasSubstr("ip vrf sample-vti1\n rd 1:1\n route-target export 1:1\n"
                        " route-target import 1:1\n!\n"));
}

TEST(Vrf, DifferencesStandUnderTheirFamily) {
  const std::string begin = "vrf definition r\n address-family ipv4\n";
  const Running before = Good(begin +
                              "  route-target import 1:1\n address-family ipv6\n"
                              "  route-target import 1:1\n");
  const Running after = Good(begin + " address-family ipv6\n  route-target import 1:1\n");
  EXPECT_THAT(Differences(before, after), ElementsAre("vrf definition r", " address-family ipv4",
                                                      " - route-target import 1:1"));
}

TEST(LoggingStatements, AreChecked) {
  const Running running = Good(
      "logging 10.0.0.1\nlogging host 10.0.0.1 transport udp port 5514\nlogging trap 7\n"
      "logging buffered 8000\nno logging console\nno service timestamps debug\n");
  ASSERT_EQ(running.logging.hosts.size(), 1u);
  EXPECT_EQ(running.logging.hosts[0].port, 5514);
  EXPECT_EQ(running.logging.trap, Severity::kDebugging);
  EXPECT_EQ(running.logging.console, std::nullopt);
  EXPECT_EQ(Good("default logging console\nno logging 10.0.0.1\ndefault logging trap\n"
                 "no logging buffered\ndefault logging buffered\ndefault service timestamps\n",
                 running),
            Running());
  EXPECT_THAT(ErrorOf("logging buffered 100"), HasSubstr("expected <4096-67108864>"));
  EXPECT_THAT(ErrorOf("logging trap loud"), HasSubstr("not a severity"));
  EXPECT_THAT(ErrorOf("logging source-interface x"), HasSubstr("interface x does not exist"));
  EXPECT_THAT(ErrorOf("logging host 224.0.0.1"), HasSubstr("not the address of a host"));
}

}  // namespace
}  // namespace vam::config
