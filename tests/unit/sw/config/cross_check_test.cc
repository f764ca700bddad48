// Faults and warnings between crypto statements.
#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sw/config/parser.h"

namespace vam::config {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

std::vector<std::string> Bad(const std::string& text) {
  const auto parsed = Parse(text);
  std::vector<std::string> messages;
  if (const auto* errors = std::get_if<std::vector<Diagnostic>>(&parsed)) {
    for (const Diagnostic& error : *errors) messages.push_back(error.message);
  }
  return messages;
}
std::vector<std::string> WarningsOf(const std::string& text) {
  auto parsed = Parse(text);
  if (const auto* errors = std::get_if<std::vector<Diagnostic>>(&parsed)) {
    ADD_FAILURE() << ToString(errors->front());
    return {};
  }
  return std::get<Parsed>(parsed).warnings;
}

std::string Entry(uint32_t sequence, const std::string& set, const std::string& in,
                  const std::string& out, const std::string& peer = "192.0.2.2") {
  return fmt::format(
      "crypto map m {} ipsec-manual\n set peer {}\n set transform-set {}\n"
      " set session-key inbound {}\n set session-key outbound {}\n",
      sequence, peer, set, in, out);
}
std::string Hex(size_t bytes, char digit) { return std::string(2 * bytes, digit); }
const std::string kSets =
    "crypto legacy-algorithms enable\n"
    "crypto ipsec transform-set cbc esp-aes esp-sha-hmac\n"
    "crypto ipsec transform-set gcm esp-gcm\n"
    "crypto ipsec transform-set ccm esp-ccm\n"
    "crypto ipsec transform-set gmac ah-gmac\n"
    "crypto ipsec transform-set null esp-null esp-sha-hmac\n"
    "crypto ipsec transform-set des ah-md5-hmac esp-des\n";

std::string Cbc(uint32_t spi, char key) {
  return fmt::format("esp {} cipher {} authenticator {}", spi, Hex(16, key), Hex(20, 'f'));
}

TEST(CrossCheck, CbcMayUseOneKeyInBothDirections) {
  EXPECT_THAT(Bad(kSets + Entry(10, "cbc", Cbc(256, 'a'), Cbc(257, 'a'))), IsEmpty());
}

// What an SA with a counter does under the key is told from what one without does by nobody.
TEST(CrossCheck, ACounterModeSharesItsKeyWithNobody) {
  const std::string gcm = Entry(10, "gcm", "esp 256 cipher " + Hex(16, 'a') + Hex(4, '1'),
                                "esp 257 cipher " + Hex(16, 'b') + Hex(4, '1'));
  EXPECT_THAT(Bad(kSets + gcm), IsEmpty());
  EXPECT_THAT(
      Bad(kSets + gcm + Entry(20, "cbc", Cbc(300, 'a'), Cbc(301, 'c'))),
      ElementsAre(HasSubstr("crypto map m 20 inbound: the cipher key is also that of crypto "
                            "map m 10 inbound")));
  EXPECT_THAT(Bad(kSets + gcm +
                  Entry(20, "ccm", "esp 300 cipher " + Hex(16, 'd') + Hex(3, '2'),
                        "esp 301 cipher " + Hex(16, 'b') + Hex(3, '2'))),
              ElementsAre(HasSubstr("m 20 outbound: the cipher key is also that of crypto map m 10 "
                                    "outbound")));
  EXPECT_THAT(Bad(kSets + gcm +
                  Entry(20, "gmac", "ah 300 " + Hex(16, 'a') + Hex(4, '2'),
                        "ah 301 " + Hex(16, 'e') + Hex(4, '2'))),
              SizeIs(1));
  // As long as the set is not known, nobody knows.
  EXPECT_THAT(
      Bad(Entry(10, "gone", "esp 256 cipher " + Hex(16, 'a'), "esp 257 cipher " + Hex(16, 'a'))),
      SizeIs(1));
}

TEST(CrossCheck, AnSpiIsOneSasPerProtocolAndDestination) {
  const std::string first = Entry(10, "cbc", Cbc(256, 'a'), Cbc(256, 'b'));
  EXPECT_THAT(Bad(kSets + first + Entry(20, "cbc", Cbc(257, 'a'), Cbc(256, 'b'), "192.0.2.3")),
              IsEmpty())
      << "other peers";
  EXPECT_THAT(Bad(kSets + first + Entry(20, "cbc", Cbc(256, 'a'), Cbc(257, 'b'), "192.0.2.3")),
              ElementsAre("crypto map m 20 inbound: SPI 256 is also that of crypto map m 10 "
                          "inbound"));
  EXPECT_THAT(Bad(kSets + first + Entry(20, "cbc", Cbc(257, 'a'), Cbc(256, 'b'))),
              ElementsAre("crypto map m 20 outbound: SPI 256 is also that of crypto map m 10 "
                          "outbound"));
  EXPECT_THAT(
      Bad(kSets + first +
          Entry(20, "gmac", "ah 256 " + Hex(20, '1'), "ah 256 " + Hex(16, '2') + Hex(4, '1'))),
      IsEmpty())
      << "AH and ESP";
  EXPECT_THAT(Bad(kSets + first + "crypto map m 20 ipsec-manual\n set session-key outbound " +
                  Cbc(256, 'c') + "\n"),
              SizeIs(1))
      << "a peer that is not known yet may be the same";
}

TEST(CrossCheck, KeysFitTheirTransforms) {
  const auto message = [](const std::string& set, const std::string& in) {
    const auto errors = Bad(kSets + "crypto map m 10 ipsec-manual\n set transform-set " + set +
                            "\n set session-key inbound " + in + "\n");
    return errors.empty() ? "accepted" : errors[0];
  };
  EXPECT_THAT(message("des", "ah 256 " + Hex(20, '1')),
              HasSubstr("the inbound ah key has 20 bytes; ah-md5-hmac needs 16 bytes"));
  EXPECT_THAT(message("des", "esp 256 cipher " + Hex(16, '1')),
              HasSubstr("the inbound cipher key has 16 bytes; esp-des needs 8 bytes"));
  EXPECT_THAT(message("cbc", "esp 256 cipher " + Hex(16, '1') + " authenticator " + Hex(16, '1')),
              HasSubstr("the inbound authenticator key has 16 bytes; esp-sha-hmac needs 20"));
  EXPECT_THAT(message("ccm", "esp 256 cipher " + Hex(20, '1')),
              HasSubstr("esp-ccm needs 19 bytes: 16 of key, then 3 of salt"));
  EXPECT_THAT(message("gcm", "esp 256 cipher " + Hex(20, '1') + " authenticator " + Hex(20, '1')),
              HasSubstr("esp-gcm authenticates by itself: no inbound authenticator key"));
  EXPECT_THAT(message("cbc", "ah 256 " + Hex(20, '1')),
              HasSubstr("an inbound ah key is set, but the transform set has no use for it"));
  EXPECT_THAT(message("null", "esp 256 cipher " + Hex(16, '1') + " authenticator " + Hex(20, '1')),
              HasSubstr("esp-null has no key, but an inbound cipher key is set"));
  EXPECT_EQ(message("null", "esp 256 authenticator " + Hex(20, '1')), "accepted");
}

TEST(CrossCheck, APeerIsNobodyHere) {
  const auto errors = [](const std::string& address, const std::string& map,
                         const std::string& peer) {
    return Bad("interface a\n" + address + "crypto map " + map + " 10 ipsec-isakmp\n set peer " +
               peer + "\n");
  };
  const std::string message = "crypto map m 10: the peer is this system's own address";
  const std::string four = " ip address 192.0.2.1 255.255.255.0\n";
  EXPECT_THAT(errors(four, "m", "192.0.2.1"), ElementsAre(message));
  EXPECT_THAT(errors(four + " ip address 192.0.2.9 255.255.255.0 secondary\n", "m", "192.0.2.9"),
              ElementsAre(message));
  EXPECT_THAT(errors(" ipv6 address 2001:db8::1/64\n", "ipv6 m", "2001:db8::1"),
              ElementsAre(message));
  EXPECT_THAT(errors(" ipv6 address 2001:db8::1/64\n", "ipv6 m", "2001:db8::2"), IsEmpty());
}

const std::string kCarried = "interface a\n ip address 192.0.2.1 255.255.255.0\n crypto map m\n";

// EX-5 of the guide.
TEST(Warnings, ADenyHereAndAPermitThere) {
  const std::string text =
      "access-list 101 deny ip 10.1.1.0 0.0.0.255 172.16.1.0 0.0.0.255\n"
      "access-list 101 permit ip 10.0.0.0 0.255.255.255 172.16.0.0 0.15.255.255\n"
      "access-list 102 permit ip 10.1.1.0 0.0.0.255 172.16.1.0 0.0.0.255\n"
      "crypto map m 10 ipsec-isakmp\n set peer 192.0.2.2\n match address 101\n"
      "crypto map m 20 ipsec-isakmp\n set peer 192.0.2.3\n match address 102\n";
  EXPECT_THAT(WarningsOf(text + kCarried),
              Contains(HasSubstr("crypto map m 20: access list 102 line 10 permits what access "
                                 "list 101 of entry 10 denies")));
  EXPECT_THAT(WarningsOf(text + "no access-list 102\n" + kCarried),
              Not(Contains(HasSubstr("denies"))));
}

TEST(Warnings, DynamicEntries) {
  const auto warnings = WarningsOf(
      "crypto dynamic-map d 1\n set transform-set t\ncrypto ipsec transform-set t esp-gcm\n"
      "crypto map m 10 ipsec-isakmp dynamic d discover\n"
      "crypto map m 20 ipsec-isakmp dynamic gone\n"
      "crypto map m 30 ipsec-isakmp\n" +
      kCarried);
  EXPECT_THAT(warnings, Contains(HasSubstr("dynamic map d 1 has no access list")));
  EXPECT_THAT(warnings, Contains(HasSubstr("m 10: tunnel endpoint discovery is not built")));
  EXPECT_THAT(warnings, Contains("crypto map m 20: dynamic map gone is not defined"));
  EXPECT_THAT(warnings, Contains(HasSubstr("m 30 stands behind the dynamic entry 20")));
}

TEST(Warnings, ListsOfNegotiatedEntries) {
  const auto warnings = WarningsOf(
      "access-list 101 permit tcp any any\naccess-list 101 permit ip any any\n"
      "crypto map m 10 ipsec-isakmp\n match address 101\n"
      "crypto map m 20 ipsec-isakmp\n match address 101\n");
  EXPECT_THAT(warnings, Contains(HasSubstr("m 10: 'permit ip any any' drops all unprotected")));
  EXPECT_THAT(warnings, Contains(HasSubstr("m 20: access list 101 is used by another entry")));
  EXPECT_THAT(warnings, Not(Contains(HasSubstr("only the first permit"))));
}

TEST(Warnings, AreBounded) {
  std::string text;
  for (int i = 1; i <= 1000; ++i) text += fmt::format("crypto map m {} ipsec-isakmp\n", i);
  const auto warnings = WarningsOf(text + kCarried);
  EXPECT_THAT(warnings, SizeIs(101));
  EXPECT_EQ(warnings.back(), "900 more warnings of this kind");
}

}  // namespace
}  // namespace vam::config
