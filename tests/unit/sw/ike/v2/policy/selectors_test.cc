#include "sw/ike/v2/policy/selectors.h"

#include <gtest/gtest.h>

#include <string>

#include "sw/base/rng.h"
#include "sw/ike/v2/sa/ends.h"
#include "tests/support/seed.h"

namespace vam::ike::v2 {
namespace {

// Small worlds for brute force: sixteen addresses, four ports, protocols 0 to 2.
constexpr uint32_t kBase = 0x0a000000;
constexpr uint32_t kWorld = 16;
constexpr uint16_t kPorts = 4;

TrafficSelector Range(uint32_t first, uint32_t last, uint16_t first_port = 0,
                      uint16_t last_port = 0xffff, uint8_t protocol = 0) {
  TrafficSelector selector;
  selector.first = net::Address::V4(kBase + first);
  selector.last = net::Address::V4(kBase + last);
  selector.first_port = first_port;
  selector.last_port = last_port;
  selector.protocol = protocol;
  return selector;
}

TrafficSelector Any(Rng& rng) {
  const auto a = static_cast<uint32_t>(rng.Below(kWorld));
  const auto b = static_cast<uint32_t>(rng.Below(kWorld));
  const auto p = static_cast<uint16_t>(rng.Below(kPorts));
  const auto q = static_cast<uint16_t>(rng.Below(kPorts));
  return Range(std::min(a, b), std::max(a, b), std::min(p, q), std::max(p, q),
               static_cast<uint8_t>(rng.Below(3)));
}

bool Holds(const TrafficSelector& selector, uint32_t address, uint16_t port, uint8_t protocol) {
  const net::Address at = net::Address::V4(kBase + address);
  return selector.first <= at && at <= selector.last && selector.first_port <= port &&
         port <= selector.last_port && (selector.protocol == 0 || selector.protocol == protocol);
}

template <typename Each>
void ForAllPackets(Each each) {
  for (uint32_t address = 0; address < kWorld; ++address) {
    for (uint16_t port = 0; port < kPorts; ++port) {
      for (uint8_t protocol = 1; protocol <= 2; ++protocol) each(address, port, protocol);
    }
  }
}

TEST(SelectorsTest, IntersectAndContainsByBruteForce) {
  SeededRng rng(vam::test::TestSeed());
  for (int i = 0; i < 3'000; ++i) {
    const TrafficSelector a = Any(rng);
    const TrafficSelector b = Any(rng);
    const auto both = Intersect(a, b);
    bool any = false;
    ForAllPackets([&](uint32_t address, uint16_t port, uint8_t protocol) {
      const bool in = Holds(a, address, port, protocol) && Holds(b, address, port, protocol);
      any = any || in;
      ASSERT_EQ(both && Holds(*both, address, port, protocol), in);
    });
    ASSERT_EQ(both.has_value(), any);
    ASSERT_EQ(both, Intersect(b, a));
    if (both) {
      ASSERT_TRUE(Contains(a, *both));
      ASSERT_TRUE(Contains(b, *both));
    }
    ASSERT_TRUE(Contains(a, a));
  }
}

TEST(SelectorsTest, FamiliesAndOpaquePortsHaveNothingInCommon) {
  const TrafficSelector v4 = Range(0, 15);
  TrafficSelector v6 = v4;
  v6.first = *net::Address::Parse("::");
  v6.last = *net::Address::Parse("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
  EXPECT_FALSE(Intersect(v4, v6).has_value());
  const TrafficSelector opaque = Range(0, 15, 0xffff, 0);
  EXPECT_FALSE(Intersect(v4, opaque).has_value());
  EXPECT_FALSE(Contains(opaque, opaque));
}

// The largest aligned block around the address inside of the range, found by trying them all.
TEST(SelectorsTest, PrefixAroundByBruteForce) {
  for (uint32_t first = 0; first < kWorld; ++first) {
    for (uint32_t last = first; last < kWorld; ++last) {
      for (uint32_t at = first; at <= last; ++at) {
        uint32_t size = 1;
        while (true) {
          const uint32_t twice = 2 * size;
          const uint32_t base = at / twice * twice;
          if (base < first || base + twice - 1 > last) break;
          size = twice;
        }
        const auto prefix = PrefixAround(Range(first, last), net::Address::V4(kBase + at));
        EXPECT_EQ(prefix.base(), net::Address::V4(kBase + at / size * size));
        EXPECT_EQ(1U << (32 - prefix.length()), size);
        const TrafficSelector whole = WithPrefix(Range(0, 0), prefix);
        EXPECT_EQ(whole.last, net::Address::V4(kBase + at / size * size + size - 1));
      }
    }
  }
  TrafficSelector all;
  all.first = *net::Address::Parse("0.0.0.0");
  all.last = *net::Address::Parse("255.255.255.255");
  EXPECT_EQ(PrefixAround(all, all.first).length(), 0);
}

// What is granted lies in our line and in one selector of the peer for each end; it is there
// whenever there is anything in common.
TEST(SelectorsTest, NarrowByBruteForce) {
  SeededRng rng(vam::test::TestSeed());
  int granted = 0;
  for (int i = 0; i < 3'000; ++i) {
    const ChildLine line{Any(rng), Any(rng)};
    std::vector<TrafficSelector> local(rng.Below(4));
    std::vector<TrafficSelector> remote(rng.Below(4));
    for (auto& selector : local) selector = Any(rng);
    for (auto& selector : remote) selector = Any(rng);
    const auto narrow = Narrow(line, local, remote);
    if (!narrow) continue;
    ++granted;
    ASSERT_TRUE(Contains(line.local, narrow->local));
    ASSERT_TRUE(Contains(line.remote, narrow->remote));
    ASSERT_EQ(narrow->local.protocol, narrow->remote.protocol);
    ASSERT_TRUE(IsNarrowing(local, {&narrow->local, 1}));
    ASSERT_TRUE(IsNarrowing(remote, {&narrow->remote, 1}));
  }
  EXPECT_GT(granted, 100);
}

// RFC 7296, 2.9: the packet that began it all is inside of the result.
TEST(SelectorsTest, NarrowKeepsThePacket) {
  const ChildLine line{Range(0, 15), Range(0, 15)};
  const std::vector<TrafficSelector> remote = {Range(0, 15)};
  const std::vector<TrafficSelector> local = {Range(9, 9), Range(0, 3), Range(8, 14)};
  const auto narrow = Narrow(line, local, remote);
  ASSERT_TRUE(narrow.has_value());
  EXPECT_TRUE(Contains(narrow->local, Range(9, 9)));
  EXPECT_EQ(narrow->local, Range(8, 11));
  EXPECT_FALSE(Narrow(line, {}, remote).has_value());
  EXPECT_FALSE(Narrow(line, remote, {}).has_value());
}

TEST(SelectorsTest, AnswersOfMoreThanOneSelectorAreNone) {
  const std::vector<TrafficSelector> proposed = {Range(0, 7)};
  const std::vector<TrafficSelector> two = {Range(0, 1), Range(2, 3)};
  EXPECT_FALSE(IsNarrowing(proposed, two));
  EXPECT_FALSE(IsNarrowing(proposed, {}));
  const TrafficSelector wider = Range(0, 8);
  EXPECT_FALSE(IsNarrowing(proposed, {&wider, 1}));
}

TEST(SelectorsTest, ThereAndBackInFwdsForm) {
  const ChildLine line{Range(0, 7, 1, 2, 17), Range(8, 15, 3, 4, 17)};
  api::FastSelector fast = ToFast(line);
  const auto back = FromFast(fast);
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back->local, line.local);
  EXPECT_EQ(back->remote, line.remote);
  const auto v6 = ToFast(*net::Address::Parse("2001:db8::1"));
  for (auto* address :
       {&fast.local_first, &fast.local_last, &fast.remote_first, &fast.remote_last}) {
    const auto before = *address;
    *address = v6;
    EXPECT_FALSE(FromFast(fast).has_value());
    *address = before;
  }
}

}  // namespace
}  // namespace vam::ike::v2
