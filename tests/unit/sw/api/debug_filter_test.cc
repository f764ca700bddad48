#include "sw/api/debug_filter.h"

#include <gtest/gtest.h>

namespace vam::api {
namespace {

DebugCondition Condition(DebugCondition::Kind kind, const std::string& text, uint32_t number = 0,
                         uint32_t engine = 0) {
  DebugCondition condition;
  condition.set_kind(kind);
  condition.set_text(text);
  condition.set_number(number);
  condition.set_engine_id(engine);
  return condition;
}

DebugContext Flow() {
  DebugContext context;
  context.peer = "10.1.1.1";
  context.front_vrf = "out";
  context.inside_vrf = "in";
  context.group = "g";
  context.hostname = "h.example";
  context.username = "u";
  context.spis = {1001, 2002};
  context.connids = {5, 6};
  context.flowids = {7, 8};
  context.engine_id = 1;
  return context;
}

class DebugFilterTest : public ::testing::Test {
 protected:
  bool Admits(const DebugCondition& condition, const DebugContext& context) {
    DebugState state;
    state.add_area(DEBUG_IPSEC);
    *state.add_condition() = condition;
    filter.Set(state);
    return filter.Admits(DEBUG_IPSEC, false, context);
  }
  DebugFilter filter;
};

TEST_F(DebugFilterTest, NothingWithoutAGlobalDebug) {
  EXPECT_FALSE(filter.Wants(DEBUG_IPSEC));
  DebugState state;
  *state.add_condition() = Condition(DebugCondition::PEER_IPV4, "10.1.1.1");
  state.add_unmatched(DEBUG_IPSEC);
  filter.Set(state);
  EXPECT_FALSE(filter.Wants(DEBUG_IPSEC));
  EXPECT_FALSE(filter.Admits(DEBUG_IPSEC, true, Flow()));
}

TEST_F(DebugFilterTest, EveryKindOfCondition) {
  const DebugContext flow = Flow();
  EXPECT_TRUE(Admits(Condition(DebugCondition::PEER_IPV4, "10.1.1.1"), flow));
  EXPECT_FALSE(Admits(Condition(DebugCondition::PEER_IPV4, "10.1.1.2"), flow));
  EXPECT_TRUE(Admits(Condition(DebugCondition::FRONT_VRF, "out"), flow));
  EXPECT_FALSE(Admits(Condition(DebugCondition::FRONT_VRF, "in"), flow));
  EXPECT_TRUE(Admits(Condition(DebugCondition::INSIDE_VRF, "in"), flow));
  EXPECT_TRUE(Admits(Condition(DebugCondition::PEER_GROUP, "g"), flow));
  EXPECT_TRUE(Admits(Condition(DebugCondition::PEER_HOSTNAME, "h.example"), flow));
  EXPECT_TRUE(Admits(Condition(DebugCondition::PEER_USERNAME, "u"), flow));
  // Either direction's number speaks for the flow.
  for (const uint32_t spi : {1001U, 2002U}) {
    EXPECT_TRUE(Admits(Condition(DebugCondition::SPI, "", spi), flow));
  }
  EXPECT_FALSE(Admits(Condition(DebugCondition::SPI, "", 3), flow));
  EXPECT_TRUE(Admits(Condition(DebugCondition::CONNID, "", 6, 1), flow));
  EXPECT_FALSE(Admits(Condition(DebugCondition::CONNID, "", 6, 2), flow));
  EXPECT_TRUE(Admits(Condition(DebugCondition::FLOWID, "", 7, 0), flow));
  EXPECT_FALSE(Admits(Condition(DebugCondition::FLOWID, "", 5, 1), flow));
  DebugCondition subnet = Condition(DebugCondition::PEER_SUBNET, "10.0.0.0");
  subnet.set_mask("255.0.0.0");
  EXPECT_TRUE(Admits(subnet, flow));
  subnet.set_mask("255.255.0.0");
  EXPECT_FALSE(Admits(subnet, flow));
}

TEST_F(DebugFilterTest, UnmatchedIsWhatHasNothingToCheck) {
  DebugState state;
  state.add_area(DEBUG_IPSEC);
  state.add_area(DEBUG_ENGINE);
  *state.add_condition() = Condition(DebugCondition::PEER_IPV4, "10.9.9.9");
  filter.Set(state);
  EXPECT_FALSE(filter.Admits(DEBUG_IPSEC, false, {}));
  state.add_unmatched(DEBUG_IPSEC);
  filter.Set(state);
  EXPECT_TRUE(filter.Admits(DEBUG_IPSEC, false, {}));
  EXPECT_FALSE(filter.Admits(DEBUG_ENGINE, false, {}));
  EXPECT_FALSE(filter.Admits(DEBUG_IPSEC, false, Flow())) << "it has a peer, of another address";
}

TEST_F(DebugFilterTest, ErrorsAloneUnlessTheAreaIsOn) {
  DebugState state;
  state.add_error_area(DEBUG_IPSEC);
  filter.Set(state);
  EXPECT_TRUE(filter.Wants(DEBUG_IPSEC));
  EXPECT_TRUE(filter.Admits(DEBUG_IPSEC, true, {}));
  EXPECT_FALSE(filter.Admits(DEBUG_IPSEC, false, {}));
  state.add_area(DEBUG_IPSEC);
  filter.Set(state);
  EXPECT_TRUE(filter.Admits(DEBUG_IPSEC, false, {}));
}

TEST_F(DebugFilterTest, AStateFromOutsideIsHarmless) {
  DebugState state;
  state.mutable_area()->Add(77);
  state.mutable_area()->Add(-5);
  state.add_area(DEBUG_IPSEC);
  state.add_condition();
  *state.add_condition() = Condition(DebugCondition::PEER_SUBNET, "nonsense");
  filter.Set(state);
  EXPECT_TRUE(filter.Wants(DEBUG_IPSEC));
  EXPECT_FALSE(filter.Admits(DEBUG_IPSEC, false, Flow()));
}

}  // namespace
}  // namespace vam::api
