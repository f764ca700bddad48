// An engine in its thread: order, back-pressure, sleep and wake, stop, an engine that hangs.
#include "sw/offload/engine_worker.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "sw/base/rng.h"
#include "sw/ipsec/soft_engine.h"
#include "tests/unit/sw/ipsec/esp_fixture.h"
#include "tests/unit/sw/offload/worker_fixture.h"

namespace vam::offload {
namespace {

using ipsec::ControlDone;
using ipsec::ControlOp;
using ipsec::Done;
using ipsec::Job;
using ipsec::SaRef;
using test::Called;
using test::Eventually;

Job JobOf(uint64_t cookie) {
  Job job;
  job.cookie = cookie;
  job.sa = SaRef::Make(0, 1);
  return job;
}

class EngineWorkerTest : public ::testing::Test {
 protected:
  void Start(EngineWorker::Config config = {}) {
    auto owned = std::make_unique<test::GateEngine>();
    engine = owned.get();
    worker = std::make_unique<EngineWorker>(std::move(owned), std::move(config));
  }
  void TearDown() override {
    if (worker == nullptr) return;
    engine->gate.Set(true);  // or its thread would never end
    worker.reset();
  }
  // Offers jobs one by one; how many were taken.
  size_t Offer(uint64_t first, uint64_t count) {
    size_t taken = 0;
    for (uint64_t i = 0; i < count; ++i) {
      const Job job = JobOf(first + i);
      taken += worker->Submit({&job, 1});
    }
    return taken;
  }
  void PollInto(std::vector<uint64_t>& cookies) {
    std::array<Done, 7> done;
    const size_t count = worker->Poll(done);
    for (size_t i = 0; i < count; ++i) cookies.push_back(done[i].cookie);
  }
  // The gate is closed and the thread stands before it, with the job `cookie`.
  void HoldWith(uint64_t cookie) {
    engine->gate.Set(false);
    ASSERT_EQ(Offer(cookie, 1), 1u);
    ASSERT_TRUE(Eventually([this] { return engine->gate.SomeoneWaits(); }));
  }

  test::GateEngine* engine = nullptr;
  std::unique_ptr<EngineWorker> worker;
};

TEST_F(EngineWorkerTest, ThePrologueRunsInTheThreadBeforeTheFirstCall) {
  std::thread::id in;
  EngineWorker::Config config;
  config.thread_name = "test-worker";
  config.prologue = [&in] { in = std::this_thread::get_id(); };
  Start(std::move(config));
  EXPECT_NE(in, std::thread::id());
  EXPECT_NE(in, std::this_thread::get_id());
}

// Jobs, controls and acknowledgements as one sequence, whatever part of it the engine takes at
// once.
TEST_F(EngineWorkerTest, EverythingReachesTheEngineInTheOrderOfTheCalls) {
  const uint64_t seed = test::Seed();
  SCOPED_TRACE("VAM_TEST_SEED=" + std::to_string(seed));
  for (uint64_t round = 0; round < 20; ++round) {
    SeededRng rng(seed + round);
    Start({.queue_jobs = 64, .queue_controls = 16, .thread_name = "", .prologue = {}});
    engine->jobs_per_submit = 1 + rng.U64() % 5;
    engine->most_controls = 1 + rng.U64() % 3;
    std::vector<Called> sent;
    std::vector<uint64_t> back;
    std::vector<uint64_t> tokens;
    std::vector<uint64_t> answered;
    size_t jobs = 0;
    const auto collect = [&] {
      PollInto(back);
      std::array<ControlDone, 3> done;
      const size_t count = worker->PollControl(done);
      for (size_t i = 0; i < count; ++i) answered.push_back(done[i].token);
    };
    for (uint32_t n = 0; n < 2000; ++n) {
      const uint64_t what = rng.U64() % 10;
      if (what < 7) {
        while (Offer(n, 1) == 0) collect();
        sent.push_back({'j', n});
        ++jobs;
      } else if (what == 7) {
        worker->AckEvent({n}, ipsec::EventType::kSoftBytes);
        sent.push_back({'k', n});
      } else {
        Result<uint64_t> token = worker->BeginQuery({n});
        for (; !token; token = worker->BeginQuery({n})) collect();
        sent.push_back({'q', n});
        tokens.push_back(*token);
      }
      if (rng.U64() % 4 == 0) collect();
    }
    ASSERT_TRUE(Eventually([&] {
      collect();
      return back.size() == jobs && answered.size() == tokens.size();
    }));
    worker->Stop();
    EXPECT_EQ(answered, tokens);
    EXPECT_TRUE(std::is_sorted(back.begin(), back.end()));
    ASSERT_EQ(engine->journal.size(), sent.size());
    EXPECT_TRUE(engine->journal == sent);
    worker.reset();
  }
}

TEST_F(EngineWorkerTest, TakesAsManyJobsAsItsQueueHolds) {
  Start({.queue_jobs = 100, .queue_controls = 4, .thread_name = "", .prologue = {}});
  HoldWith(0);
  EXPECT_EQ(Offer(1, 500), 99u);
  std::vector<Job> more;
  for (uint64_t i = 0; i < 64; ++i) more.push_back(JobOf(1000 + i));
  EXPECT_EQ(worker->Submit(more), 0u);
  engine->gate.Set(true);
  std::vector<uint64_t> back;
  ASSERT_TRUE(Eventually([&] {
    PollInto(back);
    return back.size() == 100;
  }));
  for (uint64_t i = 0; i < 100; ++i) EXPECT_EQ(back[i], i);
  EXPECT_EQ(worker->Submit(more), 64u) << "places come back with what was polled";
}

// The places of results that nobody fetched are not given away.
TEST_F(EngineWorkerTest, ResultsThatAreNotPolledKeepTheirPlaces) {
  Start({.queue_jobs = 8, .queue_controls = 4, .thread_name = "", .prologue = {}});
  EXPECT_EQ(Offer(0, 8), 8u);
  std::vector<uint64_t> back;
  ASSERT_TRUE(Eventually([&] {
    EXPECT_EQ(Offer(100, 1), 0u);
    std::array<Done, 1> done;
    return worker->Poll(done) == 1;
  }));
  EXPECT_EQ(Offer(8, 5), 1u);
}

TEST_F(EngineWorkerTest, TooManyControlsAreExhausted) {
  Start({.queue_jobs = 4, .queue_controls = 3, .thread_name = "", .prologue = {}});
  HoldWith(0);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(worker->BeginQuery({1}).has_value());
  const Result<uint64_t> refused = worker->BeginQuery({1});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
  engine->gate.Set(true);
  std::array<ControlDone, 8> done;
  ASSERT_TRUE(Eventually([&] { return worker->PollControl(done) != 0; }));
  EXPECT_TRUE(worker->BeginQuery({1}).has_value());
}

// One job at a time, with pauses around the length of the spin: a wake-up that is lost would stop
// the exchange for good.
TEST_F(EngineWorkerTest, NoWakeUpIsLost) {
  const uint64_t seed = test::Seed();
  SCOPED_TRACE("VAM_TEST_SEED=" + std::to_string(seed));
  SeededRng rng(seed);
  Start();
  std::vector<uint64_t> back;
  for (uint64_t n = 0; n < 5'000; ++n) {
    ASSERT_EQ(Offer(n, 1), 1u);
    ASSERT_TRUE(Eventually([&] {
      PollInto(back);
      return back.size() == n + 1;
    }));
    for (uint64_t pause = rng.U64() % 20'000; pause > 0; --pause) {
      std::atomic_signal_fence(std::memory_order_seq_cst);
    }
  }
  EXPECT_GT(worker->wakes(), 0u) << "it never slept, so nothing was tested";
}

TEST_F(EngineWorkerTest, AThreadThatIsAwakeIsNotWoken) {
  Start();
  HoldWith(0);
  const uint64_t before = worker->wakes();
  EXPECT_LE(before, 1u);
  EXPECT_EQ(Offer(1, 400), 400u);
  EXPECT_TRUE(worker->BeginQuery({1}).has_value());
  EXPECT_EQ(worker->wakes(), before);
}

// Now and then, with all that it has to do; a thread that sleeps is woken.
TEST_F(EngineWorkerTest, TheEngineIsTended) {
  Start();
  uint64_t now_ns = kNsPerSecond;
  for (uint64_t round = 1; round <= 3; ++round, now_ns += EngineWorker::kTendNs) {
    EXPECT_FALSE(worker->Tend(now_ns));
    EXPECT_TRUE(Eventually([&] { return engine->tended == 2 * round; }));
    EXPECT_EQ(engine->tended_ns, now_ns);
    EXPECT_FALSE(worker->Tend(now_ns + EngineWorker::kTendNs - 1));
  }
  worker->Stop();
  EXPECT_EQ(engine->tended, 6u);
  EXPECT_FALSE(worker->Tend(now_ns));
}

TEST_F(EngineWorkerTest, StopEndsEverythingThatWasTaken) {
  Start();
  HoldWith(0);
  EXPECT_EQ(Offer(1, 299), 299u);
  const auto token = worker->BeginQuery({7});
  ASSERT_TRUE(token.has_value());
  std::thread opener([this] { engine->gate.Set(true); });
  worker->Stop();
  opener.join();
  std::vector<uint64_t> back;
  while (true) {
    const size_t before = back.size();
    PollInto(back);
    if (back.size() == before) break;
  }
  EXPECT_EQ(back.size(), 300u);
  ControlDone done;
  ASSERT_EQ(worker->PollControl({&done, 1}), 1u);
  EXPECT_EQ(done.token, *token);
  EXPECT_EQ(Offer(500, 1), 0u);
  const auto refused = worker->BeginQuery({7});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
}

TEST_F(EngineWorkerTest, DestructionWithWorkUnderWayEndsIt) {
  for (uint64_t round = 0; round < 50; ++round) {
    Start();
    EXPECT_EQ(Offer(0, round * 10), round * 10);
    worker.reset();  // under AddressSanitizer: nothing is touched afterwards
  }
}

// An engine that hangs stops nobody but itself.
TEST_F(EngineWorkerTest, AnEngineThatHangsBlocksNoCall) {
  Start({.queue_jobs = 16, .queue_controls = 2, .thread_name = "", .prologue = {}});
  HoldWith(0);
  std::array<Done, 4> done;
  std::array<ControlDone, 4> answers;
  std::array<ipsec::SaEvent, 4> events;
  for (int turn = 0; turn < 1000; ++turn) {
    Offer(1, 1);
    EXPECT_EQ(worker->Poll(done), 0u);
    static_cast<void>(worker->BeginQuery({1}));
    EXPECT_EQ(worker->PollControl(answers), 0u);
    EXPECT_EQ(worker->PollEvents(events), 0u);
    worker->AckEvent({1}, ipsec::EventType::kSoftBytes);
  }
  EXPECT_EQ(Offer(1, 1), 0u);
}

TEST_F(EngineWorkerTest, KeysAreWipedWhenTheEngineHasThem) {
  Start();
  const ipsec::SaParams params = ipsec::test::MakeSa(ipsec::Direction::kOut);
  ASSERT_TRUE(worker->BeginAdd(params).has_value());
  ControlDone done;
  ASSERT_TRUE(Eventually([&] { return worker->PollControl({&done, 1}) == 1; }));
  EXPECT_EQ(engine->last_key_bytes, params.key_material.size());
  // What the engine was shown is a place of the worker's, which lives as long.
  EXPECT_NE(engine->last_params, &params);
  EXPECT_TRUE(engine->last_params->key_material.empty());
  EXPECT_TRUE(engine->last_params->auth_key.empty());
}

TEST_F(EngineWorkerTest, MoreEventsThanItHoldsComeOneAfterTheOther) {
  auto owned = std::make_unique<test::GateEngine>();
  engine = owned.get();
  engine->events_to_give = 1000;
  worker = std::make_unique<EngineWorker>(std::move(owned), EngineWorker::Config{});
  uint64_t seen = 0;
  uint64_t wrong = 0;
  ASSERT_TRUE(Eventually([&] {
    std::array<ipsec::SaEvent, 300> events;
    const size_t count = worker->PollEvents(events);
    for (size_t i = 0; i < count; ++i) {
      wrong += events[i].sa_id != ++seen ? 1 : 0;
      worker->AckEvent(events[i].sa, events[i].type);
    }
    return seen == 1000;
  }));
  EXPECT_EQ(wrong, 0u);
  worker->Stop();
  EXPECT_EQ(engine->journal.size(), 1000u) << "acknowledgements";
}

// The software engine inside: an event and its acknowledgement.
TEST(EngineWorkerSoftTest, EventsOfTheSoftwareEngine) {
  EngineWorker worker(std::make_unique<ipsec::SoftEngine>(ipsec::SoftEngine::Config{}), {});
  ipsec::SaParams params = ipsec::test::MakeSa(ipsec::Direction::kOut);
  params.lifetimes.soft_packets = 1;
  ControlDone done;
  const auto ask = [&](const Result<uint64_t>& token) {
    ASSERT_TRUE(token.has_value());
    ASSERT_TRUE(Eventually([&] { return worker.PollControl({&done, 1}) == 1; }));
    ASSERT_EQ(done.token, *token);
    ASSERT_TRUE(done.status.has_value());
  };
  ask(worker.BeginAdd(params));
  const SaRef sa = done.sa;
  const ipsec::test::Buffer inner = ipsec::test::MakeInner(100);
  ipsec::test::Buffer out(500);
  const Job job{ipsec::Op::kEspOut, sa, 0, inner, out, 5};
  ASSERT_EQ(worker.Submit({&job, 1}), 1u);
  Done ended;
  ASSERT_TRUE(Eventually([&] { return worker.Poll({&ended, 1}) == 1; }));
  EXPECT_EQ(ended.reason, Reason::kOk);
  ipsec::SaEvent event;
  ASSERT_TRUE(Eventually([&] { return worker.PollEvents({&event, 1}) == 1; }));
  EXPECT_EQ(event.type, ipsec::EventType::kSoftPackets);
  EXPECT_EQ(event.sa_id, params.id);
  ask(worker.BeginQuery(sa));
  EXPECT_NE(done.stats.pending_events, 0u);
  worker.AckEvent(event.sa, event.type);
  ask(worker.BeginQuery(sa));
  EXPECT_EQ(done.stats.pending_events, 0u);
  EXPECT_EQ(done.stats.packets, 1u);
}

}  // namespace
}  // namespace vam::offload
