#include "sw/ike/v2/wire/header.h"

#include <gtest/gtest.h>

#include "tests/unit/sw/ike/v2/wire/messages.h"

namespace vam::ike::v2 {
namespace {

using test::Buffer;
using test::Hex;

// Figure 4 of RFC 7296 by hand: flags R and I, version 2.1, message 5, 28 bytes.
const char kByHand[] = "0102030405060708 1112131415161718 2e 21 25 28 00000005 0000001c";

TEST(HeaderTest, FieldsAreWhereTheRfcHasThem) {
  const auto header = ParseHeader(Hex(kByHand));
  ASSERT_TRUE(header.has_value());
  EXPECT_EQ(header->initiator_spi, 0x0102030405060708u);
  EXPECT_EQ(header->responder_spi, 0x1112131415161718u);
  EXPECT_EQ(header->next_payload, PayloadType::kEncrypted);
  EXPECT_EQ(header->major_version, 2);
  EXPECT_EQ(header->minor_version, 1);
  EXPECT_EQ(header->exchange, ExchangeType::kInformational);
  EXPECT_TRUE(header->response);
  EXPECT_TRUE(header->from_initiator);
  EXPECT_FALSE(header->higher_version);
  EXPECT_EQ(header->message_id, 5u);
  EXPECT_EQ(header->length, 28u);
}

TEST(HeaderTest, BuildIsTheReverse) {
  const Buffer bytes = Hex(kByHand);
  std::array<uint8_t, kHeaderBytes> out{};
  BuildHeader(*ParseHeader(bytes), out);
  EXPECT_EQ(Buffer(out.begin(), out.end()), bytes);
}

TEST(HeaderTest, EachFlagIsItsBit) {
  for (int bits = 0; bits < 256; ++bits) {
    Buffer bytes = Hex(kByHand);
    bytes[19] = static_cast<uint8_t>(bits);
    const auto header = ParseHeader(bytes);
    ASSERT_TRUE(header.has_value()) << bits;
    EXPECT_EQ(header->from_initiator, (bits >> 3 & 1) != 0);
    EXPECT_EQ(header->higher_version, (bits >> 4 & 1) != 0);
    EXPECT_EQ(header->response, (bits >> 5 & 1) != 0);
    std::array<uint8_t, kHeaderBytes> out{};
    BuildHeader(*header, out);
    EXPECT_EQ(out[19], bits & 0x38);
  }
}

TEST(HeaderTest, EveryVersionExchangeAndPayloadPasses) {
  for (int value = 0; value < 256; ++value) {
    Buffer bytes = Hex(kByHand);
    bytes[16] = bytes[17] = bytes[18] = static_cast<uint8_t>(value);
    const auto header = ParseHeader(bytes);
    ASSERT_TRUE(header.has_value()) << value;
    EXPECT_EQ(header->major_version, value >> 4);
    EXPECT_EQ(header->minor_version, value & 15);
    EXPECT_EQ(static_cast<int>(header->exchange), value);
    EXPECT_EQ(static_cast<int>(header->next_payload), value);
  }
}

TEST(HeaderTest, ShortMessagesAreTruncated) {
  const Buffer bytes = Hex(kByHand);
  for (size_t size = 0; size < kHeaderBytes; ++size) {
    const auto header = ParseHeader(Bytes(bytes).first(size));
    ASSERT_FALSE(header.has_value()) << size;
    EXPECT_EQ(header.error().code, ErrorCode::kTruncated);
  }
}

TEST(HeaderTest, TheLengthIsThatOfTheMessage) {
  for (const uint32_t length : {0u, 27u, 29u, 0x1c000000u, 0xffffffffu}) {
    Buffer bytes = Hex(kByHand);
    StoreBe32(bytes.data() + 24, length);
    const auto header = ParseHeader(bytes);
    ASSERT_FALSE(header.has_value()) << length;
    EXPECT_EQ(header.error().code, ErrorCode::kMalformed);
  }
  Buffer longer = Hex(kByHand);
  longer.push_back(0);
  EXPECT_FALSE(ParseHeader(longer).has_value());
}

}  // namespace
}  // namespace vam::ike::v2
