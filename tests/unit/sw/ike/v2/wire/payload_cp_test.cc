#include "sw/ike/v2/wire/payload_cp.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "tests/unit/sw/ike/v2/wire/messages.h"

namespace vam::ike::v2 {
namespace {

using test::Body;
using test::Buffer;
using test::Failure;
using test::Hex;
using test::Of;

// A reply by hand after RFC 7296, 3.15: an address, a name server, an IPv6 address with /64.
const char kByHand[] =
    "02 000000  0001 0004 0a030001  0003 0004 0a020035"
    "0008 0011 fd030000000000000000000000000001 40";

TEST(PayloadCpTest, ByHandAndBack) {
  const Buffer body = Hex(kByHand);
  const auto configuration = ParseConfiguration(body);
  ASSERT_TRUE(configuration.has_value());
  EXPECT_EQ(configuration->type, ConfigType::kReply);
  ASSERT_EQ(configuration->attributes.size(), 3u);
  EXPECT_EQ(configuration->attributes[0].type, ConfigAttribute::kInternalIp4Address);
  EXPECT_EQ(Of(configuration->attributes[0].value), Hex("0a030001"));
  const auto* v6 = Find(configuration->attributes, ConfigAttribute::kInternalIp6Address);
  ASSERT_NE(v6, nullptr);
  EXPECT_EQ(v6->value.size(), 17u);
  EXPECT_EQ(v6->value[16], 64);
  EXPECT_EQ(Find(configuration->attributes, ConfigAttribute::kInternalIp4Nbns), nullptr);
  MessageBuilder message;
  AddConfiguration(message, *configuration);
  EXPECT_EQ(Body(message), body);
}

TEST(PayloadCpTest, ARequestHasEmptyValues) {
  for (unsigned type = 0; type < 0x8000; ++type) {
    Buffer body = {1, 0, 0, 0, static_cast<uint8_t>(type >> 8), static_cast<uint8_t>(type), 0, 0};
    ASSERT_TRUE(ParseConfiguration(body).has_value()) << type;
    body[4] |= 0x80;  // reserved
    EXPECT_EQ(static_cast<unsigned>(ParseConfiguration(body)->attributes[0].type), type);
  }
  EXPECT_TRUE(ParseConfiguration(Hex("01 000000"))->attributes.empty());
}

TEST(PayloadCpTest, LengthsAreThoseOfTheType) {
  const std::map<unsigned, std::set<size_t>> lengths = {
      {1, {0, 4}},  {2, {0, 4}},   {3, {0, 4}},   {4, {0, 4}},  {6, {0, 4}},
      {8, {0, 17}}, {10, {0, 16}}, {12, {0, 16}}, {13, {0, 8}}, {15, {0, 17}}};
  for (const auto& [type, good] : lengths) {
    for (size_t length = 0; length < 40; ++length) {
      Buffer body = {2, 0, 0, 0, 0, static_cast<uint8_t>(type), 0, static_cast<uint8_t>(length)};
      body.resize(8 + length);
      EXPECT_EQ(ParseConfiguration(body).has_value(), good.contains(length))
          << type << " of " << length;
    }
  }
  EXPECT_TRUE(ParseConfiguration(Hex("02 000000 000e 0004 0001 0002")).has_value());
  EXPECT_FALSE(ParseConfiguration(Hex("02 000000 000e 0003 0001 00")).has_value());
  EXPECT_TRUE(ParseConfiguration(Hex("02 000000 0007 0003 616263")).has_value());
  Buffer prefix = Hex("02 000000 000f 0011 fd030000000000000000000000000000 80");
  EXPECT_TRUE(ParseConfiguration(prefix).has_value());
  prefix.back() = 129;
  EXPECT_FALSE(ParseConfiguration(prefix).has_value());
}

TEST(PayloadCpTest, CutOffIsMalformed) {
  const Buffer body = Hex(kByHand);
  for (size_t size = 0; size < body.size(); ++size) {
    const auto configuration = ParseConfiguration(Bytes(body).first(size));
    const bool between = size == 4 || size == 12 || size == 20;  // where an attribute ends
    ASSERT_EQ(configuration.has_value(), between) << size;
    if (!between) {
      EXPECT_EQ(configuration.error().code, ErrorCode::kMalformed);
    }
  }
}

TEST(PayloadCpTest, AtMost64Attributes) {
  ConfigurationPayload configuration;
  configuration.attributes.resize(kMaxConfigAttributes);
  MessageBuilder message;
  AddConfiguration(message, configuration);
  Buffer body = Body(message);
  EXPECT_EQ(ParseConfiguration(body)->attributes.size(), kMaxConfigAttributes);
  body.insert(body.end(), 4, 0);
  EXPECT_FALSE(ParseConfiguration(body).has_value());
  configuration.attributes.emplace_back();
  MessageBuilder too_many;
  AddConfiguration(too_many, configuration);
  EXPECT_EQ(Failure(too_many), ErrorCode::kInvalidArgument);
}

TEST(PayloadCpTest, WhatCannotBeWritten) {
  const Buffer four = Hex("01020304");
  MessageBuilder wrong_length;
  AddConfiguration(wrong_length,
                   {ConfigType::kReply, {{ConfigAttribute::kInternalIp6Address, four}}});
  EXPECT_EQ(Failure(wrong_length), ErrorCode::kInvalidArgument);
  MessageBuilder wrong_type;
  AddConfiguration(wrong_type, {ConfigType::kReply, {{ConfigAttribute{0x8000}, four}}});
  EXPECT_EQ(Failure(wrong_type), ErrorCode::kInvalidArgument);
  MessageBuilder long_value;
  const Buffer huge(65'536);
  AddConfiguration(long_value, {ConfigType::kReply, {{ConfigAttribute{0x4000}, huge}}});
  EXPECT_EQ(Failure(long_value), ErrorCode::kExhausted);
}

}  // namespace
}  // namespace vam::ike::v2
