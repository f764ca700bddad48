#include "sw/base/bytes.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace vam {
namespace {

TEST(BytesTest, ByteOrders) {
  const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7, 8};
  EXPECT_EQ(LoadBe16(bytes), 0x0102);
  EXPECT_EQ(LoadBe32(bytes), 0x01020304u);
  EXPECT_EQ(LoadBe64(bytes), 0x0102030405060708u);
  EXPECT_EQ(LoadLe16(bytes + 1), 0x0302);
  EXPECT_EQ(LoadLe32(bytes + 1), 0x05040302u);
  EXPECT_EQ(LoadLe64(bytes), 0x0807060504030201u);
  uint8_t out[8];
  StoreBe64(out, 0x0102030405060708u);
  EXPECT_EQ(FormatHex(out), "0102030405060708");
  StoreLe32(out, 0x0a0b0c0d);
  StoreBe16(out + 4, 0x1122);
  StoreLe16(out + 6, 0x3344);
  EXPECT_EQ(FormatHex(out), "0d0c0b0a11224433");
}

TEST(ByteReaderTest, ReadsBigEndianInTurn) {
  const std::vector<uint8_t> bytes({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18});
  ByteReader reader(bytes);
  EXPECT_EQ(*reader.U8(), 1);
  EXPECT_EQ(*reader.U16(), 0x0203);
  EXPECT_EQ(*reader.U32(), 0x04050607u);
  EXPECT_EQ(*reader.U64(), 0x08090a0b0c0d0e0fu);
  EXPECT_TRUE(reader.Skip(1).has_value());
  EXPECT_EQ(reader.offset(), 16u);
  EXPECT_EQ((*reader.Take(2))[1], 18);
  EXPECT_EQ(reader.remaining(), 0u);
  EXPECT_TRUE(reader.Take(0).has_value());
}

TEST(ByteReaderTest, AShortReadConsumesNothing) {
  const uint8_t bytes[] = {1};
  ByteReader reader(bytes);
  EXPECT_EQ(reader.U16().error().code, ErrorCode::kTruncated);
  EXPECT_FALSE(reader.U32().has_value());
  EXPECT_FALSE(reader.U64().has_value());
  EXPECT_FALSE(reader.Take(2).has_value());
  EXPECT_FALSE(reader.Skip(2).has_value());
  EXPECT_FALSE(reader.Take(static_cast<size_t>(-1)).has_value());
  EXPECT_EQ(*reader.U8(), 1);
  EXPECT_FALSE(reader.U8().has_value());
}

TEST(ByteWriterTest, WritesWhatTheReaderReads) {
  std::array<uint8_t, 20> buffer;
  ByteWriter writer(buffer);
  ASSERT_TRUE(writer.U8(1).has_value());
  ASSERT_TRUE(writer.U16(0x0203).has_value());
  ASSERT_TRUE(writer.U32(0x04050607).has_value());
  ASSERT_TRUE(writer.U64(0x08090a0b0c0d0e0f).has_value());
  ASSERT_TRUE(writer.Zeros(2).has_value());
  ASSERT_TRUE(writer.Append(Bytes(buffer).first(1)).has_value());
  EXPECT_EQ(FormatHex(writer.written()), "0102030405060708090a0b0c0d0e0f000001");
  EXPECT_EQ(writer.U32(0).error().code, ErrorCode::kExhausted);
  EXPECT_EQ(writer.remaining(), 2u);
}

TEST(HexTest, BothCasesRoundTrip) {
  EXPECT_EQ(FormatHex(*ParseHex("00fFAb")), "00ffab");
  EXPECT_TRUE(ParseHex("")->empty());
}

TEST(HexTest, RefusesAnythingElse) {
  for (const char* text : {"0", "0g", "0x00", "00 ", "\xc3\xa4"}) {
    EXPECT_EQ(ParseHex(text).error().code, ErrorCode::kMalformed) << text;
  }
}

TEST(HexTest, LeavesNothingBehindOnAnError) {
  std::array<uint8_t, 4> out{};
  EXPECT_FALSE(ParseHexInto("112233zz", out).has_value());
  EXPECT_EQ(FormatHex(out), "00000000");
  EXPECT_EQ(ParseHexInto("1122334455", out).error().code, ErrorCode::kExhausted);
  EXPECT_EQ(*ParseHexInto("1122", out), 2u);
}

}  // namespace
}  // namespace vam
