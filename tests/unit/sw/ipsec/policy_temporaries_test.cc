// Temporary entries beside a policy: against the ordered list that they stand for, and their
// limits. RapidCheck prints its seed; RC_PARAMS="seed=..." repeats a run.
#include "sw/ipsec/policy_temporaries.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cstdio>
#include <vector>

#include "tests/unit/sw/ipsec/policy_oracle.h"

namespace vam::ipsec {
namespace {

uint32_t Pick(uint32_t bound) {
  return *rc::gen::resize(100, rc::gen::inRange<uint32_t>(0, bound));
}

net::Prefix DrawPrefix(bool v6) {
  constexpr uint8_t kV4[] = {32, 32, 31, 16, 15, 0}, kV6[] = {128, 128, 127, 64, 48, 0};
  const uint8_t length = (v6 ? kV6 : kV4)[Pick(6)];
  return *net::Prefix::Create(test::DrawAddress(Pick, v6), length);
}

TemporaryEntry DrawTemporary(uint32_t id, uint32_t template_id) {
  const bool v6 = Pick(3) == 0;
  TemporaryEntry entry{id, template_id, id, {}};
  entry.selectors.local = DrawPrefix(v6);
  entry.selectors.remote = DrawPrefix(v6);
  if (Pick(2) == 0) entry.selectors.protocol = test::kProtocols[Pick(6)];
  entry.selectors.local_ports = test::DrawPorts(Pick);
  entry.selectors.remote_ports = test::DrawPorts(Pick);
  return entry;
}

AddressMatch ToMatch(const net::Prefix& prefix) {
  AddressMatch match{prefix.base(), {}};
  for (size_t bit = prefix.length(); bit < prefix.base().bytes().size() * 8; ++bit) {
    match.wildcard[bit / 8] |= static_cast<uint8_t>(0x80 >> bit % 8);
  }
  return match;
}

bool OracleTakes(const PolicyEntry& from, const TemporaryEntry& entry, const Flow& flow) {
  PolicyLine line;
  line.protocol = entry.selectors.protocol;
  line.source = ToMatch(entry.selectors.local);
  line.destination = ToMatch(entry.selectors.remote);
  line.source_ports = entry.selectors.local_ports;
  line.destination_ports = entry.selectors.remote_ports;
  return test::OracleMatches(line, flow) &&
         (from.lines.empty() || test::OracleAdmits(from, kAnyLine, flow));
}

// One list, slow and obvious: at a template first its temporary entries, oldest first.
PolicyMatch OracleFind(std::vector<PolicyEntry> entries, const std::vector<TemporaryEntry>& temps,
                       const Flow& flow) {
  std::ranges::stable_sort(entries, {}, &PolicyEntry::sequence);
  for (const PolicyEntry& entry : entries) {
    for (const TemporaryEntry& t : temps) {
      if (t.template_id == entry.id && OracleTakes(entry, t, flow)) return {t.id, 0, true};
    }
    const PolicyMatch own = test::OracleFind({entry}, flow);
    if (own.protect()) return own;
  }
  return {};
}

TEST(TemporaryPolicyTest, IsTheOrderedList) {
  size_t temporary = 0, configured = 0, clear = 0, admitted = 0;
  EXPECT_TRUE(rc::check("Find == ordered list", [&] {
    std::vector<PolicyEntry> entries = test::DrawEntries(Pick);
    std::vector<uint32_t> templates;
    for (PolicyEntry& entry : entries) {
      entry.dynamic = Pick(3) != 0;
      if (Pick(3) == 0) entry.lines.clear();
      if (entry.dynamic) templates.push_back(entry.id);
    }
    RC_PRE(!templates.empty());
    const Policy policy(entries);
    PolicyCache cache(64, {1, 2}, 0);
    TemporaryPolicy tested({Pick(1000), Pick(1000)});
    std::vector<TemporaryEntry> temps;
    for (uint32_t id = kFirstTemporary; id < kFirstTemporary + 30; ++id) {
      if (Pick(4) == 0 && !temps.empty()) {
        const auto gone = temps.begin() + Pick(static_cast<uint32_t>(temps.size()));
        tested.Remove(gone->id);
        temps.erase(gone);
        continue;
      }
      temps.push_back(DrawTemporary(id, templates[Pick(static_cast<uint32_t>(templates.size()))]));
      RC_ASSERT(tested.Add(temps.back()).has_value());
    }
    RC_ASSERT(tested.size() == temps.size());
    for (size_t i = 0; i < 40; ++i) {
      const Flow flow = test::DrawFlow(Pick);
      const PolicyMatch expected = OracleFind(entries, temps, flow);
      RC_ASSERT(tested.Find(policy, flow, policy.Find(flow)) == expected);
      // Cached results of the configured lines stay right whatever comes and goes.
      RC_ASSERT(tested.Find(policy, flow, cache.Find(policy, flow)) == expected);
      ++(IsTemporary(expected.entry) ? temporary : expected.protect() ? configured : clear);
      if (temps.empty()) continue;
      const TemporaryEntry& one = temps[Pick(static_cast<uint32_t>(temps.size()))];
      const auto place = std::ranges::find(policy.entries(), one.template_id, &Policy::Entry::id);
      const auto from = std::ranges::find(entries, one.template_id, &PolicyEntry::id);
      const bool takes = OracleTakes(*from, one, flow);
      const auto position = static_cast<uint32_t>(place - policy.entries().begin());
      RC_ASSERT(tested.Admits(policy, position, one.id, flow) == takes);
      admitted += takes ? 1 : 0;
    }
    for (const TemporaryEntry& t : temps) tested.Remove(t.id);
    RC_ASSERT(tested.size() == 0u);
    const Flow flow = test::DrawFlow(Pick);
    RC_ASSERT(tested.Find(policy, flow, policy.Find(flow)) == policy.Find(flow));
  }));
  std::printf("%zu temporary, %zu configured, %zu clear, %zu admitted\n", temporary, configured,
              clear, admitted);
  EXPECT_GT(temporary, 100u);
  EXPECT_GT(configured, 100u);
  EXPECT_GT(clear, 100u);
  EXPECT_GT(admitted, 100u);
}

TemporaryEntry Hosts(uint32_t id, uint32_t remote, uint8_t length = 32) {
  TemporaryEntry entry{kFirstTemporary + id, 7, id, {}};
  entry.selectors.local = *net::Prefix::Parse("10.1.0.0/24");
  entry.selectors.remote = *net::Prefix::Create(net::Address::V4(remote), length);
  return entry;
}

ErrorCode CodeOf(const Status& status) {
  return status.has_value() ? ErrorCode{} : status.error().code;
}

TEST(TemporaryPolicyTest, EntriesAreBounded) {
  TemporaryPolicy tested({1, 2});
  for (uint32_t i = 0; i < TemporaryPolicy::kMaxEntries; ++i) {
    ASSERT_TRUE(tested.Add(Hosts(i, 0x0a020000 + i)).has_value());
  }
  const Status full = tested.Add(Hosts(TemporaryPolicy::kMaxEntries, 1));
  ASSERT_FALSE(full.has_value());
  EXPECT_EQ(CodeOf(full), ErrorCode::kExhausted);
  tested.Remove(kFirstTemporary);
  EXPECT_TRUE(tested.Add(Hosts(TemporaryPolicy::kMaxEntries, 1)).has_value());
}

TEST(TemporaryPolicyTest, PrefixLengthsAndEqualAddressesAreBounded) {
  TemporaryPolicy tested({1, 2});
  uint32_t id = 0;
  for (uint8_t length = 0; length < 32; ++length) {
    ASSERT_TRUE(tested.Add(Hosts(id++, 0x0a020000, length)).has_value());
    TemporaryEntry wider = Hosts(id++, 0x0a020000, length);
    wider.selectors.local = *net::Prefix::Parse("10.0.0.0/8");
    ASSERT_TRUE(tested.Add(wider).has_value());
  }
  Status refused = tested.Add(Hosts(id, 0x0a020000));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(CodeOf(refused), ErrorCode::kExhausted) << "a 65th pair of lengths";
  EXPECT_EQ(tested.size(), TemporaryPolicy::kMaxShapes);
  TemporaryEntry elsewhere = Hosts(id, 0x0a020000);
  elsewhere.template_id = 8;
  EXPECT_TRUE(tested.Add(elsewhere).has_value()) << "of another template";

  TemporaryPolicy alike({1, 2});
  for (uint32_t i = 0; i < TemporaryPolicy::kMaxAlike; ++i) {
    ASSERT_TRUE(alike.Add(Hosts(i, 0x0a020000)).has_value());
  }
  refused = alike.Add(Hosts(1000, 0x0a020000));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(CodeOf(refused), ErrorCode::kExhausted);
}

TEST(TemporaryPolicyTest, WhatCannotBeIsRefused) {
  TemporaryPolicy tested({1, 2});
  ASSERT_TRUE(tested.Add(Hosts(0, 1)).has_value());
  EXPECT_EQ(CodeOf(tested.Add(Hosts(0, 2))), ErrorCode::kExists);
  TemporaryEntry bad = Hosts(1, 2);
  bad.id = 5;
  EXPECT_EQ(CodeOf(tested.Add(bad)), ErrorCode::kInvalidArgument);
  bad = Hosts(1, 2);
  bad.selectors.remote = *net::Prefix::Parse("2001:db8::/32");
  EXPECT_EQ(CodeOf(tested.Add(bad)), ErrorCode::kInvalidArgument);
  bad.selectors = {};
  EXPECT_EQ(CodeOf(tested.Add(bad)), ErrorCode::kInvalidArgument);
  tested.Remove(kFirstTemporary + 9);  // nothing
  EXPECT_EQ(tested.size(), 1u);
}

}  // namespace
}  // namespace vam::ipsec
