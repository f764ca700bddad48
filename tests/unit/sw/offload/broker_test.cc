// Where SAs are placed and why, by a card engine that a test can make refuse.
#include "sw/offload/broker.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <vector>

#include "sw/ipsec/soft_engine.h"

namespace vam::offload {
namespace {

using ipsec::ControlDone;
using ipsec::ControlOp;
using ipsec::SaParams;

// Answers when told, with what it is told.
class ScriptedEngine final : public ipsec::Engine {
 public:
  std::string_view name() const override { return "card"; }
  ipsec::Capabilities capabilities() const override { return able; }
  ipsec::EngineState state() const override { return engine_state; }
  size_t Submit(std::span<const ipsec::Job> jobs) override { return jobs.size(); }
  size_t Poll(std::span<ipsec::Done>) override { return 0; }
  Result<uint64_t> BeginAdd(const SaParams& params) override {
    return Begin(ControlOp::kAdd, params.id);
  }
  Result<uint64_t> BeginModify(ipsec::SaRef, const SaParams& params) override {
    return Begin(ControlOp::kModify, params.id);
  }
  Result<uint64_t> BeginDelete(ipsec::SaRef sa) override {
    return Begin(ControlOp::kDelete, sa.value);
  }
  Result<uint64_t> BeginQuery(ipsec::SaRef sa) override {
    return Begin(ControlOp::kQuery, sa.value);
  }
  size_t PollControl(std::span<ControlDone> out) override {
    size_t count = 0;
    while (count < out.size() && !answers.empty()) {
      out[count++] = answers.front();
      answers.pop_front();
    }
    return count;
  }
  size_t PollEvents(std::span<ipsec::SaEvent> out) override {
    const size_t count = std::min(out.size(), events.size());
    std::copy_n(events.begin(), count, out.begin());
    events.clear();
    return count;
  }
  void AckEvent(ipsec::SaRef, ipsec::EventType) override { ++acknowledged; }

  // Ends the oldest operation under way.
  void Answer(Status status = Ok(), uint32_t handle = 9) {
    ASSERT_FALSE(asked.empty());
    ControlDone done;
    done.token = asked.front().token;
    done.op = asked.front().op;
    done.status = std::move(status);
    done.sa = {handle};
    done.stats.packets = 5;
    asked.pop_front();
    answers.push_back(done);
  }

  struct Asked {
    uint64_t token;
    ControlOp op;
    uint64_t about;
  };
  ipsec::Capabilities able{.max_sas = 4,
                           .max_packet_bytes = 9216,
                           .max_replay_window = 1024,
                           .encryption = ipsec::EncryptionSet().set(),
                           .esn = true,
                           .lifetimes = true};
  ipsec::EngineState engine_state = ipsec::EngineState::kReady;
  bool refuse_to_begin = false;
  size_t most_asked = SIZE_MAX;  // at once
  std::deque<Asked> asked;
  std::deque<ControlDone> answers;
  std::vector<ipsec::SaEvent> events;
  int acknowledged = 0;

 private:
  Result<uint64_t> Begin(ControlOp op, uint64_t about) {
    if (refuse_to_begin) return Err(ErrorCode::kExhausted, "the SA table is full");
    if (asked.size() >= most_asked) return Err(ErrorCode::kUnavailable, "too many operations");
    asked.push_back({++token_, op, about});
    return token_;
  }
  uint64_t token_ = 0;
};

SaParams Sa(uint64_t id) {
  SaParams params;
  params.id = id;
  params.direction = ipsec::Direction::kIn;
  params.spi = {static_cast<uint32_t>(0x1000 + id)};
  params.local = net::Address::V4(0xc0000201);
  params.remote = net::Address::V4(0xc0000202);
  const auto key = params.key_material.Resize(20);
  std::fill(key.begin(), key.end(), static_cast<uint8_t>(id));
  return params;
}

class BrokerTest : public ::testing::Test {
 protected:
  const Broker::Placement& At(uint64_t id) {
    const Broker::Placement* placed = broker.Find(id);
    EXPECT_NE(placed, nullptr);
    return *placed;
  }
  void InstallOnCard(uint64_t id) {
    ASSERT_TRUE(broker.Install(Sa(id)).has_value());
    card.Answer();
    broker.Poll();
    ASSERT_EQ(At(id).state, Broker::State::kUp);
  }

  ScriptedEngine card;
  ipsec::SoftEngine software{ipsec::SoftEngine::Config{}};
  Broker broker{&card, "", software};
};

TEST_F(BrokerTest, CardFirstAndNoReason) {
  ASSERT_TRUE(broker.Install(Sa(1)).has_value());
  EXPECT_EQ(At(1).state, Broker::State::kInstalling);
  EXPECT_TRUE(broker.busy());
  card.Answer(Ok(), 42);
  broker.Poll();
  EXPECT_EQ(At(1).state, Broker::State::kUp);
  EXPECT_EQ(At(1).engine, &card);
  EXPECT_EQ(At(1).ref.value, 42u);
  EXPECT_EQ(At(1).reason, "");
  EXPECT_FALSE(broker.busy());
}

// 64 tunnels and a card for 16: the first that come have it; after some rekeys those that carry
// most.
TEST_F(BrokerTest, WithEachRekeyTheCardIsForThoseThatCarryMost) {
  constexpr size_t kTunnels = 64;
  constexpr size_t kPlaces = 16;
  ipsec::SoftEngine small({.max_sas = kPlaces, .queue_jobs = 4, .queue_controls = 4});
  ipsec::SoftEngine large(ipsec::SoftEngine::Config{});
  Broker both(&small, "", large);
  const auto settle = [&both] {
    for (int i = 0; i < 4; ++i) both.Poll();
    ASSERT_FALSE(both.busy());
  };
  std::vector<uint64_t> of_tunnel;
  uint64_t next = 1;
  const auto on_card = [&] {
    std::vector<size_t> tunnels;
    for (size_t i = 0; i < kTunnels; ++i) {
      if (both.Find(of_tunnel[i])->engine == &small) tunnels.push_back(i);
    }
    return tunnels;
  };
  for (size_t i = 0; i < kTunnels; ++i) {
    of_tunnel.push_back(next++);
    ASSERT_TRUE(both.Install(Sa(of_tunnel.back())).has_value());
    settle();
  }
  const std::vector<size_t> first = on_card();
  EXPECT_EQ(first.size(), kPlaces);
  EXPECT_EQ(first.back(), kPlaces - 1);
  for (int round = 0; round < 3; ++round) {
    for (size_t i = 0; i < kTunnels; ++i) {
      const uint64_t old = std::exchange(of_tunnel[i], next++);
      // The later a tunnel came, the more it carries.
      ASSERT_TRUE(both.Install(Sa(of_tunnel[i]), static_cast<float>(i)).has_value());
      settle();
      ASSERT_TRUE(both.Remove(old).has_value());
      settle();
    }
  }
  const std::vector<size_t> last = on_card();
  EXPECT_GE(last.size(), kPlaces - 1) << "a place stays free for rekeys, no more";
  EXPECT_GE(last.front(), kTunnels - kPlaces);
  EXPECT_EQ(last.back(), kTunnels - 1);
  EXPECT_EQ(both.Find(of_tunnel[0])->reason,
            "The card's places are for SAs that carried more packets before.");
}

TEST_F(BrokerTest, WhereThereIsRoomForAllTheRateDoesNotMatter) {
  for (uint64_t id = 1; id <= 4; ++id) {
    ASSERT_TRUE(broker.Install(Sa(id), static_cast<float>(4 - id)).has_value());
    card.Answer();
    broker.Poll();
    EXPECT_EQ(At(id).engine, &card);
  }
}

TEST_F(BrokerTest, WithoutCardSoftwareWithTheReasonGiven) {
  Broker alone(nullptr, "No card is configured.", software);
  ASSERT_TRUE(alone.Install(Sa(1)).has_value());
  alone.Poll();
  EXPECT_EQ(alone.Find(1)->state, Broker::State::kUp);
  EXPECT_EQ(alone.Find(1)->engine, &software);
  EXPECT_EQ(alone.Find(1)->reason, "No card is configured.");
}

TEST_F(BrokerTest, MissingCapabilityIsNamedAndTheCardNotAsked) {
  card.able.esn = false;
  SaParams params = Sa(1);
  params.esn = true;
  ASSERT_TRUE(broker.Install(params).has_value());
  EXPECT_TRUE(card.asked.empty());
  broker.Poll();
  EXPECT_EQ(At(1).engine, &software);
  EXPECT_EQ(At(1).reason.rfind("The card cannot: ", 0), 0u) << At(1).reason;
}

TEST_F(BrokerTest, RefusalOfTheCardFallsBackWithItsReason) {
  ASSERT_TRUE(broker.Install(Sa(1)).has_value());
  card.Answer(Err(ErrorCode::kExhausted, "the SA table is full"));
  broker.Poll();
  broker.Poll();
  EXPECT_EQ(At(1).state, Broker::State::kUp);
  EXPECT_EQ(At(1).engine, &software);
  EXPECT_EQ(At(1).reason, "The card refused: the SA table is full.");
}

TEST_F(BrokerTest, ACardThatRefusesAtOnceFallsBack) {
  card.refuse_to_begin = true;
  ASSERT_TRUE(broker.Install(Sa(1)).has_value());
  broker.Poll();
  EXPECT_EQ(At(1).engine, &software);
  EXPECT_EQ(At(1).reason, "The card refused: the SA table is full.");
}

TEST_F(BrokerTest, BothRefuseMeansDown) {
  SaParams params = Sa(1);
  params.spi = {5};  // reserved: no engine takes it
  ASSERT_TRUE(broker.Install(params).has_value());
  card.Answer(Err(ErrorCode::kInvalidArgument, "a value out of range"));
  broker.Poll();
  broker.Poll();
  EXPECT_EQ(At(1).state, Broker::State::kDown);
  EXPECT_EQ(At(1).engine, nullptr);
  EXPECT_EQ(At(1).reason.rfind("The software engine refused: ", 0), 0u) << At(1).reason;
  EXPECT_FALSE(At(1).lost);
}

TEST_F(BrokerTest, IdInUseIsRefusedAndUnknownIdsAreNotFound) {
  InstallOnCard(1);
  EXPECT_EQ(broker.Install(Sa(1)).error().code, ErrorCode::kExists);
  EXPECT_EQ(broker.Remove(2).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(broker.Modify(Sa(2)).error().code, ErrorCode::kNotFound);
}

TEST_F(BrokerTest, RemovalWaitsForTheEngine) {
  InstallOnCard(1);
  ASSERT_TRUE(broker.Remove(1).has_value());
  EXPECT_EQ(At(1).state, Broker::State::kRemoving);
  ASSERT_TRUE(broker.Remove(1).has_value());  // asked twice, done once
  ASSERT_EQ(card.asked.size(), 1u);
  EXPECT_EQ(card.asked.front().op, ControlOp::kDelete);
  card.Answer();
  broker.Poll();
  EXPECT_EQ(broker.Find(1), nullptr);
}

// An engine takes two operations at a time; what is asked for meanwhile waits, in its order.
TEST_F(BrokerTest, WhatAnEngineHasNoTimeForWaits) {
  card.most_asked = 2;
  for (uint64_t id = 1; id <= 5; ++id) ASSERT_TRUE(broker.Install(Sa(id)).has_value());
  ASSERT_TRUE(broker.Remove(4).has_value());
  for (uint64_t turn = 0; turn < 3; ++turn) {
    EXPECT_EQ(card.asked.size(), 2u) << turn;
    while (!card.asked.empty()) card.Answer(Ok(), 40);
    broker.Poll();
  }
  for (const uint64_t id : {1, 2, 3, 5}) {
    EXPECT_EQ(At(id).state, Broker::State::kUp) << id;
    EXPECT_EQ(At(id).engine, &card) << id;
  }
  EXPECT_EQ(broker.Find(4), nullptr);
  for (const uint64_t id : {1, 2, 3, 5}) ASSERT_TRUE(broker.Remove(id).has_value());
  EXPECT_EQ(card.asked.size(), 2u);
  while (broker.busy()) {
    ASSERT_FALSE(card.asked.empty());
    while (!card.asked.empty()) card.Answer();
    broker.Poll();
  }
  EXPECT_TRUE(broker.placements().empty());
}

TEST_F(BrokerTest, WhatWaitsForACardThatFailsGoesDown) {
  card.most_asked = 1;
  for (uint64_t id = 1; id <= 3; ++id) ASSERT_TRUE(broker.Install(Sa(id)).has_value());
  card.engine_state = ipsec::EngineState::kFailed;
  broker.Poll();
  for (uint64_t id = 1; id <= 3; ++id) EXPECT_EQ(At(id).state, Broker::State::kDown) << id;
  EXPECT_FALSE(broker.busy());
  ASSERT_TRUE(broker.Install(Sa(1)).has_value());
  broker.Poll();
  EXPECT_EQ(At(1).engine, &software);
}

TEST_F(BrokerTest, MoreThanTheSoftwareEngineTakesAtOnce) {
  card.engine_state = ipsec::EngineState::kFailed;
  broker.Poll();
  constexpr uint64_t kMany = 3000;
  for (uint64_t id = 1; id <= kMany; ++id) ASSERT_TRUE(broker.Install(Sa(id)).has_value());
  while (broker.busy()) broker.Poll();
  for (uint64_t id = 1; id <= kMany; ++id) ASSERT_EQ(At(id).state, Broker::State::kUp) << id;
  for (uint64_t id = 1; id <= kMany; ++id) ASSERT_TRUE(broker.Remove(id).has_value());
  while (broker.busy()) broker.Poll();
  EXPECT_TRUE(broker.placements().empty());
}

TEST_F(BrokerTest, RemovalWhileInstallingHappensAfterwards) {
  ASSERT_TRUE(broker.Install(Sa(1)).has_value());
  ASSERT_TRUE(broker.Remove(1).has_value());
  ASSERT_EQ(card.asked.size(), 1u);  // only the add
  card.Answer();
  broker.Poll();
  EXPECT_EQ(At(1).state, Broker::State::kRemoving);
  card.Answer();
  broker.Poll();
  EXPECT_EQ(broker.Find(1), nullptr);
}

TEST_F(BrokerTest, RemovalWhileInstallingSurvivesTheFallback) {
  ASSERT_TRUE(broker.Install(Sa(1)).has_value());
  ASSERT_TRUE(broker.Remove(1).has_value());
  card.Answer(Err(ErrorCode::kExhausted, "the SA table is full"));
  for (int i = 0; i < 4; ++i) broker.Poll();
  EXPECT_EQ(broker.Find(1), nullptr);
  EXPECT_FALSE(broker.busy());
}

TEST_F(BrokerTest, ModifyGoesToTheEngineThatHoldsIt) {
  ASSERT_TRUE(broker.Install(Sa(1)).has_value());
  EXPECT_EQ(broker.Modify(Sa(1)).error().code, ErrorCode::kUnavailable);
  card.Answer();
  broker.Poll();
  ASSERT_TRUE(broker.Modify(Sa(1)).has_value());
  ASSERT_EQ(card.asked.size(), 1u);
  EXPECT_EQ(card.asked.front().op, ControlOp::kModify);
}

TEST_F(BrokerTest, FailedCardTakesItsSasDownAndOnlyThose) {
  InstallOnCard(1);
  card.able.esn = false;
  SaParams in_software = Sa(2);
  in_software.esn = true;
  ASSERT_TRUE(broker.Install(in_software).has_value());
  ASSERT_TRUE(broker.Install(Sa(3)).has_value());  // still installing
  card.asked.clear();                              // it never answers
  InstallOnCard(4);
  ASSERT_TRUE(broker.Remove(4).has_value());
  ASSERT_TRUE(broker.Install(Sa(6)).has_value());
  ASSERT_TRUE(broker.Remove(6).has_value());  // wanted gone while it is still installing
  broker.RefreshStats();
  EXPECT_TRUE(broker.StatsPending());
  const uint64_t epoch = broker.epoch();
  card.engine_state = ipsec::EngineState::kFailed;
  broker.Poll();
  EXPECT_TRUE(broker.card_failed());
  EXPECT_NE(broker.epoch(), epoch);
  for (const uint64_t id : {1u, 3u}) {
    EXPECT_EQ(At(id).state, Broker::State::kDown) << id;
    EXPECT_TRUE(At(id).lost) << id;
    EXPECT_EQ(At(id).reason, "The card has failed.") << id;
  }
  EXPECT_EQ(At(2).state, Broker::State::kUp);
  EXPECT_EQ(broker.Find(4), nullptr);
  EXPECT_EQ(broker.Find(6), nullptr);
  broker.Poll();
  EXPECT_FALSE(broker.StatsPending());
  // Its SAs may come back under new ids, in software.
  ASSERT_TRUE(broker.Install(Sa(5)).has_value());
  broker.Poll();
  EXPECT_EQ(At(5).engine, &software);
  EXPECT_EQ(At(5).reason, "The card has failed.");
}

TEST_F(BrokerTest, AnswerThatNobodyAskedForIsIgnored) {
  InstallOnCard(1);
  ControlDone done;
  done.token = 777;
  done.op = ControlOp::kDelete;
  card.answers.push_back(done);
  broker.Poll();
  EXPECT_EQ(At(1).state, Broker::State::kUp);
}

TEST_F(BrokerTest, EventsAreTakenOnceAndAcknowledged) {
  InstallOnCard(1);
  card.events.push_back({ipsec::EventType::kSeqWatermark, {9}, 1, 750});
  broker.Poll();
  const std::vector<Broker::Event> events = broker.TakeEvents();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].sa_id, 1u);
  EXPECT_EQ(events[0].value, 750u);
  EXPECT_EQ(card.acknowledged, 1);
  EXPECT_TRUE(broker.TakeEvents().empty());
}

TEST_F(BrokerTest, StatsArriveWithALaterPoll) {
  InstallOnCard(1);
  broker.RefreshStats();
  EXPECT_TRUE(broker.StatsPending());
  card.Answer();
  broker.Poll();
  EXPECT_FALSE(broker.StatsPending());
  EXPECT_EQ(At(1).stats.packets, 5u);
}

}  // namespace
}  // namespace vam::offload
