#include "sw/fwd/crypto_policy.h"

#include <gtest/gtest.h>

namespace vam::fwd {
namespace {

AccessRule Rule(bool permit, uint32_t source, uint32_t destination) {
  AccessRule rule;
  rule.permit = permit;
  rule.source = source;
  rule.source_wildcard = 0xff;
  rule.destination = destination;
  rule.destination_wildcard = 0xff;
  return rule;
}

Flow FlowFrom(uint32_t source, uint32_t destination) {
  Flow flow;
  flow.source = source;
  flow.destination = destination;
  flow.protocol = 17;
  flow.has_ports = true;
  flow.source_port = 1000;
  flow.destination_port = 53;
  return flow;
}

TEST(CryptoPolicyTest, DenyFallsThroughToTheNextEntry) {
  const CryptoPolicy policy({
      {2, 20, {Rule(true, 0x0a010000, 0x0a020000)}, true},
      {1, 10, {Rule(false, 0x0a010000, 0x0a020000), Rule(true, 0x0a010000, 0x0a030000)}, true},
  });
  EXPECT_EQ(policy.FindOutbound(FlowFrom(0x0a010001, 0x0a030001))->id, 1u);
  EXPECT_EQ(policy.FindOutbound(FlowFrom(0x0a010001, 0x0a020001))->id, 2u);
  EXPECT_EQ(policy.FindOutbound(FlowFrom(0x0a010001, 0x0a040001)), nullptr);
}

TEST(CryptoPolicyTest, InboundIsReversed) {
  const CryptoPolicy policy({{1, 10, {Rule(true, 0x0a010000, 0x0a020000)}, true}});
  EXPECT_NE(policy.FindInboundClear(FlowFrom(0x0a020001, 0x0a010001)), nullptr);
  EXPECT_EQ(policy.FindInboundClear(FlowFrom(0x0a010001, 0x0a020001)), nullptr);
}

TEST(CryptoPolicyTest, LaterFragmentsNeverSlipPastAPermitWithPorts) {
  AccessRule permit = Rule(true, 0x0a010000, 0x0a020000);
  permit.protocol = 17;
  permit.destination_ports = {53, 53};
  AccessRule deny = permit;
  deny.permit = false;
  Flow fragment = FlowFrom(0x0a010001, 0x0a020001);
  fragment.has_ports = false;
  fragment.later_fragment = true;
  EXPECT_TRUE(permit.Matches(fragment));
  EXPECT_FALSE(deny.Matches(fragment));
  Flow other = FlowFrom(0x0a010001, 0x0a020001);
  other.destination_port = 54;
  EXPECT_FALSE(permit.Matches(other));
}

TEST(CryptoPolicyTest, ProtocolWithoutPortsDoesNotMatchARuleWithPorts) {
  AccessRule rule = Rule(true, 0x0a010000, 0x0a020000);
  rule.destination_ports = {53, 53};
  Flow flow = FlowFrom(0x0a010001, 0x0a020001);
  flow.protocol = 1;
  flow.has_ports = false;
  EXPECT_FALSE(rule.Matches(flow));
}

TEST(CryptoPolicyTest, WildcardBitsNeedNotBeContiguous) {
  AccessRule rule = Rule(true, 0x0a000001, 0);
  rule.source_wildcard = 0x00ff0000;
  rule.destination_wildcard = 0xffffffff;
  EXPECT_TRUE(rule.Matches(FlowFrom(0x0a770001, 5)));
  EXPECT_FALSE(rule.Matches(FlowFrom(0x0a770002, 5)));
}

}  // namespace
}  // namespace vam::fwd
