#include "sw/mgmt/pipe.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "sw/mgmt/exec.h"

namespace vam::mgmt {
namespace {

constexpr std::string_view kText = "a 1\n b 2\n  c 3\nd 1\n e 5\n";

std::string Filtered(const std::string& filters) {
  const auto piped = SplitPipe("show x " + filters);
  if (!piped) return piped.error().text;
  return ApplyFilters(std::string(kText), piped->filters);
}

TEST(Pipe, Filters) {
  EXPECT_EQ(Filtered("| include 1"), "a 1\nd 1\n");
  EXPECT_EQ(Filtered("| inc b|c"), " b 2\n  c 3\n");
  EXPECT_EQ(Filtered("| exclude [1-3]"), " e 5\n");
  EXPECT_EQ(Filtered("| begin c"), "  c 3\nd 1\n e 5\n");
  EXPECT_EQ(Filtered("| section ^a"), "a 1\n b 2\n  c 3\n");
  EXPECT_EQ(Filtered("| section a | include 2"), " b 2\n");
  EXPECT_EQ(Filtered("| count 1"), "Number of lines which match regexp = 2\n");
}
TEST(Pipe, Help) {
  EXPECT_EQ(FilterHelp("show x | ").size(), 6u);
  ASSERT_EQ(FilterHelp("show x | inc").size(), 1u);
  EXPECT_EQ(FilterHelp("show x | include a | j")[0].first, "json");
}
TEST(Pipe, Json) {
  const auto piped = SplitPipe("show x | json | include y");
  ASSERT_TRUE(piped);
  EXPECT_TRUE(piped->json);
  EXPECT_EQ(piped->command, "show x");
  EXPECT_EQ(piped->filters.size(), 1u);
}
TEST(Pipe, Errors) {
  for (const char* line :
       {"show x |", "show x | foo y", "show x | include", "show x | include [", "show x | json y",
        "show x | include a{1,255}{1,255}{1,255}", "show x | include (a*)\\1"}) {
    EXPECT_FALSE(SplitPipe(line)) << line;
  }
}

TEST(Exec, CommandsAreUnderstood) {
  const auto parse = [](std::string_view line) {
    auto parsed = ParseExec(config::Mode::kExec, line);
    return std::holds_alternative<ExecCommand>(parsed) ? std::get<ExecCommand>(parsed)
                                                       : ExecCommand();
  };
  EXPECT_EQ(parse("sh cry ips sa").show.kind(), api::SHOW_IPSEC_SA);
  EXPECT_EQ(parse("show crypto ipsec sa map vpn").show.map(), "vpn");
  EXPECT_EQ(parse("show crypto ipsec sa peer 1.2.3.4").show.peer(), "1.2.3.4");
  EXPECT_EQ(parse("show crypto map tag vpn").show.map(), "vpn");
  EXPECT_EQ(parse("show crypto dynamic-map tag d").show.kind(), api::SHOW_CRYPTO_DYNAMIC_MAP);
  EXPECT_EQ(parse("show crypto dynamic-map tag d").show.map(), "d");
  EXPECT_EQ(parse("show crypto ipsec transform-set tag t").show.map(), "t");
  EXPECT_EQ(parse("sh cry ips def tr").show.kind(), api::SHOW_CRYPTO_DEFAULT_TRANSFORM_SET);
  EXPECT_EQ(parse("show crypto ipsec security-association lifetime").show.kind(),
            api::SHOW_CRYPTO_LIFETIME);
  EXPECT_EQ(parse("show int net1").show.interface(), "net1");
  EXPECT_EQ(parse("clear crypto sa counters").clear.kind(), api::CLEAR_CRYPTO_SA_COUNTERS);
  EXPECT_EQ(parse("clear crypto sa").clear.kind(), api::CLEAR_CRYPTO_SA);
  EXPECT_EQ(parse("clear counters net1").clear.interface(), "net1");
  EXPECT_EQ(parse("conf t").kind, ExecCommand::Kind::kConfigure);
  EXPECT_EQ(parse("wr").kind, ExecCommand::Kind::kWriteMemory);
  EXPECT_TRUE(parse("show startup-config").startup);
  EXPECT_TRUE(std::holds_alternative<config::Mismatch>(ParseExec(config::Mode::kExec, "reload")));
}

TEST(Exec, TheReferenceIsUpToDate) {
  std::ifstream file(std::string(VAM_SOURCE_DIR) + "/docs/reference/cli.md");
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  EXPECT_EQ(text, CommandReference()) << "run: vamd --print-cli-reference > docs/reference/cli.md";
}

}  // namespace
}  // namespace vam::mgmt
