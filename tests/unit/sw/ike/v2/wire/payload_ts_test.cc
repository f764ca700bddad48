#include "sw/ike/v2/wire/payload_ts.h"

#include <gtest/gtest.h>

#include "tests/unit/sw/ike/v2/wire/messages.h"

namespace vam::ike::v2 {
namespace {

using test::Body;
using test::Buffer;
using test::Failure;
using test::Hex;

net::Address At(std::string_view text) { return *net::Address::Parse(text); }

// By hand after RFC 7296, 3.13.1: TCP to 10.1.0.0/24 port 80 to 90, then all of fd01::/64.
const char kByHand[] =
    "02 000000"
    "07 06 0010 0050 005a 0a010000 0a0100ff"
    "08 00 0028 0000 ffff fd010000000000000000000000000000 fd01000000000000ffffffffffffffff";

std::vector<TrafficSelector> ByHand() {
  return {{6, 80, 90, At("10.1.0.0"), At("10.1.0.255")},
          {0, 0, 65535, At("fd01::"), At("fd01::ffff:ffff:ffff:ffff")}};
}

Buffer One(std::string_view selector) {
  Buffer body = Hex("01 000000");
  const Buffer bytes = Hex(selector);
  body.insert(body.end(), bytes.begin(), bytes.end());
  return body;
}

void ExpectMalformed(const Buffer& body, const std::string& what) {
  const auto selectors = ParseTs(body);
  ASSERT_FALSE(selectors.has_value()) << what;
  EXPECT_EQ(selectors.error().code, ErrorCode::kMalformed) << what;
}

TEST(PayloadTsTest, ByHandAndBack) {
  const auto selectors = ParseTs(Hex(kByHand));
  ASSERT_TRUE(selectors.has_value());
  EXPECT_EQ(*selectors, ByHand());
  for (const PayloadType type : {PayloadType::kTsInitiator, PayloadType::kTsResponder}) {
    MessageBuilder message;
    AddTs(message, type, ByHand());
    EXPECT_EQ(message.first(), type);
    EXPECT_EQ(Body(message), Hex(kByHand));
  }
}

TEST(PayloadTsTest, IcmpTypesAndOpaquePorts) {
  const auto icmp = ParseTs(One("07 01 0010 0800 08ff 00000000 ffffffff"));  // echo, any code
  ASSERT_TRUE(icmp.has_value());
  EXPECT_EQ(icmp->at(0).first_port, 8 * 256);
  EXPECT_EQ(icmp->at(0).last_port, 8 * 256 + 255);
  const auto opaque = ParseTs(One("07 11 0010 ffff 0000 0a000001 0a000001"));
  ASSERT_TRUE(opaque.has_value());
  EXPECT_EQ(opaque->at(0).first_port, 65535);
  EXPECT_EQ(opaque->at(0).last_port, 0);
}

TEST(PayloadTsTest, UpsideDownIsMalformed) {
  ExpectMalformed(One("07 11 0010 0002 0001 0a000001 0a000001"), "ports");
  ExpectMalformed(One("07 11 0010 ffff 0001 0a000001 0a000001"), "nearly OPAQUE");
  ExpectMalformed(One("07 11 0010 0000 ffff 0a000002 0a000001"), "addresses");
}

TEST(PayloadTsTest, LengthsAreThoseOfTheType) {
  EXPECT_TRUE(ParseTs(One("07 11 0010 0000 ffff 0a000001 0a000001")).has_value());
  ExpectMalformed(One("07 11 000f 0000 ffff 0a000001 0a0000"), "15 bytes");
  ExpectMalformed(One("07 11 0011 0000 ffff 0a000001 0a000001 00"), "17 bytes");
  ExpectMalformed(One("08 11 0010 0000 ffff 0a000001 0a000001"), "IPv6 of 16 bytes");
  ExpectMalformed(One("07 11 0028 0000 ffff fd010000000000000000000000000000"
                      "fd010000000000000000000000000000"),
                  "IPv4 of 40 bytes");
  ExpectMalformed(One("07 11 0003 0000 ffff 0a000001 0a000001"), "less than its header");
  ExpectMalformed(One("09 00 0000"), "no length at all");
  ExpectMalformed(One("09 00 0005"), "beyond the end");
}

TEST(PayloadTsTest, TheCountIsThatOfTheSelectors) {
  for (const uint8_t count : std::initializer_list<uint8_t>{0, 1, 3, 65, 255}) {
    Buffer body = Hex(kByHand);
    body[0] = count;
    ExpectMalformed(body, std::to_string(count));
  }
  ExpectMalformed({}, "empty");
  ExpectMalformed(Hex("01 0000"), "less than its header");
  ExpectMalformed(Hex("01 000000"), "none there");
}

TEST(PayloadTsTest, UnknownTypesAreSkipped) {
  // RFC 4595's Fibre Channel addresses and RFC 9478's security label.
  const auto selectors =
      ParseTs(Hex("03 000000 09 00 0018 0000000000000000000000000000000000000000"
                  "07 00 0010 0000 ffff 0a000001 0a000001  0a 00 0006 7878"));
  ASSERT_TRUE(selectors.has_value());
  ASSERT_EQ(selectors->size(), 1u);
  EXPECT_EQ(selectors->at(0).first, At("10.0.0.1"));
  const auto none = ParseTs(One("0a 00 0004"));
  ASSERT_TRUE(none.has_value());
  EXPECT_TRUE(none->empty());
}

TEST(PayloadTsTest, AtMost64Selectors) {
  std::vector<TrafficSelector> selectors(kMaxSelectors, ByHand()[0]);
  MessageBuilder message;
  AddTs(message, PayloadType::kTsInitiator, selectors);
  Buffer body = Body(message);
  EXPECT_EQ(ParseTs(body)->size(), kMaxSelectors);
  const Buffer more = Hex("07 06 0010 0050 005a 0a010000 0a0100ff");
  body.insert(body.end(), more.begin(), more.end());
  body[0] = kMaxSelectors + 1;
  ExpectMalformed(body, "65");
  selectors.push_back(selectors[0]);
  MessageBuilder too_many;
  AddTs(too_many, PayloadType::kTsInitiator, selectors);
  EXPECT_EQ(Failure(too_many), ErrorCode::kInvalidArgument);
}

TEST(PayloadTsTest, WhatCannotBeWritten) {
  const auto failure = [](const TrafficSelector& selector) {
    MessageBuilder message;
    AddTs(message, PayloadType::kTsResponder, {&selector, 1});
    return Failure(message);
  };
  EXPECT_EQ(failure({}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(failure({0, 0, 65535, At("10.0.0.1"), At("fd01::")}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(failure({0, 0, 65535, At("10.0.0.2"), At("10.0.0.1")}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(failure({0, 2, 1, At("10.0.0.1"), At("10.0.0.1")}), ErrorCode::kInvalidArgument);
  MessageBuilder none;
  AddTs(none, PayloadType::kTsInitiator, {});
  EXPECT_EQ(Failure(none), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace vam::ike::v2
