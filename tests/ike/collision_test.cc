// Both ends begin something within the time that a packet takes (RFC 7296, 2.8.1, 2.25): they end
// alike, with what each of them wanted.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include "sw/ike/v2/exchange/informational.h"
#include "sw/ike/v2/exchange/rekey_ike.h"
#include "sw/ike/v2/policy/selectors.h"
#include "tests/ike/forge.h"
#include "tests/ike/network.h"
#include "tests/ike/wire_tap.h"
#include "tests/support/seed.h"

namespace vam::ike::test {
namespace {

using namespace v2;  // NOLINT(google-build-using-namespace): the thing under test

// Entries M 10 and M 20, each its own SA set of fwd.
constexpr uint32_t kEntry10 = 10, kEntry20 = 20;

Policy::Parts TwoEntries(const Tunnel& tunnel, const char* local, const char* remote) {
  Policy::Parts parts = PolicyOf(tunnel);
  auto second = std::make_shared<ChildConfig>(*parts.children.front());
  second->sequence = kEntry20;
  const TrafficSelector any;
  second->lines = {
      {WithPrefix(any, *net::Prefix::Parse(local)), WithPrefix(any, *net::Prefix::Parse(remote))}};
  parts.children.push_back(std::move(second));
  return parts;
}

class CollisionNetwork : public Network {
 public:
  explicit CollisionNetwork(uint64_t seed) : Network(seed), tap_a(a), tap_b(b) {
    a.SetPolicy(TwoEntries(TunnelOfA(), "10.3.0.0/16", "10.4.0.0/16"));
    b.SetPolicy(TwoEntries(TunnelOfB(), "10.4.0.0/16", "10.3.0.0/16"));
    a.Acquire(1);
    Run();
  }
  size_t Said(NotifyType type) const { return tap_a.Count(type) + tap_b.Count(type); }

  WireTap tap_a, tap_b;
};

ChildSa* Child(Side& side, uint32_t sequence) {
  for (const auto& [spi, sa] : side.machine.core().sas()) {
    for (const auto& child : sa->children) {
      if (child->config->sequence == sequence && child->carries()) return child.get();
    }
  }
  return nullptr;
}

size_t ChildrenOf(Side& side, uint32_t sequence) {
  size_t count = 0;
  for (const auto& [spi, sa] : side.machine.core().sas()) {
    count += static_cast<size_t>(std::ranges::count_if(sa->children, [&](const auto& child) {
      return child->config->sequence == sequence && child->carries();
    }));
  }
  return count;
}

enum class Act { kRekeyChild, kDeleteChild, kCreateChild, kRekeyIke, kDeleteIke };
constexpr Act kActs[] = {Act::kRekeyChild, Act::kDeleteChild, Act::kCreateChild, Act::kRekeyIke,
                         Act::kDeleteIke};

void Begin(Side& side, Act act) {
  ASSERT_NE(side.Up(), nullptr);
  switch (act) {
    case Act::kRekeyChild:
      return side.Event(Child(side, kEntry10)->sa_out, api::EventKind::kSoftTime);
    case Act::kDeleteChild:
      return side.Event(Child(side, kEntry10)->sa_out, api::EventKind::kCleared);
    case Act::kCreateChild:
      return side.Acquire(2, "M", kEntry20);
    case Act::kRekeyIke:
      RekeyIke(side.machine.core(), *side.Up());
      return side.machine.Poll();
    case Act::kDeleteIke:
      DeleteIke(side.machine.core(), *side.Up(), Cause::kDeletedByUs);
      return side.machine.Poll();
  }
}

// What both ends have of it.
void ExpectSettled(Network& net) {
  EXPECT_EQ(net.Mismatch(), "");
  for (Side* side : {&net.a, &net.b}) {
    EXPECT_EQ(side->fwd.sas().size(), 2 * side->Children());
    EXPECT_EQ(side->client.pending(), 0U);
    for (const auto& [spi, sa] : side->machine.core().sas()) {
      EXPECT_EQ(sa->state, IkeSa::State::kUp);
      EXPECT_FALSE(sa->rekeying);
      EXPECT_TRUE(sa->requests.empty() && sa->waiting.empty() && sa->followups.empty());
      for (const auto& child : sa->children) EXPECT_EQ(child->state, ChildSa::State::kUp);
    }
  }
}

struct Sky {
  const char* name;
  Network::Weather weather;
};
// No packet is faster than what lies between the two beginnings.
constexpr uint64_t kFlightMs = 40;
constexpr Sky kSkies[] = {{"Clear", {0, 0, kFlightMs, 0}},
                          {"Reordering", {0, 0, kFlightMs, 400}},
                          {"Losing", {15, 20, kFlightMs, 100}}};

class CollisionTest : public testing::TestWithParam<std::tuple<Act, Act, Sky>> {
 protected:
  static bool Either(Act act) {
    return std::get<0>(GetParam()) == act || std::get<1>(GetParam()) == act;
  }
  static bool Are(Act one, Act other) {
    return Either(one) && Either(other) && (one != other || Both(one));
  }
  static bool Both(Act act) {
    return std::get<0>(GetParam()) == act && std::get<1>(GetParam()) == act;
  }

  // By 2.25, where nothing is lost and all is in time.
  static size_t TemporaryFailures() {
    // Each is in the way of the other.
    if (Are(Act::kRekeyIke, Act::kRekeyChild) || Are(Act::kRekeyIke, Act::kCreateChild)) return 2;
    // To the IKE SA that is made anew; the delete is answered as usual.
    if (Are(Act::kRekeyIke, Act::kDeleteChild)) return 1;
    if (Are(Act::kRekeyChild, Act::kDeleteChild)) return 1;
    // Nothing new on what is about to go.
    const bool is_new =
        Either(Act::kRekeyChild) || Either(Act::kCreateChild) || Either(Act::kRekeyIke);
    return Either(Act::kDeleteIke) && is_new ? 1 : 0;
  }

  static void Try(uint64_t seed) {
    const auto& [at_a, at_b, sky] = GetParam();
    CollisionNetwork net(seed);
    ASSERT_EQ(net.a.Children(), 1U);
    ASSERT_EQ(net.b.Children(), 1U);
    const uint64_t spi = net.a.Up()->spi;
    const uint32_t child_spi = Child(net.a, kEntry10)->spi_in;
    const bool stays = !Either(Act::kDeleteIke) && !Either(Act::kDeleteChild);
    net.on_packet = [&](size_t, const Side&, Buffer&) {
      // At every moment the tunnel carries, and what goes out is taken at the other end.
      if (!stays) return true;
      // Of a new child the peer has its half when it has our answer.
      EXPECT_EQ(Either(Act::kCreateChild) ? "" : net.Mismatch(), "");
      EXPECT_TRUE(Child(net.a, kEntry10) != nullptr && Child(net.b, kEntry10) != nullptr);
      return true;
    };
    net.weather = sky.weather;
    Begin(net.a, at_a);
    net.Pass(seed % kFlightMs);
    Begin(net.b, at_b);
    net.Pass(4'000);
    net.weather = {};  // nobody is given up
    net.Run();
    if (sky.weather.jitter_ms == 0) {
      EXPECT_EQ(net.Said(NotifyType::kTemporaryFailure), TemporaryFailures());
      EXPECT_EQ(net.Said(NotifyType::kChildSaNotFound), 0U);
    }
    net.Pass(60'000);  // what was put off
    // Packets of what could not be made ask again.
    if (!Either(Act::kDeleteIke)) {
      if (at_a == Act::kCreateChild) net.a.Acquire(2, "M", kEntry20);
      if (at_b == Act::kCreateChild) net.b.Acquire(2, "M", kEntry20);
    }
    net.Pass(60'000);

    ExpectSettled(net);
    EXPECT_EQ(net.a.fwd.gaps() + net.b.fwd.gaps(), 0U);
    for (Side* side : {&net.a, &net.b}) {
      if (Either(Act::kDeleteIke)) {
        EXPECT_EQ(side->IkeSas(), 0U);
        continue;
      }
      EXPECT_EQ(side->IkeSas(), 1U);
      EXPECT_EQ(ChildrenOf(*side, kEntry10), Either(Act::kDeleteChild) ? 0U : 1U);
      // Nothing says that two that are made at once are one (2.8).
      const size_t most = Both(Act::kCreateChild) ? 2 : Either(Act::kCreateChild) ? 1 : 0;
      EXPECT_GE(ChildrenOf(*side, kEntry20), std::min<size_t>(most, 1));
      EXPECT_LE(ChildrenOf(*side, kEntry20), most);
    }
    if (Either(Act::kDeleteIke)) return;
    EXPECT_EQ(net.a.Up()->spi != spi, Either(Act::kRekeyIke));
    if (Either(Act::kDeleteChild)) return;
    EXPECT_EQ(Child(net.a, kEntry10)->spi_in != child_spi, Either(Act::kRekeyChild));
  }
};

TEST_P(CollisionTest, EndsAlike) {
  const size_t rounds = std::get<2>(GetParam()).weather.jitter_ms == 0 ? 3 : 6;
  for (uint64_t round = 0; round < rounds; ++round) {
    const uint64_t seed = vam::test::TestSeed() * 1000 + 7 * round;
    SCOPED_TRACE(seed);
    Try(seed);
  }
}

std::string NameOfPair(const testing::TestParamInfo<CollisionTest::ParamType>& test) {
  constexpr const char* kNames[] = {"RekeyChild", "DeleteChild", "CreateChild", "RekeyIke",
                                    "DeleteIke"};
  const auto& [at_a, at_b, sky] = test.param;
  return std::string(kNames[static_cast<int>(at_a)]) + "And" + kNames[static_cast<int>(at_b)] +
         sky.name;
}

INSTANTIATE_TEST_SUITE_P(Pairs, CollisionTest,
                         testing::Combine(testing::ValuesIn(kActs), testing::ValuesIn(kActs),
                                          testing::ValuesIn(kSkies)),
                         NameOfPair);

// ---- one answer at a time

// b makes the IKE SA anew, and nothing of it gets to a.
void RekeyUnheard(CollisionNetwork& net) {
  net.on_packet = [&net](size_t, const Side& from, Buffer& bytes) {
    const auto header = ParseHeader(bytes);
    return &from != &net.b || header->response || header->exchange != ExchangeType::kCreateChildSa;
  };
  Begin(net.b, Act::kRekeyIke);
  net.Pass(1);
}

// 2.25.2: nothing new on an IKE SA that is made anew. It is tried again soon, and the old child
// carries until then.
TEST(CollisionAnswerTest, ChildRekeyIsPutOff) {
  CollisionNetwork net(1);
  const uint32_t spi = Child(net.a, kEntry10)->spi_in;
  RekeyUnheard(net);
  Begin(net.a, Act::kRekeyChild);
  net.Pass(100);
  EXPECT_EQ(net.tap_b.Count(NotifyType::kTemporaryFailure), 1U);
  ASSERT_NE(Child(net.a, kEntry10), nullptr);
  EXPECT_EQ(Child(net.a, kEntry10)->spi_in, spi);
  EXPECT_EQ(Child(net.a, kEntry10)->state, ChildSa::State::kUp);
  EXPECT_EQ(net.a.Up()->children.size(), 1U) << "the new one has gone";
  EXPECT_EQ(net.a.record.Count("child up"), 1U);
  // Between a half and a whole second later, and then again.
  net.Pass(390);
  EXPECT_EQ(net.tap_b.Count(NotifyType::kTemporaryFailure), 1U);
  net.Pass(520);
  EXPECT_EQ(net.tap_b.Count(NotifyType::kTemporaryFailure), 2U);
  net.on_packet = nullptr;
  net.Pass(60'000);
  ExpectSettled(net);
  EXPECT_EQ(net.a.Children(), 1U);
  EXPECT_NE(Child(net.a, kEntry10)->spi_in, spi);
  EXPECT_EQ(net.a.fwd.gaps() + net.b.fwd.gaps(), 0U);
}

TEST(CollisionAnswerTest, NewChildIsPutOff) {
  CollisionNetwork net(2);
  const uint64_t ike = net.a.Up()->spi;
  RekeyUnheard(net);
  Begin(net.a, Act::kCreateChild);
  net.Pass(100);
  EXPECT_EQ(net.tap_b.Count(NotifyType::kTemporaryFailure), 1U);
  EXPECT_EQ(ChildrenOf(net.a, kEntry20) + ChildrenOf(net.b, kEntry20), 0U);
  EXPECT_EQ(net.a.Up()->children.size(), 1U);
  net.on_packet = nullptr;
  net.Run();
  EXPECT_NE(net.a.Up()->spi, ike);
  net.a.Acquire(2, "M", kEntry20);  // the next packet
  net.Run();
  ExpectSettled(net);
  EXPECT_EQ(ChildrenOf(net.a, kEntry20), 1U);
  EXPECT_EQ(net.a.Children(), 2U);
}

// The IKE SA waits for the child: some seconds, and it is made anew.
TEST(CollisionAnswerTest, IkeRekeyIsPutOff) {
  CollisionNetwork net(3);
  const uint64_t ike = net.a.Up()->spi;
  // b's request for the child never gets there.
  net.on_packet = [&net](size_t, const Side& from, Buffer& bytes) {
    return &from != &net.b || ParseHeader(bytes)->response;
  };
  Begin(net.b, Act::kRekeyChild);
  net.Pass(1);
  Begin(net.a, Act::kRekeyIke);
  net.Pass(100);
  EXPECT_EQ(net.tap_b.Count(NotifyType::kTemporaryFailure), 1U);
  EXPECT_EQ(net.a.IkeSas(), 1U);
  EXPECT_EQ(net.a.Up()->spi, ike);
  EXPECT_FALSE(net.a.Up()->rekeying);
  net.on_packet = nullptr;
  net.Pass(4'500);
  EXPECT_EQ(net.a.Up()->spi, ike);
  net.Pass(6'000);
  EXPECT_NE(net.a.Up()->spi, ike);
  ExpectSettled(net);
  EXPECT_EQ(net.a.Children(), 1U);
}

// 2.25.1: the peer has no such child (any more): it ends here, and packets ask for another one.
TEST(CollisionAnswerTest, ChildThatIsNotThere) {
  CollisionNetwork net(4);
  net.b.machine.core().EndChild(*net.b.Up(), *Child(net.b, kEntry10), Cause::kInternal);
  net.b.machine.Poll();
  Begin(net.a, Act::kRekeyChild);
  net.Run();
  EXPECT_EQ(net.tap_b.Count(NotifyType::kChildSaNotFound), 1U);
  EXPECT_EQ(net.a.Children() + net.b.Children(), 0U);
  EXPECT_EQ(net.a.record.Count("child down deleted_by_peer"), 1U);
  ASSERT_NE(net.a.Up(), nullptr);
  EXPECT_TRUE(net.a.Up()->children.empty());
  net.a.Acquire(1);
  net.Run();
  ExpectSettled(net);
  EXPECT_EQ(net.a.Children(), 1U);
}

// The request to make a child anew is late: its delete was answered meanwhile.
TEST(CollisionAnswerTest, RekeyOfWhatWasDeletedMeanwhile) {
  CollisionNetwork net(5);
  net.on_packet = [&net](size_t, const Side& from, Buffer& bytes) {
    const auto header = ParseHeader(bytes);
    return &from != &net.b || header->exchange != ExchangeType::kCreateChildSa;
  };
  Begin(net.b, Act::kRekeyChild);
  Begin(net.a, Act::kDeleteChild);
  net.Pass(100);
  EXPECT_EQ(net.a.Children() + net.b.Children(), 0U);
  net.on_packet = nullptr;
  net.Run();
  EXPECT_EQ(net.tap_a.Count(NotifyType::kChildSaNotFound), 1U);
  ExpectSettled(net);
  EXPECT_EQ(net.a.Children() + net.b.Children(), 0U);
  EXPECT_EQ(net.a.IkeSas() + net.b.IkeSas(), 2U);
}

// Both make the child anew, and the peer's stays. Our refusal comes when the peer has deleted the
// old child and fwd has not taken the new one yet: the old one carries until then.
TEST(CollisionAnswerTest, RefusedWhileThePeersIsInstalled) {
  for (const bool not_found : {false, true}) {
    SCOPED_TRACE(not_found);
    CollisionNetwork net(7);
    enum { kNeither, kDeleteAlone, kBoth } pass = kNeither;
    net.on_packet = [&](size_t, const Side& from, Buffer& bytes) {
      const auto header = ParseHeader(bytes);
      const bool is_delete = header->exchange == ExchangeType::kInformational;
      const bool of_b = &from == &net.b;
      // Without the answer a's half is there, and its refusal another one.
      if (is_delete && of_b) return not_found;
      if (is_delete) return pass != kNeither;
      return !of_b || header->response || pass == kBoth;
    };
    Begin(net.a, Act::kRekeyChild);
    Begin(net.b, Act::kRekeyChild);
    net.Pass(100);
    const uint64_t old = Child(net.b, kEntry10)->sa_out;
    ASSERT_NE(net.b.fwd.Inbound(Child(net.b, kEntry10)->spi_in), nullptr);
    net.b.fwd.HoldInstalls();
    pass = kDeleteAlone;
    net.Pass(1'100);
    pass = kBoth;
    net.Pass(2'000);
    EXPECT_EQ(
        net.tap_a.Count(not_found ? NotifyType::kChildSaNotFound : NotifyType::kTemporaryFailure),
        1U);
    EXPECT_TRUE(net.b.fwd.sas().contains(old));
    net.b.fwd.LetInstallsGo();
    net.on_packet = nullptr;
    net.Run();
    EXPECT_FALSE(net.b.fwd.sas().contains(old));
    ExpectSettled(net);
    EXPECT_EQ(net.a.Children(), 1U);
    EXPECT_EQ(net.b.Children(), 1U);
  }
}

// 1.4.1: each end names its half once, the answers of both have no DELETE.
TEST(CollisionAnswerTest, BothDeleteTheChild) {
  CollisionNetwork net(6);
  Begin(net.a, Act::kDeleteChild);
  Begin(net.b, Act::kDeleteChild);
  net.Run();
  EXPECT_EQ(net.tap_a.deletes(), 1U);
  EXPECT_EQ(net.tap_b.deletes(), 1U);
  EXPECT_EQ(net.a.record.Count("child down cleared_by_operator") +
                net.b.record.Count("child down cleared_by_operator") +
                net.a.record.Count("child down deleted_by_peer") +
                net.b.record.Count("child down deleted_by_peer"),
            2U);
  ExpectSettled(net);
}

}  // namespace
}  // namespace vam::ike::test
