// Random policies and packets: the flattened list against the oracle, the cache against the list.
// RapidCheck prints its seed; RC_PARAMS="seed=..." repeats a run.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cstdio>
#include <utility>
#include <vector>

#include "sw/ipsec/policy.h"
#include "sw/ipsec/policy_cache.h"
#include "tests/unit/sw/ipsec/policy_oracle.h"

namespace vam::ipsec {
namespace {

constexpr size_t kFlowsPerPolicy = 40;

uint32_t Pick(uint32_t bound) {
  return *rc::gen::resize(100, rc::gen::inRange<uint32_t>(0, bound));
}

TEST(PolicyPropertyTest, FindIsTheOrderedList) {
  size_t protected_flows = 0, clear_flows = 0;
  EXPECT_TRUE(rc::check("Find == oracle", [&] {
    const std::vector<PolicyEntry> entries = test::DrawEntries(Pick);
    const Policy policy(entries);
    for (size_t i = 0; i < kFlowsPerPolicy; ++i) {
      const Flow flow = test::DrawFlow(Pick);
      const PolicyMatch expected = test::OracleFind(entries, flow);
      RC_ASSERT(policy.Find(flow) == expected);
      ++(expected.protect() ? protected_flows : clear_flows);
    }
  }));
  // The test has looked at something; five to ten times this is usual.
  std::printf("%zu protected, %zu clear\n", protected_flows, clear_flows);
  EXPECT_GT(protected_flows, 100u);
  EXPECT_GT(clear_flows, 100u);
}

TEST(PolicyPropertyTest, AdmitsIsTheLineWithoutTheDeniesAboveIt) {
  size_t admitted = 0, refused = 0;
  EXPECT_TRUE(rc::check("Admits == oracle", [&] {
    const std::vector<PolicyEntry> entries = test::DrawEntries(Pick);
    const Policy policy(entries);
    for (uint32_t position = 0; position < entries.size(); ++position) {
      const uint32_t id = policy.entries()[position].id;
      const PolicyEntry& entry = *std::find_if(entries.begin(), entries.end(),
                                               [id](const PolicyEntry& e) { return e.id == id; });
      for (size_t i = 0; i < kFlowsPerPolicy; ++i) {
        const Flow flow = test::DrawFlow(Pick);
        const auto lines = static_cast<uint32_t>(entry.lines.size());
        const uint32_t line = Pick(2) == 0 ? kAnyLine : Pick(lines + 1);
        const bool expected = test::OracleAdmits(entry, line, flow);
        RC_ASSERT(policy.Admits(position, line, flow) == expected);
        ++(expected ? admitted : refused);
      }
    }
  }));
  std::printf("%zu admitted, %zu refused\n", admitted, refused);
  EXPECT_GT(admitted, 50u);
  EXPECT_GT(refused, 50u);
}

// What goes out through a line is admitted when its answer comes in through the SA of that line.
TEST(PolicyPropertyTest, WhatFindNamesAdmitsTakes) {
  EXPECT_TRUE(rc::check("Find's line admits the flow", [] {
    const Policy policy(test::DrawEntries(Pick));
    for (size_t i = 0; i < kFlowsPerPolicy; ++i) {
      const Flow flow = test::DrawFlow(Pick);
      const PolicyMatch match = policy.Find(flow);
      if (!match.protect()) continue;
      uint32_t position = 0;
      while (policy.entries()[position].id != match.entry) ++position;
      RC_ASSERT(policy.Admits(position, match.line, flow));
      RC_ASSERT(policy.Admits(position, kAnyLine, flow));
    }
  }));
}

PolicyEntry Mirror(PolicyEntry entry) {
  for (PolicyLine& line : entry.lines) {
    std::swap(line.source, line.destination);
    std::swap(line.source_ports, line.destination_ports);
  }
  return entry;
}

TEST(PolicyPropertyTest, ReversedFlowIsTheMirroredList) {
  EXPECT_TRUE(rc::check("Find(reversed) == mirrored.Find", [] {
    const std::vector<PolicyEntry> entries = test::DrawEntries(Pick);
    std::vector<PolicyEntry> mirrored;
    for (const PolicyEntry& entry : entries) mirrored.push_back(Mirror(entry));
    const Policy policy(entries), mirror(mirrored);
    for (size_t i = 0; i < kFlowsPerPolicy; ++i) {
      const Flow flow = test::DrawFlow(Pick);
      RC_ASSERT(policy.Find(flow.Reversed()) == mirror.Find(flow));
    }
  }));
}

// The denies on a packet's way, read from the list and remembered by the cache, with room for some
// paths and, in the second cache, as it is when none is left.
TEST(PolicyPropertyTest, DeniesAreThoseOfTheOrderedList) {
  size_t several = 0;
  uint64_t hits = 0;
  EXPECT_TRUE(rc::check("denies == oracle", [&] {
    PolicyCache cached(64, {1, 2}, 0), uncached(64, {1, 2});
    std::vector<PolicyEntry> entries = test::DrawEntries(Pick);
    for (PolicyEntry& entry : entries) {
      for (PolicyLine& line : entry.lines) {
        if (Pick(2) == 0) line.source = line.destination = {};
        line.permit = Pick(4) == 0;
      }
    }
    const Policy policy(entries);
    for (size_t i = 0; i < kFlowsPerPolicy; ++i) {
      const Flow flow = test::DrawFlow(Pick);
      auto expected = test::OracleDenies(entries, flow);
      std::ranges::sort(expected);
      several += expected.size() > 1 ? 1 : 0;
      for (PolicyCache* cache : {&cached, &cached, &uncached}) {
        const PolicyMatch match = cache->Find(policy, flow);
        RC_ASSERT((match.denies == 0) == expected.empty());
        std::vector<std::pair<uint32_t, uint32_t>> met;
        cache->ForEachDeny(policy, flow, match, [&](uint32_t position, uint32_t line) {
          met.emplace_back(policy.entries()[position].id, line);
        });
        std::ranges::sort(met);
        RC_ASSERT(met == expected);
      }
    }
    hits += cached.hits();
  }));
  std::printf("%zu with several denies\n", several);
  EXPECT_GT(several, 10u);
  EXPECT_GT(hits, 100u);
}

// Several policies share a cache that is too small for them; now and then others are published.
TEST(PolicyPropertyTest, CacheIsTheOrderedList) {
  uint64_t hits = 0, misses = 0;
  EXPECT_TRUE(rc::check("cache == oracle", [&] {
    PolicyCache cache(size_t{2} << Pick(6), {Pick(1000), Pick(1000)}, 0);
    for (int epoch = 0; epoch < 3; ++epoch) {
      std::vector<std::vector<PolicyEntry>> lists;
      std::vector<Policy> policies;
      for (uint32_t number = 0; number < 2; ++number) {
        lists.push_back(test::DrawEntries(Pick));
        policies.emplace_back(lists.back(), number);
      }
      for (size_t i = 0; i < kFlowsPerPolicy; ++i) {
        const uint32_t which = Pick(2);
        const Flow flow = test::DrawFlow(Pick);
        RC_ASSERT(cache.Find(policies[which], flow) == test::OracleFind(lists[which], flow));
        // Once more, from the cache, and a flow that differs in one field.
        const Flow near = test::DrawNear(Pick, flow);
        RC_ASSERT(cache.Find(policies[which], flow) == test::OracleFind(lists[which], flow));
        RC_ASSERT(cache.Find(policies[which], near) == test::OracleFind(lists[which], near));
      }
      cache.Invalidate();
    }
    hits += cache.hits();
    misses += cache.misses();
  }));
  std::printf("%zu hits, %zu misses\n", size_t{hits}, size_t{misses});
  EXPECT_GT(hits, 1000u);
  EXPECT_GT(misses, 1000u);
}

}  // namespace
}  // namespace vam::ipsec
