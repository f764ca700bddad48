// `metrics listen`.
#include <gmock/gmock.h>

#include "sw/config/render.h"
#include "tests/unit/sw/config/read_text.h"

namespace vam::config {
namespace {

using test::FirstError;
using test::Read;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::string Shown(std::string_view text) { return Render(Read(text).running, Keys::kShown); }

TEST(MetricsStatements, OffUntilTheyAreAskedForAndThenOnLoopback) {
  EXPECT_FALSE(Running().metrics);
  EXPECT_THAT(Render(Running(), Keys::kShown), Not(HasSubstr("metrics")));
  EXPECT_THAT(Shown("metrics listen\n"), HasSubstr("metrics listen 127.0.0.1 port 9464\n"));
  EXPECT_THAT(Shown("metrics listen port 1024\n"),
              HasSubstr("metrics listen 127.0.0.1 port 1024\n"));
  EXPECT_THAT(Shown("metrics listen ::1\n"), HasSubstr("metrics listen ::1 port 9464\n"));
  EXPECT_THAT(Read("metrics listen\n").notices, IsEmpty());
  EXPECT_FALSE(Read("metrics listen 192.0.2.1\nno metrics listen\n").running.metrics);
}
TEST(MetricsStatements, TheLastOneCounts) {
  EXPECT_THAT(Shown("metrics listen\nmetrics listen 10.0.0.1 port 65535\n"),
              HasSubstr("metrics listen 10.0.0.1 port 65535\n"));
}
TEST(MetricsStatements, WhoCanReadThemIsSaid) {
  EXPECT_THAT(Read("metrics listen 0.0.0.0\n").notices,
              ElementsAre("whoever reaches 0.0.0.0 port 9464 of the host can read the metrics"));
}
TEST(MetricsStatements, WhatIsRefused) {
  for (const char* text : {"metrics listen 224.0.0.1\n", "metrics listen 255.255.255.255\n",
                           "metrics listen fe80::1\n", "metrics listen ff02::1\n"}) {
    EXPECT_EQ(FirstError(text).message, "not an address to listen at") << text;
  }
  for (const char* text : {"metrics listen port 80\n", "metrics listen port 65536\n", "metrics\n",
                           "metrics listen vrf red\n"}) {
    FirstError(text);
  }
}

}  // namespace
}  // namespace vam::config
