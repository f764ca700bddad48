#include "sw/pki/der.h"

#include <gtest/gtest.h>

#include <vector>

namespace vam::pki {
namespace {

Status Check(std::initializer_list<uint8_t> der) { return CheckDer(std::vector<uint8_t>(der)); }

TEST(DerTest, WholeElements) {
  EXPECT_TRUE(Check({0x05, 0x00}));
  EXPECT_TRUE(Check({0x30, 0x00}));
  EXPECT_TRUE(Check({0x30, 0x05, 0x02, 0x01, 0x07, 0x30, 0x00}));
  std::vector<uint8_t> longer = {0x30, 0x81, 0x82, 0x04, 0x81, 0x7f};
  longer.resize(6 + 0x7f);
  EXPECT_FALSE(CheckDer(longer)) << "a length that fits in one byte stands in two";
  longer = {0x30, 0x81, 0x83, 0x04, 0x81, 0x80};
  longer.resize(6 + 0x80);
  EXPECT_TRUE(CheckDer(longer));
}

TEST(DerTest, WhatIsBer) {
  EXPECT_FALSE(Check({0x30, 0x80, 0x00, 0x00})) << "an indefinite length";
  EXPECT_FALSE(Check({0x30, 0x82, 0x00, 0x80})) << "a length with a zero in front";
  EXPECT_FALSE(Check({0x1f, 0x20, 0x00})) << "a long tag";
}

TEST(DerTest, WhatIsCutOrContinued) {
  EXPECT_FALSE(CheckDer({}));
  EXPECT_FALSE(Check({0x30}));
  EXPECT_FALSE(Check({0x30, 0x02, 0x05}));
  EXPECT_FALSE(Check({0x05, 0x00, 0x00}));
  EXPECT_FALSE(Check({0x30, 0x84, 0xff, 0xff, 0xff, 0xff}));
  EXPECT_FALSE(Check({0x30, 0x85, 0x01, 0x00, 0x00, 0x00, 0x00}));
  EXPECT_FALSE(Check({0x30, 0x03, 0x30, 0x02, 0x00})) << "the inner reaches out of the outer";
}

TEST(DerTest, DepthIsBounded) {
  std::vector<uint8_t> der = {0x05, 0x00};
  for (size_t depth = 0; depth < kMaxDerDepth; ++depth) {
    der.insert(der.begin(), {0x30, static_cast<uint8_t>(der.size())});
  }
  EXPECT_TRUE(CheckDer(der));
  der.insert(der.begin(), {0x30, static_cast<uint8_t>(der.size())});
  const Status deeper = CheckDer(der);
  ASSERT_FALSE(deeper);
  EXPECT_EQ(deeper.error().code, ErrorCode::kExhausted);
}

}  // namespace
}  // namespace vam::pki
