#include "sw/ike/identity.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "sw/base/rng.h"
#include "sw/pki/name.h"
#include "tests/support/seed.h"

namespace vam::ike {
namespace {

using Buffer = std::vector<uint8_t>;

Identity Fqdn(std::string_view text) { return Identity::Of(IdentityType::kFqdn, text); }
Identity Email(std::string_view text) { return Identity::Of(IdentityType::kEmail, text); }

ErrorCode Refusal(uint8_t type, const Buffer& data) {
  const auto identity = Identity::FromWire(type, data);
  EXPECT_FALSE(identity.has_value());
  return identity ? ErrorCode::kInternal : identity.error().code;
}

TEST(IdentityTest, FromTheWire) {
  const auto v4 = Identity::FromWire(1, Buffer{10, 0, 0, 1});
  ASSERT_TRUE(v4.has_value());
  EXPECT_EQ(ToString(*v4), "10.0.0.1");
  EXPECT_EQ(*v4, Identity::Of(*net::Address::Parse("10.0.0.1")));
  Buffer v6(16);
  v6[15] = 1;
  EXPECT_EQ(ToString(*Identity::FromWire(5, v6)), "::1");
  EXPECT_EQ(ToString(*Identity::FromWire(2, Buffer{'g', 'w', '.', 'x'})), "gw.x");
  EXPECT_EQ(ToString(*Identity::FromWire(11, Buffer{'i', 'd'})), "id");
  EXPECT_EQ(ToString(*Identity::FromWire(11, Buffer{0, 0xff})), "00ff");
  EXPECT_EQ(Refusal(1, {10, 0, 0}), ErrorCode::kMalformed);
  EXPECT_EQ(Refusal(1, Buffer(16)), ErrorCode::kMalformed);
  EXPECT_EQ(Refusal(5, Buffer(4)), ErrorCode::kMalformed);
  for (const uint8_t type : std::initializer_list<uint8_t>{1, 2, 3, 5, 9, 11}) {
    EXPECT_EQ(Refusal(type, {}), ErrorCode::kMalformed) << int{type};
  }
  for (const uint8_t type : std::initializer_list<uint8_t>{0, 4, 6, 10, 12, 13, 200}) {
    EXPECT_EQ(Refusal(type, {'a'}), ErrorCode::kUnsupported) << int{type};
  }
  for (const uint8_t c : std::initializer_list<uint8_t>{0x00, 0x0a, 0x1b, 0x7f, 0x80, 0xff}) {
    EXPECT_EQ(Refusal(2, {'a', c}), ErrorCode::kMalformed) << int{c};
    EXPECT_EQ(Refusal(3, {c, 'a'}), ErrorCode::kMalformed) << int{c};
  }
}

// Whatever a peer sends: short, and nothing that a terminal would obey.
TEST(IdentityTest, TextOfHostileBytes) {
  SeededRng rng(vam::test::TestSeed());
  for (int i = 0; i < 20'000; ++i) {
    Buffer data(rng.Below(600));
    rng.Fill(data);
    if (i % 2 == 0) {
      for (uint8_t& c : data) c = static_cast<uint8_t>(0x20 + c % 0x5f);
    }
    const auto identity = Identity::FromWire(static_cast<uint8_t>(rng.Below(14)), data);
    if (!identity) continue;
    const std::string text = ToString(*identity);
    EXPECT_LE(text.size(), 255U);
    EXPECT_TRUE(std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f; }));
  }
}

TEST(IdentityTest, DistinguishedNamesAreText) {
  const auto shown = [](std::string_view name) {
    return ToString({IdentityType::kDn, *pki::NameFromText(name)});
  };
  EXPECT_EQ(shown("CN=gw.example.com,O=Example"), "CN=gw.example.com,O=Example");
  EXPECT_EQ(ToString(Identity{IdentityType::kDn, {0x30, 0x05, 0x01}}), "300501") << "no name";
  // Cut between characters, of which each is two bytes here.
  std::string name = "CN=";
  for (int i = 0; i < 30; ++i) name += "\xc3\xa9";
  const std::string text = shown(name + ",O=ab" + name.substr(3) + ",OU=" + name.substr(3) +
                                 ",L=" + name.substr(3) + ",ST=" + name.substr(3));
  EXPECT_LE(text.size(), 255U);
  EXPECT_GE(text.size(), 254U);
  EXPECT_EQ(static_cast<uint8_t>(text[text.size() - 2]), 0xc3);
}

TEST(IdentityTest, EqualOnesAreFolded) {
  EXPECT_EQ(Folded(Email("Joe@Example.com")), Email("joe@example.com"));
  // Key ids are bytes: case counts.
  const auto key_id = [](std::string_view text) {
    return Identity::Of(IdentityType::kKeyId, text);
  };
  EXPECT_EQ(Folded(Fqdn("A.B")), Fqdn("a.b"));
  EXPECT_EQ(Folded(key_id("A")), key_id("A"));
  EXPECT_TRUE(Identity().empty());
}

}  // namespace
}  // namespace vam::ike
