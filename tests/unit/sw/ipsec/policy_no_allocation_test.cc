// A lookup allocates nothing, whether the cache knows the flow or not.
#include <gtest/gtest.h>

#include "sw/ipsec/policy_cache.h"
#include "tests/unit/sw/ipsec/allocation_counter.h"

namespace vam::ipsec {
namespace {

using vam::test::g_allocations;

TEST(PolicyNoAllocationTest, Lookups) {
  PolicyLine line;
  line.destination_ports = {0, 999};
  const Policy policy({{1, 10, {line}, true}});
  PolicyCache cache(64, {1, 2}, 0);
  Flow flow;
  flow.source = net::Address::V4(0x0a010001);
  flow.destination = net::Address::V4(0x0a020001);
  flow.protocol = net::kProtocolUdp;
  flow.ports = Field::kShown;
  const uint64_t before = g_allocations.load();
  ASSERT_GT(before, 0u);
  uint64_t found = 0;
  for (int i = 0; i < 10'000; ++i) {
    flow.destination_port = static_cast<uint16_t>(i / 2 % 2000);
    found += cache.Find(policy, flow).protect();
    found += policy.Admits(0, 0, flow);
    if (i % 100 == 0) cache.Invalidate();
  }
  EXPECT_EQ(g_allocations.load() - before, 0u);
  EXPECT_GT(found, 1000u);
  EXPECT_GT(cache.hits(), 1000u);
  EXPECT_GT(cache.misses(), 1000u);
}

}  // namespace
}  // namespace vam::ipsec
