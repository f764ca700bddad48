#include "sw/ipsec/esp_codec.h"

#include <gtest/gtest.h>

#include "tests/unit/sw/ipsec/esp_fixture.h"

namespace vam::ipsec {
namespace {

using test::Buffer;
using test::Forge;
using test::MakeInner;
using test::MakeText;
using test::ParseEsp;

void FixChecksum(Buffer& packet) {
  StoreBe16(packet.data() + 10, 0);
  StoreBe16(packet.data() + 10, net::Checksum(Bytes(packet).first((packet[0] & 15u) * 4)));
}

const EspLayout kGcm = LayoutOf(Suite{});

Buffer Sample() { return Forge(MakeText(MakeInner(40))); }

TEST(EspCodecTest, TakesAPacketApart) {
  Buffer packet = Sample();
  packet[1] = 0xb9;
  FixChecksum(packet);
  const EspPacket esp = ParseEsp(packet);
  ASSERT_EQ(esp.reason, Reason::kOk);
  const IpPacket outer = *ParseOuter(packet, Protocol::kEsp).ip;
  EXPECT_EQ(ToString(outer.source()), "192.0.2.1");
  EXPECT_EQ(ToString(outer.destination()), "192.0.2.2");
  EXPECT_EQ(outer.tos, 0xb9);
  EXPECT_EQ(ParseOuter(packet, Protocol::kAh).reason, Reason::kNotEsp);
  EXPECT_EQ(esp.spi.value, 0x12345678u);
  EXPECT_EQ(esp.sequence, 1u);
  EXPECT_EQ(esp.iv.data(), packet.data() + 28);
  EXPECT_EQ(esp.iv.size(), 8u);
  EXPECT_EQ(esp.text.data(), packet.data() + 36);
  EXPECT_EQ(esp.text.size(), 44u);
  EXPECT_EQ(esp.icv.data(), packet.data() + 80);
  EXPECT_EQ(esp.icv.size(), 16u);
}

TEST(EspCodecTest, ABodyIsAsLongAsItsSuiteAsks) {
  // Blocks of 16, another IV and ICV.
  const EspLayout blocks = LayoutOf({Encryption::kAesCbc128, Integrity::kHmacSha1_96});
  const Buffer bytes(90);
  for (size_t size = 0; size <= bytes.size(); ++size) {
    const Reason expected = size < 8 + 16 + 2 + 12           ? Reason::kEspShort
                            : (size - 8 - 16 - 12) % 16 != 0 ? Reason::kEspAlignment
                                                             : Reason::kOk;
    EXPECT_EQ(SplitEsp(Bytes(bytes).first(size), blocks).reason, expected) << size;
  }
  EXPECT_EQ(blocks.TextBytes(14), 16u);
  EXPECT_EQ(blocks.TextBytes(15), 32u);
}

TEST(EspCodecTest, LinkPaddingIsNotPartOfThePacket) {
  Buffer packet = Sample();
  packet.resize(packet.size() + 33);
  EXPECT_EQ(ParseEsp(packet).icv.data(), packet.data() + 80);
}

TEST(EspCodecTest, OuterOptionsAreSkipped) {
  Buffer packet = Sample();
  packet.insert(packet.begin() + 20, {1, 1, 1, 0});
  packet[0] = 0x46;
  StoreBe16(packet.data() + 2, static_cast<uint16_t>(packet.size()));
  FixChecksum(packet);
  EXPECT_EQ(ParseEsp(packet).reason, Reason::kOk);
  EXPECT_EQ(ParseEsp(packet).spi.value, 0x12345678u);
}

TEST(EspCodecTest, TheFirstFaultGivesTheReason) {
  const auto reason = [](auto change) {
    Buffer packet = Sample();
    change(packet);
    return ParseEsp(packet).reason;
  };
  EXPECT_EQ(reason([](Buffer& p) { p[0] = 0x65; }), Reason::kOuterMalformed);
  EXPECT_EQ(reason([](Buffer& p) { p[0] = 0x44; }), Reason::kOuterMalformed);
  EXPECT_EQ(reason([](Buffer& p) { p.resize(p.size() - 1); }), Reason::kOuterMalformed);
  EXPECT_EQ(reason([](Buffer& p) { p.resize(19); }), Reason::kOuterMalformed);
  EXPECT_EQ(reason([](Buffer& p) { p[8] ^= 1; }), Reason::kOuterChecksum);
  EXPECT_EQ(reason([](Buffer& p) {
              p[6] = 0x20;
              p[9] = 17;
              FixChecksum(p);
            }),
            Reason::kOuterFragment);
  EXPECT_EQ(reason([](Buffer& p) {
              p[7] = 1;
              FixChecksum(p);
            }),
            Reason::kOuterFragment);
  EXPECT_EQ(reason([](Buffer& p) {
              p[9] = 51;
              FixChecksum(p);
            }),
            Reason::kNotEsp);
}

TEST(EspCodecTest, ShortAndUnalignedTexts) {
  for (size_t esp_bytes = 0; esp_bytes < 60; ++esp_bytes) {
    Buffer packet = Sample();
    packet.resize(20 + esp_bytes);
    StoreBe16(packet.data() + 2, static_cast<uint16_t>(packet.size()));
    FixChecksum(packet);
    const Reason expected = esp_bytes < 34       ? Reason::kEspShort
                            : esp_bytes % 4 != 0 ? Reason::kEspAlignment
                                                 : Reason::kOk;
    EXPECT_EQ(ParseEsp(packet).reason, expected) << esp_bytes;
  }
}

TEST(EspCodecTest, TheTrailerIsWhatTheParserTakesOff) {
  for (size_t bytes = 20; bytes < 60; ++bytes) {
    Buffer text = MakeInner(bytes);
    text.resize(kGcm.TextBytes(bytes));
    WriteTrailer(MutableBytes(text).subspan(bytes), 4);
    EXPECT_EQ(text.size() % 4, 0u);
    EXPECT_LT(text.size() - bytes - kEspTrailerBytes, 4u);
    EXPECT_EQ(text, MakeText(MakeInner(bytes)));
    const InnerPacket inner = ParseText(text);
    ASSERT_EQ(inner.reason, Reason::kOk);
    EXPECT_EQ(inner.packet().size(), bytes);
  }
}

TEST(EspCodecTest, PaddingIsChecked) {
  Buffer text = MakeText(MakeInner(40));  // 2 bytes of padding
  text[40] = 2;
  EXPECT_EQ(ParseText(text).reason, Reason::kBadPadding);
  text = MakeText(MakeInner(40));
  text[42] = 43;  // one more than there is
  EXPECT_EQ(ParseText(text).reason, Reason::kBadPadding);
  EXPECT_EQ(ParseText(Buffer{1, 4}).reason, Reason::kBadPadding);
  // The longest padding there can be: 255 bytes, 1 to 255.
  text = MakeInner(20);
  for (int i = 1; i <= 255; ++i) text.push_back(static_cast<uint8_t>(i));
  text.insert(text.end(), {255, 4});
  EXPECT_EQ(ParseText(text).reason, Reason::kOk);
  text[150] ^= 1;
  EXPECT_EQ(ParseText(text).reason, Reason::kBadPadding);
}

TEST(EspCodecTest, NextHeaders) {
  for (int next = 0; next < 256; ++next) {
    const Reason expected = next == 4    ? Reason::kOk
                            : next == 59 ? Reason::kDummyPacket
                                         : Reason::kBadNextHeader;
    EXPECT_EQ(ParseText(MakeText(MakeInner(40), 0, static_cast<uint8_t>(next))).reason, expected);
  }
  // A dummy packet need not carry a packet.
  EXPECT_EQ(ParseText(Buffer{0, 59}).reason, Reason::kDummyPacket);
}

TEST(EspCodecTest, TheInnerPacketMayBeShorterButNotLonger) {
  EXPECT_EQ(ParseText(MakeText(MakeInner(40), 100)).packet().size(), 40u);
  Buffer inner = MakeInner(40);
  StoreBe16(inner.data() + 2, 41);
  EXPECT_EQ(ParseText(MakeText(inner)).reason, Reason::kInnerMalformed);
  StoreBe16(inner.data() + 2, 19);
  EXPECT_EQ(ParseText(MakeText(inner)).reason, Reason::kInnerMalformed);
  inner = MakeInner(40);
  inner[0] = 0x4b;  // header of 44 bytes
  EXPECT_EQ(ParseText(MakeText(inner)).reason, Reason::kInnerMalformed);
  inner[0] = 0x60;
  EXPECT_EQ(ParseText(MakeText(inner)).reason, Reason::kInnerMalformed);
  EXPECT_EQ(ParseText(Buffer{0, 4}).reason, Reason::kInnerMalformed);
}

TEST(EspCodecTest, AssociatedData) {
  EXPECT_EQ(FormatHex(MakeAad(Spi{0x4a2cbfe3}, 0x100000002, false).bytes()), "4a2cbfe300000002");
  EXPECT_EQ(FormatHex(MakeAad(Spi{0x4a2cbfe3}, 0x100000002, true).bytes()),
            "4a2cbfe30000000100000002");
}

TEST(EspCodecTest, OuterHeaderRules) {
  SaParams params = test::MakeSa(Direction::kOut);
  IpPacket inner;
  inner.tos = 0xbb;
  net::Ipv4Header outer = MakeOuter(params, inner, 100, 0x12345);
  EXPECT_EQ(outer.tos, 0xbb);
  EXPECT_EQ(outer.identification, 0x2345);
  EXPECT_EQ(outer.total_bytes, 100);
  EXPECT_EQ(outer.ttl, 64);
  EXPECT_EQ(outer.protocol, 50);
  EXPECT_FALSE(outer.dont_fragment);
  params.dscp_fixed = true;
  params.dscp = 46;
  EXPECT_EQ(MakeOuter(params, inner, 100, 1).tos, 0xbb);  // 46 << 2 | CE
  inner.tos = 0x01;
  EXPECT_EQ(MakeOuter(params, inner, 100, 1).tos, 0xb9);
  for (const bool inner_df : {false, true}) {
    inner.dont_fragment = inner_df;
    params.df_mode = DfMode::kCopy;
    EXPECT_EQ(MakeOuter(params, inner, 100, 1).dont_fragment, inner_df);
    params.df_mode = DfMode::kSet;
    EXPECT_TRUE(MakeOuter(params, inner, 100, 1).dont_fragment);
    params.df_mode = DfMode::kClear;
    EXPECT_FALSE(MakeOuter(params, inner, 100, 1).dont_fragment);
  }
}

bool Matches(const Selectors& selectors, const Buffer& inner) {
  return SelectorsMatchInbound(selectors, *ParseInner(inner).ip);
}

TEST(SelectorsTest, AddressesAndProtocol) {
  const Buffer inner = MakeInner(40);  // 10.1.0.5:1000 to 10.2.0.7:2000, UDP
  EXPECT_TRUE(Matches({}, inner));
  Selectors selectors;
  selectors.remote = *net::Prefix::Parse("10.1.0.0/16");
  selectors.local = *net::Prefix::Parse("10.2.0.7/32");
  selectors.protocol = 17;
  EXPECT_TRUE(Matches(selectors, inner));
  selectors.protocol = 6;
  EXPECT_FALSE(Matches(selectors, inner));
  selectors.protocol = 0;
  selectors.local = *net::Prefix::Parse("10.2.0.6/32");
  EXPECT_FALSE(Matches(selectors, inner));
  selectors.local = {};
  selectors.remote = *net::Prefix::Parse("10.2.0.0/16");
  EXPECT_FALSE(Matches(selectors, inner));
}

TEST(SelectorsTest, PortsNeedAPacketThatShowsThem) {
  Selectors selectors;
  selectors.remote_ports = {1000, 1000};
  selectors.local_ports = {1999, 2001};
  EXPECT_TRUE(Matches(selectors, MakeInner(40)));
  EXPECT_TRUE(Matches(selectors, MakeInner(40, 0, 6)));
  EXPECT_FALSE(Matches(selectors, MakeInner(40, 0, 1)));
  EXPECT_FALSE(Matches(selectors, MakeInner(23)));  // three bytes behind the header
  Buffer fragment = MakeInner(40);
  fragment[7] = 1;
  EXPECT_FALSE(Matches(selectors, fragment));
  EXPECT_TRUE(Matches({}, fragment));
  Buffer first = MakeInner(40);
  first[6] = 0x20;
  EXPECT_TRUE(Matches(selectors, first));
  selectors.remote_ports = {1001, 65535};
  EXPECT_FALSE(Matches(selectors, MakeInner(40)));
  selectors.remote_ports = {0, 65535};
  selectors.local_ports = {2001, 2001};
  EXPECT_FALSE(Matches(selectors, MakeInner(40)));
}

}  // namespace
}  // namespace vam::ipsec
