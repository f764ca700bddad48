// show configuration pending, as an operator and as a program sees it.
#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>

#include "tests/unit/sw/mgmt/server_fixture.h"

namespace vam::mgmt {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class ShowPendingTest : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    Synchronise();
  }
  // The answer to `line` after these statements are in force.
  std::string After(std::vector<std::string> statements, const std::string& line) {
    statements.insert(statements.begin(), "configure terminal");
    statements.push_back("end");
    Run(std::move(statements));
    return Run({line}).text();
  }
};

const std::vector<std::string> kStatements{
    "ip cef",        "crypto isakmp policy 10",
    "encr aes 256",  "crypto isakmp key swordfish address 192.0.2.9",
    "policy-map p",  "class c",
    "priority",      "interface lan0",
    "ip nat inside", "duplex auto",
    "gatekeeper"};

TEST_F(ShowPendingTest, NothingIsPending) {
  EXPECT_EQ(Run({"show configuration pending"}).text(),
            "Every statement of the configuration acts.\n");
}
TEST_F(ShowPendingTest, EachStatementStandsBehindItsTopic) {
  EXPECT_EQ(After(kStatements, "show configuration pending"),
            "Topic            Statement\n"
            "Switching paths  ip cef\n"
            "QoS              policy-map p\n"
            "QoS               class c\n"
            "QoS                priority\n"
            "IKEv1            crypto isakmp policy 10\n"
            "IKEv1             encryption aes 256\n"
            "IKEv1            crypto isakmp key <removed> address 192.0.2.9\n"
            "-                interface lan0\n"
            "NAT               ip nat inside\n"
            "System            duplex auto\n"
            "Other services * gatekeeper\n"
            "\n10 statements: kept and shown, not acting in this release.\n"
            "* No part of an IPsec gateway: these will never act.\n");
}
TEST_F(ShowPendingTest, AsJson) {
  const std::string json = After(kStatements, "show configuration pending | json");
  api::PendingConfiguration show;
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;  // schema_version and body
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(json, &show, options).ok()) << json;
  ASSERT_EQ(show.statement_size(), 10);
  EXPECT_EQ(show.statement(3).line(), "priority");
  ASSERT_EQ(show.statement(3).within_size(), 2);
  EXPECT_EQ(show.statement(3).within(1), "class c");
  EXPECT_EQ(show.statement(3).topic(), "QoS");
  EXPECT_FALSE(show.statement(3).never());
  EXPECT_TRUE(show.statement(9).never());
  EXPECT_THAT(json, Not(HasSubstr("swordfish")));
}
TEST_F(ShowPendingTest, TheOperatorIsWarnedAndTheRolesGetTheLines) {
  std::vector<std::string> lines = kStatements;
  lines.insert(lines.begin(), "configure terminal");
  lines.push_back("end");
  EXPECT_THAT(Run(lines).text(),
              HasSubstr("% Warning: 10 statements are kept and shown but do not act in this "
                        "release: see 'show configuration pending'.\n"));
  EXPECT_THAT(committed_, HasSubstr("crypto isakmp key 0 swordfish address 192.0.2.9\n"));
}
TEST_F(ShowPendingTest, TheyAreShownAndSavedInPlace) {
  const std::string shown = After(kStatements, "show running-config");
  EXPECT_THAT(shown, HasSubstr("crypto isakmp policy 10\n encryption aes 256\n"));
  EXPECT_THAT(shown, HasSubstr("crypto isakmp key <removed> address 192.0.2.9\n"));
  EXPECT_THAT(Run({"show running-config interface lan0"}).text(),
              HasSubstr(" ip nat inside\n duplex auto\n"));
  EXPECT_THAT(Run({"write memory"}).text(), HasSubstr("[OK]"));
  EXPECT_THAT(Startup(), HasSubstr("policy-map p\n class c\n  priority\n"));
  EXPECT_THAT(After({"no crypto isakmp policy 10", "no policy-map p", "no ip cef", "no gatekeeper",
                     "no crypto isakmp key x address 192.0.2.9", "default interface lan0"},
                    "show configuration pending"),
              HasSubstr("Switching paths  no ip cef\n"));
}

}  // namespace
}  // namespace vam::mgmt
