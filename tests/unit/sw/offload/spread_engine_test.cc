// Several engines as one: where SAs go, handles, an engine that hangs, and the same packets through
// one software engine and through threads.
#include "sw/offload/spread_engine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "sw/base/rng.h"
#include "sw/ipsec/soft_engine.h"
#include "sw/offload/engine_worker.h"
#include "tests/unit/sw/ipsec/esp_fixture.h"
#include "tests/unit/sw/offload/worker_fixture.h"

namespace vam::offload {
namespace {

using ipsec::ControlDone;
using ipsec::Direction;
using ipsec::Done;
using ipsec::Engine;
using ipsec::Job;
using ipsec::Op;
using ipsec::SaParams;
using ipsec::SaRef;
using ipsec::SoftEngine;
using ipsec::test::Buffer;
using test::Eventually;

using Counts = std::vector<uint32_t>;

constexpr uint32_t kPlaces = 50;  // of each engine

std::vector<std::unique_ptr<Engine>> SoftEngines(size_t count) {
  std::vector<std::unique_ptr<Engine>> engines;
  for (size_t i = 0; i < count; ++i) {
    engines.push_back(std::make_unique<SoftEngine>(SoftEngine::Config{kPlaces, 64, 64}));
  }
  return engines;
}

SaParams Sa(uint64_t id, Direction direction = Direction::kOut) {
  SaParams params = ipsec::test::MakeSa(direction);
  params.id = id;
  params.spi = ipsec::Spi{static_cast<uint32_t>(0x1000 + id / 2)};
  return params;
}

ControlDone Wait(Engine& engine, const Result<uint64_t>& token) {
  ControlDone done;
  EXPECT_TRUE(token.has_value());
  EXPECT_TRUE(Eventually([&] { return engine.PollControl({&done, 1}) == 1; }));
  EXPECT_EQ(done.token, *token);
  return done;
}

Done RunOne(Engine& engine, const Job& job) {
  EXPECT_EQ(engine.Submit({&job, 1}), 1u);
  Done done;
  EXPECT_TRUE(Eventually([&] { return engine.Poll({&done, 1}) == 1; }));
  EXPECT_EQ(done.cookie, job.cookie);
  return done;
}

class SpreadEngineTest : public ::testing::Test {
 protected:
  SaRef Add(const SaParams& params) {
    const ControlDone done = Wait(engine, engine.BeginAdd(params));
    EXPECT_TRUE(done.status.has_value()) << ToString(done.status.error());
    return done.sa;
  }
  std::vector<uint32_t> Loads() const {
    std::vector<uint32_t> loads;
    for (size_t i = 0; i < engine.parts(); ++i) loads.push_back(engine.part(i).sas);
    return loads;
  }

  ManualClock clock;
  SpreadEngine engine{SoftEngines(3), clock};
};

TEST_F(SpreadEngineTest, AnSaGoesToTheEngineWithTheFewest) {
  EXPECT_EQ(engine.name(), "software");
  EXPECT_EQ(engine.capabilities().max_sas, 3 * kPlaces);
  std::vector<SaRef> sas;
  for (uint64_t id = 1; id <= 7; ++id) sas.push_back(Add(Sa(2 * id)));
  EXPECT_EQ(Loads(), (Counts{3, 2, 2}));
  EXPECT_TRUE(Wait(engine, engine.BeginDelete(sas[1])).status.has_value());
  EXPECT_TRUE(Wait(engine, engine.BeginDelete(sas[4])).status.has_value());
  EXPECT_EQ(Loads(), (Counts{3, 0, 2}));
  for (uint64_t id = 8; id <= 10; ++id) Add(Sa(2 * id));
  EXPECT_EQ(Loads(), (Counts{3, 3, 2}));
}

// Tunnels come as an inbound and an outbound SA: one engine must not get all of one kind.
TEST_F(SpreadEngineTest, EachDirectionIsSharedOut) {
  SpreadEngine two(SoftEngines(2), clock);
  std::array<std::array<int, 2>, 2> count{};
  for (uint64_t tunnel = 1; tunnel <= 8; ++tunnel) {
    for (const Direction direction : {Direction::kIn, Direction::kOut}) {
      const SaRef sa = Wait(two, two.BeginAdd(Sa(2 * tunnel, direction))).sa;
      ++count[static_cast<size_t>(direction)][sa.index() / kPlaces];
    }
  }
  EXPECT_EQ(count, (std::array<std::array<int, 2>, 2>{{{4, 4}, {4, 4}}}));
}

TEST_F(SpreadEngineTest, WhatDidNotComeUpCountsNowhere) {
  Add(Sa(2));
  SaParams wrong = Sa(4);
  wrong.ttl = 0;
  wrong.replay_window = 1;
  EXPECT_FALSE(Wait(engine, engine.BeginAdd(wrong)).status.has_value());
  EXPECT_EQ(Loads(), (Counts{1, 0, 0}));
}

TEST_F(SpreadEngineTest, HandlesNameTheSaOnItsEngine) {
  const Buffer inner = ipsec::test::MakeInner(100);
  std::vector<SaRef> sas;
  for (uint64_t id = 1; id <= 9; ++id) sas.push_back(Add(Sa(2 * id)));
  for (uint64_t i = 0; i < sas.size(); ++i) {
    Buffer wire(300);
    for (uint64_t n = 0; n <= i; ++n) {
      const Done done = RunOne(engine, {Op::kEspOut, sas[i], 0, inner, wire, i});
      EXPECT_EQ(done.reason, Reason::kOk);
      EXPECT_EQ(done.sa, sas[i]);
    }
    EXPECT_EQ(LoadBe32(&wire[20]), 0x1000 + i + 1) << "another SA's SPI";
    const ControlDone query = Wait(engine, engine.BeginQuery(sas[i]));
    EXPECT_EQ(query.sa, sas[i]);
    EXPECT_EQ(query.stats.sa_id, 2 * (i + 1));
    EXPECT_EQ(query.stats.packets, i + 1);
  }
}

TEST_F(SpreadEngineTest, UnknownAndStaleHandlesEndAsWithOneEngine) {
  const Buffer inner = ipsec::test::MakeInner(100);
  Buffer wire(300);
  Add(Sa(2));
  const SaRef gone = Add(Sa(4));
  ASSERT_TRUE(Wait(engine, engine.BeginDelete(gone)).status.has_value());
  const auto end = [&](SaRef sa) {
    return RunOne(engine, {Op::kEspOut, sa, 0, inner, wire, 1}).reason;
  };
  EXPECT_EQ(end(gone), Reason::kSaStale);
  EXPECT_EQ(end(SaRef::None()), Reason::kNoSa);
  EXPECT_EQ(end(SaRef::Make(0, 3 * kPlaces)), Reason::kNoSa);
  EXPECT_EQ(end(SaRef::Make(0, kPlaces + 40)), Reason::kNoSa);
  for (const SaRef sa : {gone, SaRef::None(), SaRef::Make(0, 3 * kPlaces)}) {
    EXPECT_EQ(Wait(engine, engine.BeginDelete(sa)).status.error().code, ErrorCode::kNotFound);
    EXPECT_EQ(Wait(engine, engine.BeginQuery(sa)).status.error().code, ErrorCode::kNotFound);
    EXPECT_EQ(Wait(engine, engine.BeginModify(sa, Sa(4))).status.error().code,
              ErrorCode::kNotFound);
    engine.AckEvent(sa, ipsec::EventType::kSoftBytes);
  }
  EXPECT_EQ(Loads(), (Counts{1, 0, 0}));
}

// With the handle, as the forwarder gives it, and without.
TEST_F(SpreadEngineTest, InboundPacketsFindTheirSaOnWhateverEngine) {
  const Buffer inner = ipsec::test::MakeInner(100);
  for (const ipsec::Suite& suite :
       {ipsec::Suite{}, ipsec::Suite{ipsec::Encryption::kNone, ipsec::Integrity::kHmacSha1_96}}) {
    for (uint64_t n = 0; n < 4; ++n) {
      SaParams out = ipsec::test::MakeSa(Direction::kOut, suite);
      SaParams in = ipsec::test::MakeSa(Direction::kIn, suite);
      out.spi.value = in.spi.value = static_cast<uint32_t>(0x2000 + n);
      const bool esp = out.protocol == ipsec::Protocol::kEsp;
      const SaRef out_ref = Add(out);
      const SaRef in_ref = Add(in);
      for (const SaRef named : {in_ref, SaRef::None()}) {
        Buffer wire(300), back(300);
        const Done sent =
            RunOne(engine, {esp ? Op::kEspOut : Op::kAhOut, out_ref, 0, inner, wire, 1});
        wire.resize(sent.out_bytes);
        const Done done = RunOne(engine, {esp ? Op::kEspIn : Op::kAhIn, named, 0, wire, back, 2});
        EXPECT_EQ(done.reason, Reason::kOk);
        EXPECT_EQ(done.sa, in_ref);
        back.resize(done.out_bytes);
        EXPECT_EQ(back, inner);
      }
    }
  }
  Buffer nothing(5), back(300);
  EXPECT_EQ(RunOne(engine, {Op::kEspIn, SaRef::None(), 0, nothing, back, 3}).reason,
            Reason::kOuterMalformed);
}

TEST_F(SpreadEngineTest, AnInboundKeyIsTakenOnce) {
  Add(Sa(2));  // so that the engine with the fewest is another one than before
  const SaRef first = Add(Sa(10, Direction::kIn));
  const ControlDone second = Wait(engine, engine.BeginAdd(Sa(11, Direction::kIn)));
  ASSERT_FALSE(second.status.has_value());
  EXPECT_EQ(second.status.error().code, ErrorCode::kExists);
  // Deleted and added again before the deletion was answered.
  const auto removed = engine.BeginDelete(first);
  const auto added = engine.BeginAdd(Sa(11, Direction::kIn));
  EXPECT_TRUE(Wait(engine, removed).status.has_value());
  const ControlDone again = Wait(engine, added);
  ASSERT_TRUE(again.status.has_value());
  EXPECT_NE(again.sa, first);
  ASSERT_TRUE(Wait(engine, engine.BeginDelete(again.sa)).status.has_value());
  EXPECT_EQ(Loads(), (Counts{1, 0, 0}));
  // Nobody holds the key any more: it goes where there is room.
  Add(Sa(12, Direction::kIn));
  Add(Sa(13));
  Add(Sa(10, Direction::kIn));
  EXPECT_EQ(Loads(), (Counts{2, 1, 1}));
}

TEST_F(SpreadEngineTest, EventsNameTheSaAndAreAcknowledged) {
  Add(Sa(2));
  SaParams params = Sa(4);
  params.lifetimes.soft_packets = 1;
  const SaRef sa = Add(params);
  Buffer wire(300);
  RunOne(engine, {Op::kEspOut, sa, 0, ipsec::test::MakeInner(60), wire, 1});
  std::array<ipsec::SaEvent, 4> events;
  ASSERT_EQ(engine.PollEvents(events), 1u);
  EXPECT_EQ(events[0].sa, sa);
  EXPECT_EQ(events[0].sa_id, 4u);
  EXPECT_NE(Wait(engine, engine.BeginQuery(sa)).stats.pending_events, 0u);
  engine.AckEvent(sa, events[0].type);
  EXPECT_EQ(Wait(engine, engine.BeginQuery(sa)).stats.pending_events, 0u);
}

// Two engines in threads, the first of which can be stopped.
class HangingTest : public ::testing::Test {
 protected:
  static constexpr uint32_t kQueue = 32;

  HangingTest() {
    std::vector<std::unique_ptr<Engine>> engines;
    for (int i = 0; i < 2; ++i) {
      auto gate = std::make_unique<test::GateEngine>();
      gates.push_back(gate.get());
      engines.push_back(std::make_unique<EngineWorker>(std::move(gate),
                                                       EngineWorker::Config{kQueue, 16, "", {}}));
    }
    engine = std::make_unique<SpreadEngine>(std::move(engines), clock);
    for (uint64_t id = 1; id <= 2; ++id) {
      sas.push_back(Wait(*engine, engine->BeginAdd(Sa(2 * id))).sa);
    }
  }
  ~HangingTest() override {
    for (test::GateEngine* gate : gates) gate->gate.Set(true);
  }
  void Hang() {
    gates[0]->gate.Set(false);
    ASSERT_TRUE(Give(0, 1));
    ASSERT_TRUE(Eventually([&] { return gates[0]->gate.SomeoneWaits(); }));
  }
  bool Give(size_t sa, uint64_t cookie) {
    Job job;
    job.sa = sas[sa];
    job.cookie = cookie;
    return engine->Submit({&job, 1}) == 1;
  }
  void Collect() {
    std::array<Done, 16> done;
    const size_t count = engine->Poll(done);
    for (size_t i = 0; i < count; ++i) ended[done[i].cookie].push_back(done[i].reason);
    std::array<ControlDone, 4> answers;
    engine->PollControl(answers);
  }
  size_t CountOf(Reason reason) const {
    size_t count = 0;
    for (const auto& [cookie, reasons] : ended) count += std::ranges::count(reasons, reason);
    return count;
  }

  ManualClock clock;
  std::vector<test::GateEngine*> gates;
  std::unique_ptr<SpreadEngine> engine;
  std::vector<SaRef> sas;
  std::map<uint64_t, std::vector<Reason>> ended;  // by cookie
};

TEST_F(HangingTest, TheOthersGoOnAndEveryPacketEndsOnce) {
  Hang();
  constexpr uint64_t kPackets = 200;
  for (uint64_t n = 0; n < kPackets; ++n) {
    ASSERT_TRUE(Eventually([&] {
      Collect();
      return Give(n % 2, 1000 + n);
    }));
    // The engine that works answers each time.
    if (n % 2 == 1) {
      ASSERT_TRUE(Eventually([&] {
        Collect();
        return ended.contains(1000 + n);
      }));
    }
  }
  // What the hanging one could not take any more.
  EXPECT_EQ(CountOf(Reason::kEngineFull), kPackets / 2 - (kQueue - 1));
  EXPECT_EQ(engine->part(0).refused, kPackets / 2 - (kQueue - 1));
  EXPECT_EQ(CountOf(Reason::kOk), kPackets / 2);
  gates[0]->gate.Set(true);
  ASSERT_TRUE(Eventually([&] {
    Collect();
    return ended.size() == kPackets + 1;
  }));
  EXPECT_EQ(CountOf(Reason::kOk), kPackets / 2 + kQueue);
  for (const auto& [cookie, reasons] : ended) EXPECT_EQ(reasons.size(), 1u) << cookie;
}

TEST_F(HangingTest, IsSeenAndGetsNoNewSas) {
  Collect();
  EXPECT_FALSE(engine->part(0).stuck);
  Hang();
  Collect();
  clock.AdvanceNs(SpreadEngine::kStuckNs - 1);
  Collect();
  EXPECT_FALSE(engine->part(0).stuck);
  clock.AdvanceNs(1);
  Collect();
  EXPECT_TRUE(engine->part(0).stuck);
  EXPECT_FALSE(engine->part(1).stuck) << "it has nothing to do";
  for (uint64_t id = 3; id <= 5; ++id) {
    EXPECT_TRUE(Wait(*engine, engine->BeginAdd(Sa(2 * id))).status.has_value());
  }
  EXPECT_EQ(engine->part(0).sas, 1u);
  EXPECT_EQ(engine->part(1).sas, 4u);
  gates[0]->gate.Set(true);
  ASSERT_TRUE(Eventually([&] {
    Collect();
    return !engine->part(0).stuck;
  }));
}

// The same calls to one software engine and to three in threads: each packet ends alike, with the
// same bytes, and those of an SA in their order, whatever the threads do meanwhile.
class TwinTest : public ::testing::TestWithParam<uint64_t> {
 protected:
  static constexpr size_t kMaxJobs = 100;

  struct Tunnel {
    std::array<SaRef, 2> alone;   // out, in
    std::array<SaRef, 2> spread;  // out, in
  };
  struct Flight {
    size_t tunnel;
    Buffer src;
    Buffer dst;
    Buffer expected;
    Reason reason;
    bool in;
  };

  static std::unique_ptr<SpreadEngine> MakeSpread(const Clock& clock) {
    std::vector<std::unique_ptr<Engine>> engines;
    for (int i = 0; i < 3; ++i) {
      engines.push_back(std::make_unique<EngineWorker>(
          std::make_unique<SoftEngine>(SoftEngine::Config{kPlaces, 32, 16}),
          EngineWorker::Config{128, 16, "", {}}));
    }
    return std::make_unique<SpreadEngine>(std::move(engines), clock);
  }

  void AddTunnel() {
    Tunnel tunnel;
    const uint64_t id = 2 * ++tunnels_made;
    for (const Direction direction : {Direction::kOut, Direction::kIn}) {
      SaParams params = Sa(id, direction);
      if (direction == Direction::kIn) params.replay_window = 64;
      params.lifetimes.soft_packets = 20;
      params.lifetimes.hard_packets = 60;
      const auto i = static_cast<size_t>(direction);
      tunnel.alone[i] = Wait(alone, alone.BeginAdd(params)).sa;
      tunnel.spread[i] = Answer(spread->BeginAdd(params)).sa;
    }
    tunnels[tunnels_made] = tunnel;
  }
  ControlDone Answer(const Result<uint64_t>& token) {
    ControlDone done;
    EXPECT_TRUE(token.has_value());
    EXPECT_TRUE(Eventually([&] {
      Collect();
      return spread->PollControl({&done, 1}) == 1;
    }));
    EXPECT_EQ(done.token, *token);
    return done;
  }
  // The counters of both, then no more SA.
  void RemoveTunnel(uint64_t number) {
    for (size_t i = 0; i < 2; ++i) {
      const Tunnel& tunnel = tunnels[number];
      const ControlDone ours = Answer(spread->BeginDelete(tunnel.spread[i]));
      const ControlDone theirs = Wait(alone, alone.BeginDelete(tunnel.alone[i]));
      EXPECT_EQ(ours.status.has_value(), theirs.status.has_value());
      EXPECT_EQ(ours.stats.packets, theirs.stats.packets);
      EXPECT_EQ(ours.stats.bytes, theirs.stats.bytes);
      EXPECT_EQ(ours.stats.sequence, theirs.stats.sequence);
      EXPECT_EQ(ours.stats.errors, theirs.stats.errors);
    }
    tunnels.erase(number);
  }
  // Out through both; the packet of the single engine then comes in through both, sometimes spoilt
  // or twice.
  void SendPacket(uint64_t number) {
    const Tunnel tunnel = tunnels[number];
    const Buffer inner = ipsec::test::MakeInner(28 + rng.Below(1400));
    const Buffer wire = Give(number, false, tunnel.alone[0], tunnel.spread[0], inner);
    if (wire.empty()) return;
    Buffer arriving = wire;
    if (rng.Below(8) == 0) arriving[20 + rng.Below(wire.size() - 20)] ^= 1;
    const SaRef named = rng.Below(2) == 0 ? tunnel.spread[1] : SaRef::None();
    for (uint64_t copies = 1 + rng.Below(6) / 5; copies > 0; --copies) {
      Give(number, true, SaRef::None(), named, arriving);
    }
  }
  Buffer Give(uint64_t number, bool in, SaRef in_alone, SaRef in_spread, const Buffer& src) {
    while (flights.size() >= kMaxJobs) Collect();
    const Op op = in ? Op::kEspIn : Op::kEspOut;
    Buffer expected(2000);
    const Done done = RunOne(alone, {op, in_alone, 0, src, expected, 1});
    expected.resize(done.out_bytes);
    const uint64_t cookie = ++cookies;
    Flight& flight = flights[cookie];
    flight = {number, src, Buffer(2000), expected, done.reason, in};
    const Job job{op, in_spread, 0, flight.src, flight.dst, cookie};
    EXPECT_TRUE(Eventually([&] {
      if (spread->Submit({&job, 1}) == 1) return true;
      Collect();
      return false;
    }));
    return done.reason == Reason::kOk ? expected : Buffer();
  }
  void Collect() {
    std::array<Done, 5> done;
    const size_t count = spread->Poll(done);
    for (const Done& entry : std::span(done).first(count)) {
      const auto found = flights.find(entry.cookie);
      ASSERT_NE(found, flights.end()) << "ended twice";
      Flight& flight = found->second;
      EXPECT_EQ(entry.reason, flight.reason);
      flight.dst.resize(entry.out_bytes);
      EXPECT_EQ(flight.dst, flight.expected);
      // One whose SPI was spoilt is of no SA.
      if (entry.sa != SaRef::None()) {
        uint64_t& last = last_of[{flight.tunnel, flight.in}];
        EXPECT_LT(last, entry.cookie) << "packets of one SA changed their order";
        last = entry.cookie;
      }
      flights.erase(found);
      ++judged;
    }
    std::array<ipsec::SaEvent, 4> events;
    const size_t happened = spread->PollEvents(events);
    for (size_t i = 0; i < happened; ++i) {
      ++events_seen;
      spread->AckEvent(events[i].sa, events[i].type);
    }
  }

  SeededRng rng{test::Seed() * 1000 + GetParam()};
  ManualClock clock;
  SoftEngine alone{SoftEngine::Config{3 * kPlaces, 16, 16}};
  std::map<uint64_t, Flight> flights;  // outlives the threads that work on it
  std::unique_ptr<SpreadEngine> spread = MakeSpread(clock);
  std::map<uint64_t, Tunnel> tunnels;
  uint64_t tunnels_made = 0;
  uint64_t cookies = 0;
  uint64_t judged = 0;
  uint64_t events_seen = 0;
  std::map<std::pair<size_t, bool>, uint64_t> last_of;
};

TEST_P(TwinTest, EndsLikeOneEngine) {
  SCOPED_TRACE("VAM_TEST_SEED=" + std::to_string(test::Seed()));
  for (int step = 0; step < 1500 && !HasFailure(); ++step) {
    const uint64_t what = rng.Below(40);
    if (tunnels.empty() || (what == 0 && tunnels.size() < 12)) {
      AddTunnel();
    } else if (what == 1) {
      RemoveTunnel(
          std::next(tunnels.begin(), static_cast<ptrdiff_t>(rng.Below(tunnels.size())))->first);
    } else {
      SendPacket(
          std::next(tunnels.begin(), static_cast<ptrdiff_t>(rng.Below(tunnels.size())))->first);
    }
    if (rng.Below(3) == 0) Collect();
  }
  while (!tunnels.empty()) RemoveTunnel(tunnels.begin()->first);
  ASSERT_TRUE(Eventually([&] {
    Collect();
    return flights.empty();
  }));
  EXPECT_EQ(judged, cookies);
  EXPECT_GT(events_seen, 0u);
  for (size_t i = 0; i < spread->parts(); ++i) {
    EXPECT_EQ(spread->part(i).sas, 0u);
    EXPECT_GT(spread->part(i).packets, 0u);
    EXPECT_EQ(spread->part(i).refused, 0u);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, TwinTest, ::testing::Range<uint64_t>(0, 6));

}  // namespace
}  // namespace vam::offload
