#include "sw/ike/v2/wire/payload_sa.h"

#include <gtest/gtest.h>

#include "tests/unit/sw/ike/v2/wire/messages.h"

namespace vam::ike::v2 {
namespace {

using test::Body;
using test::Buffer;
using test::Failure;
using test::Hex;

// Two proposals by hand, after RFC 7296, 3.3: ESP with AES-GCM-16 (128 bits) and ESN or none, then
// ESP with AES-CBC (256 bits) and HMAC-SHA2-256-128 without ESN.
const char kOffer[] =
    "02 00 0028 01 03 04 03 c0ffee01"
    "03 00 000c 01 00 0014 800e 0080"
    "03 00 0008 05 00 0001"
    "00 00 0008 05 00 0000"
    "00 00 0028 02 03 04 03 c0ffee02"
    "03 00 000c 01 00 000c 800e 0100"
    "03 00 0008 03 00 000c"
    "00 00 0008 05 00 0000";

std::vector<Proposal> Offer() {
  return {{1,
           Protocol::kEsp,
           0xc0ffee01,
           4,
           {{TransformType::kEncryption, 20, 128, false},
            {TransformType::kEsn, 1, 0, false},
            {TransformType::kEsn, 0, 0, false}}},
          {2,
           Protocol::kEsp,
           0xc0ffee02,
           4,
           {{TransformType::kEncryption, 12, 256, false},
            {TransformType::kIntegrity, 12, 0, false},
            {TransformType::kEsn, 0, 0, false}}}};
}

Proposal Ike(uint8_t number, uint64_t spi, uint8_t spi_bytes) {
  return {number, Protocol::kIke, spi, spi_bytes, {{TransformType::kKeyExchange, 31, 0, false}}};
}

void ExpectMalformed(const Buffer& body, const std::string& what) {
  const auto offer = ParseSa(body);
  ASSERT_FALSE(offer.has_value()) << what;
  EXPECT_EQ(offer.error().code, ErrorCode::kMalformed) << what;
}

TEST(PayloadSaTest, AnOfferByHand) {
  const auto offer = ParseSa(Hex(kOffer));
  ASSERT_TRUE(offer.has_value());
  EXPECT_EQ(*offer, Offer());
}

TEST(PayloadSaTest, IsBuiltAsByHand) {
  MessageBuilder message;
  AddSa(message, Offer());
  EXPECT_EQ(Body(message), Hex(kOffer));
  EXPECT_EQ(message.first(), PayloadType::kSa);
}

TEST(PayloadSaTest, SpisOfTheIkeSa) {
  for (const uint8_t spi_bytes : {uint8_t{0}, uint8_t{8}}) {
    const std::vector<Proposal> offer = {
        Ike(1, spi_bytes == 0 ? 0 : 0x8899aabbccddeeff, spi_bytes)};
    MessageBuilder message;
    AddSa(message, offer);
    const auto parsed = ParseSa(Body(message));
    ASSERT_TRUE(parsed.has_value());
    EXPECT_EQ(*parsed, offer);
  }
}

TEST(PayloadSaTest, OnlyTheSpiLengthsOfTheProtocols) {
  for (unsigned protocol = 0; protocol < 8; ++protocol) {
    for (unsigned spi_bytes = 0; spi_bytes <= 16; ++spi_bytes) {
      Buffer body = {0,
                     0,
                     0,
                     static_cast<uint8_t>(16 + spi_bytes),
                     1,
                     static_cast<uint8_t>(protocol),
                     static_cast<uint8_t>(spi_bytes),
                     1};
      body.resize(8 + spi_bytes, 0xab);
      const Buffer transform = Hex("00 00 0008 01 00 0014");
      body.insert(body.end(), transform.begin(), transform.end());
      const bool expected = protocol == 1 ? spi_bytes == 0 || spi_bytes == 8
                            : protocol == 2 || protocol == 3
                                ? spi_bytes == 4
                                : spi_bytes == 0 || spi_bytes == 4 || spi_bytes == 8;
      EXPECT_EQ(ParseSa(body).has_value(), expected) << protocol << " " << spi_bytes;
    }
  }
}

TEST(PayloadSaTest, AChosenProposalKeepsItsNumber) {
  for (const unsigned number : {1u, 2u, 7u, 255u}) {
    MessageBuilder message;
    const Proposal chosen = Ike(static_cast<uint8_t>(number), 0, 0);
    AddSa(message, {&chosen, 1});
    const Buffer body = Body(message);
    const auto parsed = ParseChosenSa(body);
    ASSERT_TRUE(parsed.has_value()) << number;
    EXPECT_EQ(*parsed, chosen);
    EXPECT_EQ(ParseSa(body).has_value(), number == 1);
  }
  EXPECT_FALSE(ParseChosenSa(Hex(kOffer)).has_value()) << "two proposals";
  EXPECT_FALSE(ParseChosenSa({}).has_value());
  EXPECT_FALSE(ParseChosenSa(Hex("00 00 0010 00 01 00 01  00 00 0008 04 00 001f")).has_value());
}

TEST(PayloadSaTest, NumbersCountUpFromOne) {
  for (const auto& [first, second] : {std::pair{0, 1}, {2, 3}, {1, 1}, {1, 3}, {2, 1}}) {
    Buffer body = Hex(kOffer);
    body[4] = static_cast<uint8_t>(first);
    body[40 + 4] = static_cast<uint8_t>(second);
    ExpectMalformed(body, std::to_string(first) + " " + std::to_string(second));
  }
}

TEST(PayloadSaTest, MarksOfTheLastOne) {
  const Buffer good = Hex(kOffer);
  for (const size_t at : {0u, 12u, 24u, 32u, 40u, 52u, 64u, 72u}) {
    for (const uint8_t mark : std::initializer_list<uint8_t>{0, 1, 2, 3, 255}) {
      if (good[at] == mark) continue;
      Buffer body = good;
      body[at] = mark;
      ExpectMalformed(body, std::to_string(at) + " is " + std::to_string(mark));
    }
  }
}

TEST(PayloadSaTest, TheCountIsThatOfTheTransforms) {
  for (const uint8_t count : std::initializer_list<uint8_t>{0, 1, 2, 4, 255}) {
    Buffer body = Hex(kOffer);
    body[7] = count;
    ExpectMalformed(body, std::to_string(count));
  }
}

TEST(PayloadSaTest, NoProposalIsMalformed) { ExpectMalformed({}, "empty"); }

TEST(PayloadSaTest, AtMost32ProposalsOf128Transforms) {
  std::vector<Proposal> offer;
  for (size_t i = 1; i <= kMaxProposals; ++i) offer.push_back(Ike(static_cast<uint8_t>(i), 0, 0));
  offer[0].transforms.resize(kMaxTransforms, offer[0].transforms[0]);
  MessageBuilder message;
  AddSa(message, offer);
  Buffer body = Body(message);
  const auto parsed = ParseSa(body);
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(*parsed, offer);

  body[body.size() - 16] = 2;  // one more proposal
  const Buffer more = Hex("00 00 0010 21 01 00 01  00 00 0008 04 00 001f");
  body.insert(body.end(), more.begin(), more.end());
  ExpectMalformed(body, "33 proposals");
  offer.push_back(Ike(33, 0, 0));
  MessageBuilder too_many;
  AddSa(too_many, offer);
  EXPECT_EQ(Failure(too_many), ErrorCode::kInvalidArgument);

  std::vector<Proposal> wide = {Ike(1, 0, 0)};
  wide[0].transforms.resize(kMaxTransforms + 1, wide[0].transforms[0]);
  MessageBuilder too_wide;
  AddSa(too_wide, wide);
  EXPECT_EQ(Failure(too_wide), ErrorCode::kInvalidArgument);
  Buffer wide_body = Hex("00 00 0410 01 01 00 81");  // 129 transforms by hand
  for (int i = 0; i < 129; ++i) {
    const Buffer transform = Hex(i == 128 ? "00 00 0008 04 00 001f" : "03 00 0008 04 00 001f");
    wide_body.insert(wide_body.end(), transform.begin(), transform.end());
  }
  ASSERT_EQ(wide_body.size(), 0x410u);
  ExpectMalformed(wide_body, "129 transforms");
}

// The attributes of one transform by hand.
Result<Transform> WithAttributes(std::string_view hex) {
  const Buffer attributes = Hex(hex);
  Buffer body = Hex("00 00 0000 01 01 00 01  00 00 0000 01 00 000c");
  body.insert(body.end(), attributes.begin(), attributes.end());
  StoreBe16(body.data() + 2, static_cast<uint16_t>(body.size()));
  StoreBe16(body.data() + 10, static_cast<uint16_t>(body.size() - 8));
  VAM_TRY(const std::vector<Proposal> offer, ParseSa(body));
  return offer[0].transforms[0];
}

TEST(PayloadSaTest, OnlyKeyLengthIsAKnownAttribute) {
  EXPECT_EQ(*WithAttributes(""), (Transform{TransformType::kEncryption, 12, 0, false}));
  EXPECT_EQ(*WithAttributes("800e 0100"), (Transform{TransformType::kEncryption, 12, 256, false}));
  const auto unknown = [](std::string_view hex) {
    const auto transform = WithAttributes(hex);
    EXPECT_TRUE(transform.has_value()) << hex;
    return transform.has_value() && transform->unknown_attribute;
  };
  EXPECT_TRUE(unknown("800e 0000")) << "no bits";
  EXPECT_TRUE(unknown("000e 0002 0100")) << "type/length/value";
  EXPECT_TRUE(unknown("800e 0100 800e 0080")) << "twice";
  EXPECT_TRUE(unknown("800f 0001")) << "another type";
  EXPECT_TRUE(unknown("000f 0000")) << "another type, empty";
  EXPECT_TRUE(unknown("800e 0100 000f 0003 aabbcc")) << "another one beside it";
}

TEST(PayloadSaTest, CutOffAttributesAreMalformed) {
  for (const char* hex : {"80", "800e", "800e 01", "000e 0002 01", "000f ffff", "800e 0100 80"}) {
    const auto transform = WithAttributes(hex);
    ASSERT_FALSE(transform.has_value()) << hex;
    EXPECT_EQ(transform.error().code, ErrorCode::kMalformed);
  }
}

TEST(PayloadSaTest, WhatCannotBeWritten) {
  const auto failure = [](const Proposal& proposal) {
    MessageBuilder message;
    AddSa(message, {&proposal, 1});
    return Failure(message);
  };
  EXPECT_EQ(failure(Ike(1, 0, 4)), ErrorCode::kInvalidArgument);
  EXPECT_EQ(failure(Ike(1, 0, 16)), ErrorCode::kInvalidArgument);
  EXPECT_EQ(failure(Ike(1, 1, 0)), ErrorCode::kInvalidArgument);
  Proposal esp = Offer()[0];
  esp.spi = 0x100000000;
  EXPECT_EQ(failure(esp), ErrorCode::kInvalidArgument);
  Proposal unknown = Ike(1, 0, 0);
  unknown.transforms[0].unknown_attribute = true;
  EXPECT_EQ(failure(unknown), ErrorCode::kInvalidArgument);
  Proposal none = Ike(1, 0, 0);
  none.transforms.clear();
  EXPECT_EQ(failure(none), ErrorCode::kInvalidArgument);
  MessageBuilder empty;
  AddSa(empty, {});
  EXPECT_EQ(Failure(empty), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace vam::ike::v2
