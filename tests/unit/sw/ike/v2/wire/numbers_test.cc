#include "sw/ike/v2/wire/numbers.h"

#include <gtest/gtest.h>

#include <set>

namespace vam::ike::v2 {
namespace {

TEST(NumbersTest, NamesAreThoseOfTheRfcs) {
  EXPECT_EQ(Name(ExchangeType::kIkeSaInit), "IKE_SA_INIT");
  EXPECT_EQ(Name(ExchangeType{43}), "IKE_INTERMEDIATE");
  EXPECT_EQ(Name(PayloadType{53}), "SKF");
  EXPECT_EQ(Name(NotifyType{14}), "NO_PROPOSAL_CHOSEN");
  EXPECT_EQ(Name(NotifyType{16393}), "REKEY_SA");
  EXPECT_EQ(Name(NotifyType{16444}), "SA_RESOURCE_INFO");
  EXPECT_EQ(Name(AuthMethod{14}), "Digital Signature");
}

TEST(NumbersTest, NumbersWithoutANameAreNumbers) {
  EXPECT_EQ(Name(NotifyType{24000}), "24000");
  EXPECT_EQ(Name(NotifyType{0}), "0");
  EXPECT_EQ(Name(ExchangeType{255}), "255");
  EXPECT_EQ(Name(PayloadType{1}), "1");
  EXPECT_EQ(Name(AuthMethod{200}), "200");
}

TEST(NumbersTest, NoTwoNumbersShareAName) {
  std::set<std::string> names;
  for (unsigned i = 0; i < 65'536; ++i) {
    EXPECT_TRUE(names.insert(Name(static_cast<NotifyType>(i))).second) << i;
  }
}

TEST(NumbersTest, ErrorsAreBelow16384) {
  EXPECT_TRUE(IsError(NotifyType::kTsMaxQueue));
  EXPECT_TRUE(IsError(NotifyType{16383}));
  EXPECT_FALSE(IsError(NotifyType::kInitialContact));
  EXPECT_FALSE(IsError(NotifyType{65535}));
}

TEST(NumbersTest, KnownPayloadsAreThoseOfVersion2) {
  for (unsigned i = 0; i < 256; ++i) {
    EXPECT_EQ(IsKnown(static_cast<PayloadType>(i)), (i >= 33 && i <= 48) || i == 53) << i;
  }
}

}  // namespace
}  // namespace vam::ike::v2
