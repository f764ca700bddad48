#include "sw/base/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace vam {
namespace {

TEST(LogTest, WritesOneLineWithTimeLevelAndName) {
  testing::internal::CaptureStderr();
  SetLogName("fwd");
  Log(LogLevel::kWarning, "port {} is {}", 1, "up");
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_THAT(text, testing::MatchesRegex("[0-9-]{10}T[0-9:.]{12}Z warning fwd: port 1 is up\n"));
}

TEST(LogTest, LevelsBelowTheSetOneAreSilent) {
  testing::internal::CaptureStderr();
  Log(LogLevel::kDebug, "hidden");
  SetLogLevel(LogLevel::kDebug);
  Log(LogLevel::kDebug, "shown");
  SetLogLevel(LogLevel::kInfo);
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_EQ(text.find("hidden"), std::string::npos);
  EXPECT_NE(text.find("shown"), std::string::npos);
}

TEST(LogTest, BracesInAFinishedLineAreText) {
  testing::internal::CaptureStderr();
  LogText(LogLevel::kInfo, "{} {0} {:d}");
  EXPECT_NE(testing::internal::GetCapturedStderr().find("{} {0} {:d}"), std::string::npos);
}

}  // namespace
}  // namespace vam
