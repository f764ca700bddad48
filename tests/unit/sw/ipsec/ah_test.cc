#include "sw/ipsec/ah.h"

#include <gtest/gtest.h>

#include "tests/unit/sw/ipsec/esp_fixture.h"

namespace vam::ipsec {
namespace {

using test::Buffer;
using test::MakeInner;
using test::MakeSa;
using test::Ran;
using test::Runner;
using test::Shape;

Buffer Hex(const char* text) { return *ParseHex(text); }

std::string Masked(const Buffer& headers, bool v6) {
  Buffer out(headers.size());
  return MaskHeaders(headers, v6, out) ? FormatHex(out) : "malformed";
}

TEST(AhMaskTest, Ipv4Fields) {
  EXPECT_EQ(Masked(Hex("45b9004c12344abc4033aaaac0000201c0000202"), false),
            "4500004c1234000000330000c0000201c0000202");
}

// RFC 4302, appendix A1: what is not listed as immutable counts as zeros.
TEST(AhMaskTest, Ipv4Options) {
  const auto options = [](const char* hex) {
    Buffer header = Hex("45000054000000000033000001020304c0000202");
    const Buffer more = Hex(hex);
    header.insert(header.end(), more.begin(), more.end());
    header[0] = static_cast<uint8_t>(0x40 | header.size() / 4);
    const std::string masked = Masked(header, false);
    return masked.size() < 40 ? masked : masked.substr(40);
  };
  EXPECT_EQ(options("94040000"), "94040000");  // router alert
  EXPECT_EQ(options("01010100"), "01010100");  // no operation, end
  EXPECT_EQ(options("00abcdef"), "00abcdef");  // nothing is read behind the end
  EXPECT_EQ(options("820b000000000000000000"
                    "01"),
            "820b00000000000000000001");                       // security
  EXPECT_EQ(options("8606000000010101"), "8606000000010101");  // commercial security
  EXPECT_EQ(options("07070801020304"
                    "01"),
            "0000000000000001");                               // record route
  EXPECT_EQ(options("4408050000000000"), "0000000000000000");  // timestamp
  EXPECT_EQ(options("5e06010203040101"), "0000000000000101");  // unknown
  EXPECT_EQ(options("01010107"), "malformed");
  EXPECT_EQ(options("01019401"), "malformed");
  EXPECT_EQ(options("01019405"), "malformed");
}

TEST(AhMaskTest, Ipv4SourceRoutesEndAtTheLastAddress) {
  // Pointer 4: both stops are still to come. Pointer 12: arrived.
  EXPECT_EQ(Masked(Hex("48000054000000000033000001020304c0000202"
                       "830b040a0000010a00000200"),
                   false),
            "48000054000000000033000001020304"
            "0a000002000000000000000000000000");
  EXPECT_EQ(Masked(Hex("48000054000000000033000001020304c0000202"
                       "890b0c0a0000010a00000200"),
                   false),
            "48000054000000000033000001020304"
            "c0000202000000000000000000000000");
}

TEST(AhMaskTest, Ipv6Fields) {
  EXPECT_EQ(Masked(Hex("6b912345002033"
                       "4020010db800000000000000000000000120010db8000000000000000000000002"),
                   true),
            "600000000020330020010db800000000000000000000000120010db8000000000000000000000002");
}

Buffer WithExtension(uint8_t type, const char* hex) {
  Buffer header =
      Hex("600000000040000020010db800000000000000000000000120010db8000000000000000000000002");
  header[6] = type;
  const Buffer more = Hex(hex);
  header.insert(header.end(), more.begin(), more.end());
  return header;
}

TEST(AhMaskTest, Ipv6OptionsThatMayChange) {
  const auto tail = [](uint8_t type, const char* hex) {
    const std::string masked = Masked(WithExtension(type, hex), true);
    return masked.size() < 80 ? masked : masked.substr(80);
  };
  for (const uint8_t type : {uint8_t{0}, uint8_t{60}}) {
    EXPECT_EQ(tail(type, "33003e0401020304"), "33003e0400000000");
    EXPECT_EQ(tail(type, "33001e0401020304"), "33001e0401020304");
    EXPECT_EQ(tail(type, "3300000000003f00"), "3300000000003f00");
    EXPECT_EQ(tail(type, "33003e0501020304"), "malformed");
    EXPECT_EQ(tail(type, "330000000000003e"), "malformed");
    EXPECT_EQ(tail(type, "33013e0401020304"), "malformed");
  }
}

// RFC 4302, 3.3.3.1.2.3: the order at the destination. Two of three stops are to come.
TEST(AhMaskTest, Ipv6RoutesAreShownAsTheyArrive) {
  const std::string masked = Masked(WithExtension(43,
                                                  "3306000200000000"
                                                  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1"
                                                  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa2"
                                                  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa3"),
                                    true);
  EXPECT_EQ(masked.substr(48),
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa3"
            "3306000000000000"
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1"
            "20010db8000000000000000000000002"
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa2");
  EXPECT_EQ(Masked(WithExtension(43, "3302000200000000aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1"), true),
            "malformed");
}

TEST(AhTest, HeadersAreParsed) {
  const Buffer payload = Hex("1104000000001234000000050102030405060708090a0b0cffff");
  const AhHeader ah = ParseAh(payload);
  EXPECT_EQ(ah.reason, Reason::kOk);
  EXPECT_EQ(ah.next_header, 17);
  EXPECT_EQ(ah.bytes, 24u);
  EXPECT_EQ(ah.spi.value, 0x1234u);
  EXPECT_EQ(ah.sequence, 5u);
  EXPECT_EQ(ParseAh(Bytes(payload).first(23)).reason, Reason::kEspShort);
  EXPECT_EQ(ParseAh(Bytes(payload).first(11)).reason, Reason::kEspShort);
  Buffer tiny = payload;
  tiny[1] = 0;
  EXPECT_EQ(ParseAh(tiny).reason, Reason::kEspShort);
}

TEST(AhTest, LengthsWithPadding) {
  EXPECT_EQ(AhBytes(Integrity::kHmacSha1_96, false), 24u);
  EXPECT_EQ(AhBytes(Integrity::kHmacSha1_96, true), 24u);
  EXPECT_EQ(AhBytes(Integrity::kHmacSha256_128, false), 28u);
  EXPECT_EQ(AhBytes(Integrity::kHmacSha256_128, true), 32u);
  EXPECT_EQ(AhBytes(Integrity::kAesGmac128, false), 36u);
  EXPECT_EQ(AhBytes(Integrity::kAesGmac128, true), 40u);  // RFC 4543, erratum 3643
  EXPECT_TRUE(AhLengthOk(28, Integrity::kHmacSha256_128, false));
  EXPECT_TRUE(AhLengthOk(32, Integrity::kHmacSha256_128, false));
  EXPECT_FALSE(AhLengthOk(28, Integrity::kHmacSha256_128, true));
  EXPECT_FALSE(AhLengthOk(24, Integrity::kHmacSha256_128, false));
}

// What routers change on the way does not break the code; everything else does.
TEST(AhTest, TheWayChangesOnlyWhatItMay) {
  Runner runner;
  const Suite suite{Encryption::kNone, Integrity::kHmacSha256_128};
  SaParams out = MakeSa(Direction::kOut, suite);
  const SaRef ref = runner.Add(out);
  const SaParams in = MakeSa(Direction::kIn, suite);
  runner.Add(in);
  const Buffer inner = MakeInner(100);
  const Ran sent = runner.Send(out, ref, inner);
  ASSERT_EQ(sent.reason, Reason::kOk);
  ASSERT_EQ(sent.out.size(), 20u + 28 + 100);
  Buffer changed = sent.out;
  changed[1] = 0xb8;  // TOS
  changed[6] = 0x40;  // DF
  changed[8] = 3;     // TTL
  FixLengths(changed, false);
  EXPECT_EQ(runner.Receive(in, changed).reason, Reason::kOk);
  for (size_t at = 0; at < sent.out.size(); ++at) {
    Buffer bad = sent.out;
    bad[at] ^= 0x04;
    if (at == 2 || at == 3) continue;  // the length is repaired below
    if (at == 1 || at == 6 || at == 8 || at == 10 || at == 11) continue;
    if (at < 20) FixLengths(bad, false);
    EXPECT_NE(runner.Receive(in, bad).reason, Reason::kOk) << at;
  }
}

TEST(AhTest, TransportKeepsOptionsAndRefusesFragments) {
  Runner runner;
  const Suite suite{Encryption::kNone, Integrity::kHmacSha1_96};
  const SaParams out = MakeSa(Direction::kOut, suite, Shape::kTransport4);
  const SaParams in = MakeSa(Direction::kIn, suite, Shape::kTransport4);
  const SaRef ref = runner.Add(out);
  runner.Add(in);
  Buffer inner = MakeInner(80);
  inner[0] = 0x46;
  StoreBe32(inner.data() + 20, 0x94040000);  // router alert
  FixLengths(inner, false);
  const Ran sent = runner.Send(out, ref, inner);
  ASSERT_EQ(sent.reason, Reason::kOk);
  EXPECT_EQ(sent.out.size(), EncapsulatedBytes(out, 80, 24));
  EXPECT_EQ(runner.Receive(in, sent.out).out, inner);
  inner[20] = 0x94;
  inner[21] = 1;  // an option of one byte
  FixLengths(inner, false);
  EXPECT_EQ(runner.Send(out, ref, inner).reason, Reason::kInnerMalformed);
  inner = MakeInner(80);
  inner[6] = 0x20;
  FixLengths(inner, false);
  EXPECT_EQ(runner.Send(out, ref, inner).reason, Reason::kFragmentUnsupported);
  EXPECT_EQ(runner.Query(ref).sequence, 1u);
}

}  // namespace
}  // namespace vam::ipsec
