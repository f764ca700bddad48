#include "sw/ike/v2/wire/message.h"

#include <gtest/gtest.h>

#include "tests/unit/sw/ike/v2/wire/messages.h"

namespace vam::ike::v2 {
namespace {

using test::Buffer;
using test::Counting;
using test::Failure;
using test::Hex;
using test::Of;
using test::Payloads;

ErrorCode ChainError(PayloadType first, std::string_view hex) {
  const auto chain = ParseChain(first, Hex(hex));
  EXPECT_FALSE(chain.has_value()) << hex;
  return chain.has_value() ? ErrorCode::kInternal : chain.error().code;
}

TEST(MessageTest, AChainByHand) {
  // SA of 2 bytes, then an unknown critical payload 99 of none, then a nonce with reserved bits.
  const Buffer bytes = Hex("63 00 0006 aabb  28 80 0004  00 7f 0005 cc");
  const auto chain = ParseChain(PayloadType::kSa, bytes);
  ASSERT_TRUE(chain.has_value());
  ASSERT_EQ(chain->payloads.size(), 3u);
  EXPECT_FALSE(chain->encrypted.has_value());
  EXPECT_EQ(chain->payloads[0].type, PayloadType::kSa);
  EXPECT_EQ(Of(chain->payloads[0].body), Hex("aabb"));
  EXPECT_FALSE(chain->payloads[0].critical);
  EXPECT_EQ(static_cast<int>(chain->payloads[1].type), 99);
  EXPECT_TRUE(chain->payloads[1].critical);
  EXPECT_TRUE(chain->payloads[1].body.empty());
  EXPECT_FALSE(chain->payloads[2].critical);
  EXPECT_EQ(chain->payloads[2].body.data(), bytes.data() + 14);  // a span into the message

  EXPECT_EQ(Find(chain->payloads, PayloadType::kNonce), &chain->payloads[2]);
  EXPECT_EQ(Find(chain->payloads, PayloadType::kKe), nullptr);
  EXPECT_EQ(FindUnknownCritical(chain->payloads), &chain->payloads[1]);
}

TEST(MessageTest, NoPayloadIsAChain) {
  const auto chain = ParseChain(PayloadType::kNone, {});
  ASSERT_TRUE(chain.has_value());
  EXPECT_TRUE(chain->payloads.empty());
  EXPECT_EQ(FindUnknownCritical(chain->payloads), nullptr);
}

TEST(MessageTest, TheEncryptedPayloadEndsTheChain) {
  for (const PayloadType type : {PayloadType::kEncrypted, PayloadType::kEncryptedFragment}) {
    Buffer bytes = Hex("2e 00 0005 01  23 80 0006 0203");
    bytes[0] = static_cast<uint8_t>(type);
    const auto chain = ParseChain(PayloadType::kNotify, bytes, 28);
    ASSERT_TRUE(chain.has_value());
    EXPECT_EQ(chain->payloads.size(), 1u);
    ASSERT_TRUE(chain->encrypted.has_value());
    EXPECT_EQ(chain->encrypted->payload.type, type);
    EXPECT_TRUE(chain->encrypted->payload.critical);
    EXPECT_EQ(chain->encrypted->first_inner, PayloadType::kIdInitiator);
    EXPECT_EQ(chain->encrypted->offset, 33u);
    EXPECT_EQ(Of(chain->encrypted->payload.body), Hex("0203"));
    bytes.push_back(0);
    EXPECT_FALSE(ParseChain(PayloadType::kNotify, bytes).has_value());
  }
}

TEST(MessageTest, NothingEncryptedInsideWhatWasEncrypted) {
  const Buffer bytes = Hex("2e 00 0005 01  00 00 0004");
  EXPECT_TRUE(ParseChain(PayloadType::kNotify, bytes).has_value());
  const auto inner = ParseInner(PayloadType::kNotify, bytes);
  ASSERT_FALSE(inner.has_value());
  EXPECT_EQ(inner.error().code, ErrorCode::kMalformed);
  const auto good = ParseInner(PayloadType::kNotify, Hex("00 00 0005 01"));
  ASSERT_TRUE(good.has_value());
  EXPECT_EQ(good->size(), 1u);
}

TEST(MessageTest, BrokenChainsAreMalformed) {
  const PayloadType sa = PayloadType::kSa;
  EXPECT_EQ(ChainError(sa, ""), ErrorCode::kMalformed);
  EXPECT_EQ(ChainError(sa, "00 00 00"), ErrorCode::kMalformed);
  EXPECT_EQ(ChainError(sa, "00 00 0000"), ErrorCode::kMalformed);
  EXPECT_EQ(ChainError(sa, "00 00 0003"), ErrorCode::kMalformed);
  EXPECT_EQ(ChainError(sa, "00 00 0005"), ErrorCode::kMalformed);
  EXPECT_EQ(ChainError(sa, "00 00 0004 00"), ErrorCode::kMalformed);
  EXPECT_EQ(ChainError(sa, "21 00 0004"), ErrorCode::kMalformed);
  EXPECT_EQ(ChainError(PayloadType::kNone, "00 00 0004"), ErrorCode::kMalformed);
  // A length of 3 after which headers that overlap would make a chain.
  EXPECT_EQ(ChainError(sa, "2b 00 0003 00 0004 00 00 0004"), ErrorCode::kMalformed);
}

TEST(MessageTest, AtMost128Payloads) {
  MessageBuilder message;
  for (size_t i = 0; i < kMaxPayloads; ++i) message.Add(PayloadType::kVendorId, {});
  const auto chain = ParseChain(message.first(), Payloads(message));
  ASSERT_TRUE(chain.has_value());
  EXPECT_EQ(chain->payloads.size(), kMaxPayloads);
  message.Add(PayloadType::kVendorId, {});
  EXPECT_FALSE(ParseChain(message.first(), Payloads(message)).has_value());
}

TEST(MessageTest, OnlyWantsExactlyOne) {
  MessageBuilder message;
  message.Add(PayloadType::kNonce, Hex("01"));
  message.Add(PayloadType::kVendorId, Hex("02"));
  message.Add(PayloadType::kVendorId, Hex("03"));
  const Buffer bytes = Payloads(message);
  const auto chain = ParseChain(message.first(), bytes);
  ASSERT_TRUE(chain.has_value());
  EXPECT_EQ(Of(*Only(chain->payloads, PayloadType::kNonce)), Hex("01"));
  EXPECT_EQ(Only(chain->payloads, PayloadType::kVendorId).error().code, ErrorCode::kMalformed);
  EXPECT_EQ(Only(chain->payloads, PayloadType::kKe).error().code, ErrorCode::kMalformed);
}

TEST(MessageBuilderTest, WritesWhatTheRfcDraws) {
  MessageBuilder message;
  EXPECT_TRUE(message.empty());
  EXPECT_EQ(message.size(), 0u);
  message.Begin(PayloadType::kSa);
  message.U8(1);
  message.U16(0x0203);
  message.Add(PayloadType::kNonce, Hex("aabb"), true);
  message.Begin(PayloadType::kNotify);
  message.U32(0x04050607);
  message.U64(0x08090a0b0c0d0e0f);
  message.Zeros(2);
  EXPECT_EQ(Payloads(message),
            Hex("28 00 0007 010203  29 80 0006 aabb  00 00 0012 04050607 08090a0b0c0d0e0f 0000"));
  EXPECT_EQ(message.size(), 31u);
  Header header;
  header.initiator_spi = 1;
  header.exchange = ExchangeType::kIkeSaInit;
  header.from_initiator = true;
  const auto whole = message.Finish(header);
  ASSERT_TRUE(whole.has_value());
  EXPECT_EQ(*whole, Hex("0000000000000001 0000000000000000 21 20 22 08 00000000 0000003b"
                        "28000007010203 29800006aabb 0000001204050607 08090a0b0c0d0e0f 0000"));
  EXPECT_TRUE(message.empty());  // and ready for the next one
  message.Add(PayloadType::kNonce, Hex("cc"));
  EXPECT_EQ(message.Finish(header)->size(), 33u);
}

TEST(MessageBuilderTest, AMessageWithoutPayloads) {
  MessageBuilder message;
  EXPECT_TRUE(Payloads(message).empty());
  const auto whole = message.Finish({});
  ASSERT_TRUE(whole.has_value());
  EXPECT_EQ(whole->size(), kHeaderBytes);
  EXPECT_EQ((*whole)[16], 0);
}

TEST(MessageBuilderTest, TheEncryptedPayloadNamesItsFirstInnerOne) {
  MessageBuilder message;
  message.Add(PayloadType::kNotify, Hex("00000001"));
  message.BeginEncrypted(PayloadType::kEncrypted, PayloadType::kIdInitiator);
  message.Append(Hex("aabbcc"));
  EXPECT_EQ(Payloads(message), Hex("2e 00 0008 00000001  23 00 0007 aabbcc"));
  message.Add(PayloadType::kNonce, {});
  EXPECT_EQ(Failure(message), ErrorCode::kInvalidArgument);

  MessageBuilder fragment;
  fragment.BeginEncrypted(PayloadType::kEncryptedFragment, PayloadType::kNone);
  EXPECT_EQ(Payloads(fragment), Hex("00 00 0004"));
  EXPECT_EQ(fragment.first(), PayloadType::kEncryptedFragment);
}

TEST(MessageBuilderTest, WhatCannotBeWrittenIsAnErrorThatStays) {
  MessageBuilder nothing_open;
  nothing_open.U8(1);
  EXPECT_EQ(Failure(nothing_open), ErrorCode::kInvalidArgument);
  MessageBuilder none;
  none.Begin(PayloadType::kNone);
  EXPECT_EQ(Failure(none), ErrorCode::kInvalidArgument);
  MessageBuilder sk;
  sk.Begin(PayloadType::kEncrypted);
  EXPECT_EQ(Failure(sk), ErrorCode::kInvalidArgument);
  MessageBuilder not_sk;
  not_sk.BeginEncrypted(PayloadType::kNonce, PayloadType::kNone);
  EXPECT_EQ(Failure(not_sk), ErrorCode::kInvalidArgument);

  MessageBuilder message;
  message.Add(PayloadType::kCert, Buffer(65'535 - 4));
  EXPECT_EQ(Payloads(message).size(), 65'535u);
  message.U8(1);
  EXPECT_EQ(Failure(message), ErrorCode::kExhausted);
  message.Add(PayloadType::kNonce, Counting(16));
  message.Fail(Err(ErrorCode::kInternal, "later"));
  EXPECT_EQ(Failure(message), ErrorCode::kExhausted);
  EXPECT_EQ(message.Finish({}).error().code, ErrorCode::kExhausted);
  message.Add(PayloadType::kNonce, Counting(16));  // the error went with its message
  EXPECT_TRUE(message.Finish({}).has_value());
}

TEST(MessageBuilderTest, AMessageIsOneDatagram) {
  const size_t room = kMaxMessageBytes - kHeaderBytes - 2 * kPayloadHeaderBytes;
  for (const size_t size : {room - 60'000, room - 60'000 + 1}) {
    MessageBuilder message;
    message.Add(PayloadType::kCert, Buffer(60'000));
    message.Add(PayloadType::kCert, Buffer(size));
    EXPECT_EQ(Payloads(message).size(), size + 60'008);  // fragments may carry more (RFC 7383)
    const auto whole = message.Finish({});
    EXPECT_EQ(whole.has_value(), size == room - 60'000);
    if (!whole.has_value()) {
      EXPECT_EQ(whole.error().code, ErrorCode::kExhausted);
    }
  }
}

}  // namespace
}  // namespace vam::ike::v2
