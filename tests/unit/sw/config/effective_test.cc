#include "sw/config/effective.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <variant>

#include "sw/config/parser.h"

namespace vam::config {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

// A complete manual entry; `change` is applied after it.
Running WithChange(const std::string& change) {
  const std::string text =
      "crypto ipsec manual-counter-mode enable\ncrypto ipsec transform-set T esp-gcm 128\n"
      "access-list 101 deny ip host 10.1.0.9 any\n"
      "access-list 101 permit ip 10.1.0.0 0.0.0.255 10.2.0.0 0.0.0.255\n"
      "access-list 101 permit ip 10.1.0.0 0.0.0.255 10.3.0.0 0.0.0.255\n"
      "crypto map M 10 ipsec-manual\n set peer 192.0.2.2\n set transform-set T\n"
      " match address 101\n"
      " set session-key inbound esp 1001 cipher 000102030405060708090a0b0c0d0e0f10111213\n"
      " set session-key outbound esp 1002 cipher 202122232425262728292a2b2c2d2e2f30313233\n"
      "interface Ethernet0/1\n ip address 192.0.2.1 255.255.255.252\n crypto map M\n" +
      change;
  auto parsed = Parse(text);
  EXPECT_TRUE(std::holds_alternative<Parsed>(parsed));
  return std::move(std::get<Parsed>(parsed).running);
}

std::string WhyIncomplete(const std::string& change) {
  const Running running = WithChange(change);
  const auto sas = ManualSas(running);
  EXPECT_THAT(sas, SizeIs(1));
  return sas.empty() ? "none" : sas[0].incomplete;
}

TEST(ManualSas, OnlyTheFirstPermitCounts) {
  const Running running = WithChange("");
  const auto sas = ManualSas(running);
  ASSERT_THAT(sas, SizeIs(1));
  EXPECT_EQ(sas[0].incomplete, "");
  ASSERT_NE(sas[0].permit, nullptr);
  EXPECT_EQ(sas[0].permit->destination.address, 0x0a020000u);
  EXPECT_EQ(sas[0].local, net::Address::V4(0xc0000201));
}

TEST(ManualSas, BothDirectionsAreNeeded) {
  const std::string entry = "crypto map M 10 ipsec-manual\n";
  EXPECT_THAT(WhyIncomplete(entry + " no set session-key inbound esp\n"), HasSubstr("inbound"));
  EXPECT_THAT(WhyIncomplete(entry + " no set session-key outbound esp\n"), HasSubstr("outbound"));
}

TEST(ManualSas, OnePeerOneSetOneList) {
  const std::string entry = "crypto map M 10 ipsec-manual\n";
  EXPECT_THAT(WhyIncomplete(entry + " no set peer\n"), HasSubstr("peer"));
  EXPECT_THAT(WhyIncomplete(entry + " no set transform-set\n"), HasSubstr("transform"));
  EXPECT_THAT(WhyIncomplete(entry + " no match address\n"), HasSubstr("list"));
}

TEST(ManualSas, CounterModeIsOffUnlessEnabled) {
  EXPECT_THAT(WhyIncomplete("no crypto ipsec manual-counter-mode\n"),
              HasSubstr("manual-counter-mode enable"));
}

TEST(ManualSas, MapWithoutInterfaceAsksForNothing) {
  const Running running = WithChange("interface Ethernet0/1\n no crypto map\n");
  EXPECT_THAT(ManualSas(running), SizeIs(0));
}

}  // namespace
}  // namespace vam::config
