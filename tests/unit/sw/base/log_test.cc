#include "sw/base/log.h"

#include <gtest/gtest.h>

#include <regex>
#include <string>

namespace vam {
namespace {

TEST(LogTest, WritesOneLineWithTimeLevelAndName) {
  testing::internal::CaptureStderr();
  SetLogName("fwd");
  Log(LogLevel::kWarning, "port {} is {}", 1, "up");
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_TRUE(
      std::regex_match(text, std::regex(R"(\d{4}-\d\d-\d\dT[\d:.]+Z warning fwd: port 1 is up\n)")))
      << text;
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
