#include "sw/base/result.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <type_traits>

namespace vam {
namespace {

Result<int> Half(int value) {
  if (value % 2 != 0) return Err(ErrorCode::kInvalidArgument, "odd");
  return value / 2;
}

Result<std::string> Quarter(int value) {
  VAM_TRY(const int half, Half(value));
  VAM_TRY(const int quarter, Half(half));
  return std::to_string(quarter);
}

Status Even(int value) {
  VAM_TRY_STATUS(Half(value).transform([](int) { return 0; }));
  return Ok();
}

TEST(ResultTest, HoldsAValue) {
  const Result<int> result = Half(8);
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(*result, 4);
  EXPECT_EQ(result.value_or(1), 4);
}

TEST(ResultTest, HoldsAnErrorWithItsPlace) {
  const Result<int> result = Half(7);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, ErrorCode::kInvalidArgument);
  EXPECT_NE(std::string(result.error().file).find("result_test.cc"), std::string::npos);
  EXPECT_EQ(result.value_or(1), 1);
  EXPECT_EQ(ToString(result.error()).rfind("kInvalidArgument: odd (", 0), 0u);
}

TEST(ResultTest, TryPassesTheFirstErrorOn) {
  EXPECT_EQ(*Quarter(8), "2");
  EXPECT_FALSE(Quarter(6).has_value());
  EXPECT_FALSE(Quarter(3).has_value());
  EXPECT_TRUE(Even(2).has_value());
  EXPECT_FALSE(Even(3).has_value());
}

TEST(ResultTest, MonadicCalls) {
  EXPECT_EQ(*Half(8).and_then(Half), 2);
  EXPECT_FALSE(Half(6).and_then(Half).has_value());
  EXPECT_EQ(*Half(8).transform([](int v) { return std::to_string(v); }), "4");
}

TEST(ResultTest, CarriesMoveOnlyValues) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(3);
  const std::unique_ptr<int> moved = std::move(*result);
  EXPECT_EQ(*moved, 3);
}

TEST(ResultTest, EveryCodeHasAName) {
  for (int code = 0; code <= static_cast<int>(ErrorCode::kInternal); ++code) {
    EXPECT_STRNE(ErrorCodeName(static_cast<ErrorCode>(code)), "?");
  }
}

TEST(ResultDeathTest, TheValueOfAnErrorIsOurBug) {
  EXPECT_DEATH({ [[maybe_unused]] const int v = *Half(7); }, "VAM_CHECK failed");
  EXPECT_DEATH({ [[maybe_unused]] const Error e = Half(8).error(); }, "VAM_CHECK failed");
}

}  // namespace
}  // namespace vam
