// Wall clocks that are set, and machines that were not looked at for a long time.
#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "tests/ike/forge.h"
#include "tests/ike/network.h"
#include "tests/ike/resumption.h"

namespace vam::ike::test {
namespace {

using namespace v2;  // NOLINT(google-build-using-namespace): the thing under test

constexpr int64_t kHourS = 3'600;
constexpr int64_t kYearS = 365 * 24 * kHourS;
constexpr uint64_t kHourMs = 3'600'000;
constexpr int64_t kJumpsS[] = {-50 * kYearS, -kHourS, kHourS, 50 * kYearS};

void Pause(Network& net, uint64_t ms) { net.clock.AdvanceNs(ms * kNsPerMs); }

Policy::Parts Alive(const Tunnel& tunnel) {
  auto profile = ProfileOf(tunnel);
  profile->dpd = {.interval_s = 10, .retry_s = 2, .on_demand = false};
  return PolicyWith(tunnel, profile);
}

void ExpectWhole(Network& net) {
  EXPECT_EQ(net.Mismatch(), "");
  for (Side* side : {&net.a, &net.b}) {
    EXPECT_EQ(side->IkeSas(), 1U);
    EXPECT_NE(side->Up(), nullptr);
    EXPECT_EQ(side->Children(), 1U);
  }
  EXPECT_EQ(net.a.fwd.gaps() + net.b.fwd.gaps(), 0U);
}

// And no IKE SA went but for a new one.
void ExpectNothingLost(Network& net) {
  ExpectWhole(net);
  for (Side* side : {&net.a, &net.b}) {
    for (const std::string& line : side->record.lines()) {
      EXPECT_FALSE(line.starts_with("ike ") && line != "ike up" && line != "ike down replaced")
          << line;
    }
  }
}

// ---- the wall clock is set

// What went over the wire in a day and a bit, and when: with liveness, tickets and a rekey.
std::vector<std::pair<uint64_t, size_t>> DayOf(int64_t ahead_s, bool at_a, bool at_b) {
  ResumptionNetwork net(1, {.profile = [](Profile& profile) { profile.dpd.interval_s = 600; }});
  net.Call();
  std::vector<std::pair<uint64_t, size_t>> out;
  net.pass = [&](const Side&, const Buffer& bytes) {
    out.emplace_back(net.clock.MonotonicNs(), bytes.size());
    return true;
  };
  net.Pass(kHourMs / 2);
  if (at_a) net.clock_a.SetAheadS(ahead_s);
  if (at_b) net.clock_b.SetAheadS(ahead_s);
  net.Pass(12 * kHourMs);
  net.clock_a.SetAheadS(0);
  net.Pass(12 * kHourMs);
  ExpectNothingLost(net);
  EXPECT_EQ(net.a.record.Count("ike down replaced"), 1U) << "made anew when it is due";
  return out;
}

TEST(ClockTest, AWallClockThatIsSetChangesNothing) {
  const auto as_ever = DayOf(0, false, false);
  EXPECT_GT(as_ever.size(), 100U);
  for (const int64_t ahead_s : kJumpsS) {
    SCOPED_TRACE(ahead_s);
    EXPECT_EQ(DayOf(ahead_s, true, false), as_ever);
    EXPECT_EQ(DayOf(ahead_s, false, true), as_ever);
    EXPECT_EQ(DayOf(ahead_s, true, true), as_ever);
  }
}

// Tickets are good for as long as was said, by the clock that nobody sets.
TEST(ClockTest, TicketsEndAtTheirTime) {
  for (const int64_t ahead_s : kJumpsS) {
    SCOPED_TRACE(ahead_s);
    ResumptionNetwork good(1);
    good.SetUpAndLose();
    good.clock_a.SetAheadS(ahead_s);
    good.clock_b.SetAheadS(ahead_s);
    good.Call();
    EXPECT_TRUE(good.IsResumed());

    ResumptionNetwork old(1);
    old.SetUpAndLose();
    old.clock_a.SetAheadS(ahead_s);
    old.clock_b.SetAheadS(ahead_s);
    old.Pass(2 * kHourMs);
    old.Call();
    EXPECT_TRUE(old.IsFull());
  }
}

// Set up while one clock is a year off: keys and cookies do not know the date.
TEST(ClockTest, CookiesDoNotKnowTheDate) {
  for (const int64_t ahead_s : kJumpsS) {
    Network net(1);
    Policy::Parts parts = PolicyOf(TunnelOfB());
    parts.settings.cookie_above = 1;
    net.b.SetPolicy(std::move(parts));
    PassOnly(net, 1);
    net.a.Acquire(1);
    net.Pass(10);
    // One is half-open, so the next one is asked for a cookie; then the clock is set.
    net.a.machine.core().End(*AnySa(net.a), Cause::kInternal);
    net.a.machine.Poll();
    net.on_packet = [&](size_t, const Side& from, const Buffer&) {
      if (&from == &net.b) net.clock_b.SetAheadS(ahead_s);
      return true;
    };
    net.a.Acquire(2);
    net.Run();
    EXPECT_EQ(net.b.record.Count("refused cookie_wanted"), 1U);
    EXPECT_EQ(net.b.record.Count("refused wrong_cookie"), 0U);
    EXPECT_EQ(net.a.Children(), 1U);
    EXPECT_EQ(net.Mismatch(), "");
  }
}

// ---- nobody looked for a long time

// The cookie comes back when both secrets have changed: another one is asked for and given.
TEST(ClockTest, ACookieOfLongAgo) {
  Network net(1);
  Policy::Parts parts = PolicyOf(TunnelOfB());
  parts.settings.cookie_above = 1;
  net.b.SetPolicy(std::move(parts));
  PassOnly(net, 1);
  net.a.Acquire(1);
  net.Pass(10);
  net.a.machine.core().End(*AnySa(net.a), Cause::kInternal);
  net.a.machine.Poll();
  net.on_packet = nullptr;
  const size_t before = net.packets();
  net.a.Acquire(2);
  // The one with the cookie is on its way.
  while (net.packets() < before + 3) net.Pass(1);
  Pause(net, 130'000);
  // What a sends again by itself is lost.
  net.on_packet = [&net, lost = false](size_t, const Side& from, const Buffer&) mutable {
    return &from != &net.a || std::exchange(lost, true);
  };
  net.Run();
  EXPECT_EQ(net.b.record.Count("refused cookie_wanted"), 1U);
  EXPECT_EQ(net.b.record.Count("refused wrong_cookie"), 1U);
  EXPECT_EQ(net.a.Children(), 1U);
  EXPECT_EQ(net.Mismatch(), "");
}

// All timers of an hour are due at once: the peer is asked, and answers.
TEST(ClockTest, APauseOfAnHour) {
  Network net(1);
  net.a.SetPolicy(Alive(TunnelOfA()));
  net.b.SetPolicy(Alive(TunnelOfB()));
  net.a.Acquire(1);
  net.Run();
  const size_t before = net.packets();
  Pause(net, kHourMs);
  net.Pass(5'000);
  // One question of each end, at most: not one for each interval that went by.
  EXPECT_GE(net.packets() - before, 2U);
  EXPECT_LE(net.packets() - before, 4U);
  net.Pass(120'000);
  ExpectNothingLost(net);
}

// A request that was out is sent again, not given up at once.
TEST(ClockTest, APauseWhileARequestIsOut) {
  for (const bool of_ike : {false, true}) {
    SCOPED_TRACE(of_ike);
    Network net(2);
    net.a.SetPolicy(Alive(TunnelOfA()));
    net.b.SetPolicy(Alive(TunnelOfB()));
    net.a.Acquire(1);
    net.Run();
    PassOnly(net, 0);
    if (of_ike) {
      RekeyIke(net.a.machine.core(), *net.a.Up());
      net.a.machine.Poll();
    } else {
      net.a.Event(net.a.fwd.Outbound(1)->sa_id, api::EventKind::kSoftTime);
    }
    net.Pass(10);
    Pause(net, kHourMs);
    net.on_packet = nullptr;
    net.Pass(60'000);
    ExpectNothingLost(net);
    EXPECT_EQ(net.a.record.Count(of_ike ? "ike down replaced" : "child down replaced"), 1U);
  }
}

// Past the time to make it anew, not past its end. Both ends find it due at one moment, so one of
// their two new ones goes again.
TEST(ClockTest, APauseOverTheRekey) {
  Network net(3);
  net.a.Acquire(1);
  net.Run();
  const uint64_t spi = net.a.Up()->spi;
  Pause(net, 23 * kHourMs);
  net.Run();
  net.Pass(60'000);
  ExpectWhole(net);
  EXPECT_NE(net.a.Up()->spi, spi);
}

// Past its end: nothing is left at either end, and the next packet makes it anew.
TEST(ClockTest, APauseOverTheEnd) {
  Network net(4);
  net.a.Acquire(1);
  net.Run();
  Pause(net, 48 * kHourMs);
  net.Pass(60'000);
  EXPECT_EQ(net.a.IkeSas() + net.b.IkeSas(), 0U);
  EXPECT_TRUE(net.a.fwd.sas().empty() && net.b.fwd.sas().empty());
  net.a.Acquire(1);
  net.Run();
  EXPECT_EQ(net.a.Children(), 1U);
  EXPECT_EQ(net.Mismatch(), "");
}

// In the middle of a set-up, after each of its packets: it is done, or begun anew by the next
// packet, and nothing stays half-open.
TEST(ClockTest, APauseWithinASetUp) {
  for (size_t packets = 0; packets <= 4; ++packets) {
    SCOPED_TRACE(packets);
    Network net(5);
    PassOnly(net, packets);
    net.a.Acquire(1);
    net.Pass(10);
    Pause(net, kHourMs);
    net.on_packet = nullptr;
    net.Pass(60'000);
    net.a.Acquire(1);
    net.Pass(60'000);
    EXPECT_EQ(net.Mismatch(), "");
    EXPECT_EQ(net.a.IkeSas(), 1U);
    EXPECT_EQ(net.b.IkeSas(), 1U);
    EXPECT_EQ(net.a.Children(), 1U);
    EXPECT_EQ(net.b.machine.core().half_open(), 0U);
  }
}

}  // namespace
}  // namespace vam::ike::test
