// show access-lists and show logging at the command line; what statements say back.
#include <gmock/gmock.h>

#include "sw/api/log.h"
#include "tests/unit/sw/mgmt/server_fixture.h"

namespace vam::mgmt {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ShowNet = ServerTest;

TEST_F(ShowNet, AccessListsInTheFormOfIos) {
  Synchronise();
  EXPECT_EQ(Run({"show access-lists 10"}).text(),
            "Standard IP access list 10\n"
            "    10 permit 10.0.0.0, wildcard bits 0.0.0.255\n"
            "    20 deny   10.1.1.1 log\n"
            "    30 permit any\n");
  EXPECT_THAT(Run({"show ip access-lists"}).text(),
              HasSubstr("Extended IP access list 101\n"
                        "    10 deny icmp host 10.0.0.9 any 8 0\n"
                        "    20 permit ip 10.0.0.0 0.0.0.255 10.1.0.0 0.0.255.255\n"));
  EXPECT_THAT(Run({"show ip access-lists"}).text(), Not(HasSubstr("IPv6")));
  EXPECT_THAT(Run({"show ipv6 access-list"}).text(),
              HasSubstr("IPv6 access list six\n"
                        "    permit tcp 2001:db8::/32 eq www any established sequence 10\n"));
  EXPECT_THAT(Run({"show access-lists six | json"}).text(), HasSubstr("\"kind\": \"ipv6\""));
  EXPECT_EQ(Run({"show access-lists none-such"}).text(), "");
}

TEST_F(ShowNet, AChangeIsLogged) {
  Synchronise();
  Run({"conf t", "hostname other", "end"});
  EXPECT_THAT(Run({"show logging"}).text(),
              HasSubstr("%SYS-5-CONFIG_I: Configured from console by vamsh\n"));
  EXPECT_THAT(Run({"show logging | json"}).text(), HasSubstr("\"rate_limited\": \"0\""));
  Run({"clear logging"});
  EXPECT_THAT(Run({"show logging"}).text(), Not(HasSubstr("CONFIG_I")));
  EXPECT_THAT(Run({"show logging"}).text(), HasSubstr("1 flushes"));
}

TEST_F(ShowNet, ARecordOfFwdIsLogged) {
  Synchronise();
  ASSERT_TRUE(
      api::SendLogRecord(fwd_, "CRYPTO", 4, "PKT_REPLAY_ERR", "decrypt: replay check failed"));
  EXPECT_THAT(Run({"show logging"}).text(), HasSubstr("%CRYPTO-4-PKT_REPLAY_ERR: decrypt"));
}

TEST_F(ShowNet, WhatAStatementAlsoDidIsSaid) {
  Synchronise();
  EXPECT_EQ(Run({"conf t", "interface lan0", "vrf forwarding red"}).text(),
            "% Interface lan0 IPv4 disabled and address(es) removed due to enabling VRF red\n");
}

}  // namespace
}  // namespace vam::mgmt
