// Lookup table of the SA database: load, storms of inserts and removals under traffic, handles.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "tests/rtl/sad/sad_bench.h"
#include "tests/support/seed.h"

namespace vam::sad_test {
namespace {

using map::SqeOp;

class SadLookup : public ::testing::Test {
 protected:
  SadLookup() : seed_(test::TestSeed()), bench_(seed_), rng_(seed_) {
    EXPECT_TRUE(bench_.StepUntil([this] { return bench_.ready(); }, 20000));
  }

  uint64_t seed_;
  SadBench bench_;
  std::mt19937_64 rng_;
};

// Naive model of the table, and a stream of lookups that never pauses. A key whose operation is
// under way may be found or not; every other answer is known.
class TableTraffic {
 public:
  TableTraffic(SadBench& bench, uint64_t seed) : bench_(bench), rng_(seed) {
    bench_.on_cycle = [this] { Feed(); };
  }
  ~TableTraffic() { bench_.on_cycle = nullptr; }

  void Feed() {
    while (bench_.lookups_waiting() < 4) Ask();
    while (!bench_.lookup_answers.empty()) {
      Judge(bench_.lookup_answers.front());
      bench_.lookup_answers.pop_front();
    }
  }

  std::map<uint32_t, uint32_t> handle_of;  // SPI -> handle
  uint64_t answers = 0, found = 0, wrong = 0;

  // From here to Settle an operation on this SPI is under way.
  void Unsettle(uint32_t spi) {
    unsettled_ = spi;
    for (Asked& asked : asked_) asked.open |= asked.spi == spi;
  }
  void Settle() { unsettled_.reset(); }

 private:
  struct Asked {
    uint32_t spi = 0;
    std::optional<uint32_t> handle;  // expected; none: no SA
    bool open = false;               // either answer is right
  };

  void Ask() {
    uint32_t spi = static_cast<uint32_t>(rng_());
    if (rng_() % 8 != 0 && !handle_of.empty()) {
      auto it = handle_of.lower_bound(spi);
      spi = it == handle_of.end() ? handle_of.begin()->first : it->first;
    }
    if (unsettled_ && rng_() % 16 == 0) spi = *unsettled_;
    Asked asked;
    asked.spi = spi;
    const auto it = handle_of.find(spi);
    if (it != handle_of.end()) asked.handle = it->second;
    asked.open = unsettled_ && spi == *unsettled_;
    asked_.push_back(asked);
    bench_.PushLookup(KeyOf(MakeCtx(true, spi, 0), 1));
  }

  void Judge(const LookupAnswer& answer) {
    const Asked asked = asked_.front();
    asked_.pop_front();
    ++answers;
    if (asked.open) return;
    const bool right = asked.handle ? answer.reason == Reason::kOk && answer.handle == *asked.handle
                                    : answer.reason == Reason::kNoSa && answer.handle == 0;
    found += asked.handle ? 1 : 0;
    if (!right) ++wrong;
  }

  SadBench& bench_;
  std::mt19937_64 rng_;
  std::optional<uint32_t> unsettled_;
  std::deque<Asked> asked_;
};

TEST_F(SadLookup, FillsTo90PercentAndSurvivesStormsUnderTraffic) {
  TableTraffic traffic(bench_, seed_ + 1);
  std::set<uint32_t> free;
  for (uint32_t i = 0; i < kMaxSa; ++i) free.insert(i);
  std::map<uint32_t, uint32_t> at_index;  // index -> SPI
  uint64_t worst_add = 0;
  unsigned full = 0;

  const auto add = [&](uint32_t index, uint32_t spi) {
    traffic.Unsettle(spi);
    const AdminAnswer answer = bench_.Add(index, MakeCtx(true, spi, spi));
    worst_add = std::max(worst_add, answer.cycles);
    if (answer.reason == Reason::kOk) {
      traffic.handle_of[spi] = answer.handle;
      at_index[index] = spi;
      free.erase(index);
    }
    traffic.Settle();
    return answer.reason;
  };
  const auto remove = [&](uint32_t index) {
    const uint32_t spi = at_index.at(index);
    traffic.Unsettle(spi);
    const uint32_t handle = traffic.handle_of.at(spi);
    traffic.handle_of.erase(spi);
    at_index.erase(index);
    free.insert(index);
    const AdminAnswer answer = bench_.Admin(SqeOp::kSaDelete, handle);
    traffic.Settle();
    return answer.reason;
  };

  while (at_index.size() < kTableRows * 9 / 10) {
    ASSERT_EQ(add(*free.begin(), static_cast<uint32_t>(rng_())), Reason::kOk)
        << "at load " << at_index.size() << " of " << kTableRows;
  }
  // Storm at that load: a random removal, a random insert.
  for (int i = 0; i < 1500; ++i) {
    auto it = at_index.lower_bound(static_cast<uint32_t>(rng_() % kMaxSa));
    if (it == at_index.end()) it = at_index.begin();
    ASSERT_EQ(remove(it->first), Reason::kOk);
    auto place = free.lower_bound(static_cast<uint32_t>(rng_() % kMaxSa));
    if (place == free.end()) place = free.begin();
    ASSERT_EQ(add(*place, static_cast<uint32_t>(rng_())), Reason::kOk);
  }
  // A key that is there is refused, and so is an index that is taken.
  EXPECT_EQ(bench_.Add(*free.begin(), MakeCtx(true, at_index.begin()->second, 1)).reason,
            Reason::kSaExists);
  EXPECT_EQ(bench_.Add(at_index.begin()->first, MakeCtx(true, 77, 1)).reason, Reason::kSaExists);
  // On to the top: once a search fails, the table is as it was (the traffic would notice).
  while (!free.empty() && full < 20) {
    const Reason reason = add(*free.begin(), static_cast<uint32_t>(rng_()));
    ASSERT_TRUE(reason == Reason::kOk || reason == Reason::kTableFull);
    full += reason == Reason::kTableFull ? 1 : 0;
  }
  // Let the traffic look at the final table.
  bench_.Step(20000);
  const size_t load = at_index.size();
  EXPECT_EQ(bench_.sa_count(), load);
  std::printf("load %zu of %u, refused as full %u times, worst add %llu cycles, %llu lookups\n",
              load, kTableRows, full, static_cast<unsigned long long>(worst_add),
              static_cast<unsigned long long>(traffic.answers));
  EXPECT_GT(full, 0u);
  EXPECT_LE(worst_add, 500u);
  EXPECT_EQ(traffic.wrong, 0u);
  EXPECT_GT(traffic.found, 10000u);
  EXPECT_EQ(bench_.refused_lookup_cycles, 0u) << "lookups were stopped";
}

TEST_F(SadLookup, ComparesTheWholeKey) {
  map::SaCtx ctx = MakeCtx(true, 0x1000, 1);
  ctx.vrf_tag = 5;
  const AdminAnswer added = bench_.Add(3, ctx);
  ASSERT_EQ(added.reason, Reason::kOk);
  const Lookup right = KeyOf(ctx, 1);
  EXPECT_EQ(bench_.AskLookup(right).reason, Reason::kOk);
  for (unsigned bit = 0; bit < 32 + 16 + 8 + 128; ++bit) {
    Lookup other = right;
    if (bit < 32) {
      other.spi ^= 1u << bit;
    } else if (bit < 48) {
      other.vrf_tag = static_cast<uint16_t>(other.vrf_tag ^ (1u << (bit - 32)));
    } else if (bit < 56) {
      other.proto = static_cast<uint8_t>(other.proto ^ (1u << (bit - 48)));
    } else {
      uint8_t& byte = other.dst[(bit - 56) / 8];
      byte = static_cast<uint8_t>(byte ^ (1u << ((bit - 56) % 8)));
    }
    EXPECT_EQ(bench_.AskLookup(other).reason, Reason::kNoSa) << "bit " << bit;
  }
  // The same SPI in another VRF or for another address is another SA.
  map::SaCtx twin = ctx;
  twin.vrf_tag = 6;
  EXPECT_EQ(bench_.Add(4, twin).reason, Reason::kOk);
  EXPECT_EQ(IndexOf(bench_.AskLookup(KeyOf(twin, 1)).handle), 4u);
  EXPECT_EQ(IndexOf(bench_.AskLookup(right).handle), 3u);
}

TEST_F(SadLookup, GivesKeyAndRowsOnlyToWhomTheyBelong) {
  const map::SaCtx out = MakeCtx(false, 0x2000, 9);
  const uint32_t handle = bench_.Add(8, out).handle;
  Lookup by_handle;
  by_handle.handle = handle;
  const LookupAnswer right = bench_.AskLookup(by_handle);
  EXPECT_EQ(right.reason, Reason::kOk);
  EXPECT_EQ(right.handle, handle);
  EXPECT_EQ(right.key, out.key);
  EXPECT_EQ(right.salt, out.salt);
  EXPECT_EQ(right.spi, out.spi);

  struct Case {
    const char* what;
    Lookup lookup;
    Reason reason;
    uint32_t handle;
  };
  Lookup wrong_direction = by_handle, as_raw = by_handle, other_gen = by_handle, beyond, free, skip;
  wrong_direction.inbound = true;
  as_raw.raw = true;
  other_gen.handle += 1u << 20;
  beyond.handle = kMaxSa;
  free.handle = 9;
  Lookup free_other_gen = free;
  free_other_gen.handle |= 7u << 20;
  skip.skip = true;
  skip.by_key = true;
  const Case cases[] = {
      {"direction", wrong_direction, Reason::kSaDirection, handle},
      {"raw on a tunnel SA", as_raw, Reason::kSaDirection, handle},
      {"other generation", other_gen, Reason::kSaStale, 0},
      {"index beyond the card", beyond, Reason::kNoSa, 0},
      {"free index", free, Reason::kNoSa, 0},
      {"free index, other generation", free_other_gen, Reason::kSaStale, 0},
      {"skip", skip, Reason::kOk, 0},
  };
  for (const Case& c : cases) {
    const LookupAnswer answer = bench_.AskLookup(c.lookup);
    EXPECT_EQ(answer.reason, c.reason) << c.what;
    EXPECT_EQ(answer.handle, c.handle) << c.what;
    EXPECT_EQ(answer.key, (std::array<uint8_t, 32>{})) << c.what;
  }
}

TEST_F(SadLookup, RawSasAreFoundByHandleInBothDirections) {
  map::SaCtx ctx = MakeCtx(true, 0x3000, 4);
  ctx.mode = 2;
  ctx.proto = 0;
  const uint32_t handle = bench_.Add(1, ctx).handle;
  Lookup lookup;
  lookup.handle = handle;
  lookup.raw = true;
  EXPECT_EQ(bench_.AskLookup(lookup).reason, Reason::kOk);
  lookup.inbound = true;
  EXPECT_EQ(bench_.AskLookup(lookup).reason, Reason::kOk);
  lookup.raw = false;
  EXPECT_EQ(bench_.AskLookup(lookup).reason, Reason::kSaDirection);
  EXPECT_EQ(bench_.AskLookup(KeyOf(ctx, 1)).reason, Reason::kNoSa);
}

TEST_F(SadLookup, StalledAnswersLoseNothingAndKeepOrder) {
  std::vector<uint32_t> handles;
  for (uint32_t i = 0; i < 64; ++i) {
    handles.push_back(bench_.Add(i, MakeCtx(false, 0x100 + i, i)).handle);
  }
  for (const unsigned stall : {0u, 25u, 50u, 90u}) {
    for (const unsigned gap : {0u, 25u, 50u, 90u}) {
      bench_.stall_percent = stall;
      bench_.gap_percent = gap;
      std::vector<uint32_t> expected;
      for (int i = 0; i < 500; ++i) {
        Lookup lookup;
        lookup.handle = handles[rng_() % handles.size()];
        expected.push_back(lookup.handle);
        bench_.PushLookup(lookup);
      }
      ASSERT_TRUE(bench_.StepUntil([&] { return bench_.lookup_answers.size() == 500; }));
      for (size_t i = 0; i < 500; ++i) ASSERT_EQ(bench_.lookup_answers[i].handle, expected[i]);
      bench_.lookup_answers.clear();
    }
  }
}

TEST_F(SadLookup, OnePerCycleWithSixCyclesOfLatency) {
  const uint32_t handle = bench_.Add(0, MakeCtx(false, 1, 1)).handle;
  Lookup lookup;
  lookup.handle = handle;
  const uint64_t start = bench_.cycle();
  for (int i = 0; i < 1000; ++i) bench_.PushLookup(lookup);
  ASSERT_TRUE(bench_.StepUntil([&] { return bench_.lookup_answers.size() == 1000; }));
  EXPECT_EQ(bench_.lookup_answers.front().cycle - start, 6u);
  EXPECT_EQ(bench_.lookup_answers.back().cycle - bench_.lookup_answers.front().cycle, 999u);
}

}  // namespace
}  // namespace vam::sad_test
