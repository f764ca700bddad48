// Packets through engine threads allocate nothing, in either thread.
#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <utility>

#include "sw/ipsec/soft_engine.h"
#include "sw/offload/engine_worker.h"
#include "sw/offload/spread_engine.h"
#include "tests/unit/sw/ipsec/allocation_counter.h"
#include "tests/unit/sw/ipsec/esp_fixture.h"

namespace vam::offload {
namespace {

using vam::test::g_allocations;

using ipsec::Direction;
using ipsec::Done;
using ipsec::Job;
using ipsec::Op;
using ipsec::SaRef;

TEST(NoAllocationTest, PacketsThroughWorkers) {
  ManualClock clock;
  std::vector<std::unique_ptr<ipsec::Engine>> engines;
  for (int i = 0; i < 2; ++i) {
    engines.push_back(std::make_unique<EngineWorker>(
        std::make_unique<ipsec::SoftEngine>(ipsec::SoftEngine::Config{}), EngineWorker::Config{}));
  }
  SpreadEngine engine(std::move(engines), clock);
  std::array<SaRef, 2> sas;
  for (const Direction direction : {Direction::kOut, Direction::kIn}) {
    ASSERT_TRUE(engine.BeginAdd(ipsec::test::MakeSa(direction)).has_value());
    ipsec::ControlDone done;
    while (engine.PollControl({&done, 1}) == 0) std::this_thread::yield();
    ASSERT_TRUE(done.status.has_value());
    sas[static_cast<size_t>(direction)] = done.sa;
  }
  const ipsec::test::Buffer inner = ipsec::test::MakeInner(1400);
  ipsec::test::Buffer wire(1500), back(1500);
  const auto run = [&engine](const Job& job) {
    EXPECT_EQ(engine.Submit({&job, 1}), 1u);
    Done done;
    std::array<ipsec::SaEvent, 1> events;
    while (engine.Poll({&done, 1}) == 0) {
      EXPECT_EQ(engine.PollEvents(events), 0u);
      std::this_thread::yield();
    }
    return done;
  };
  uint64_t before = 0;
  int wrong = 0;
  for (int i = 0; i < 100; ++i) {
    if (i == 1) before = g_allocations.load();  // the first packets prepare their SAs
    const Done sent =
        run({Op::kEspOut, sas[static_cast<size_t>(Direction::kOut)], 0, inner, wire, 1});
    const SaRef named = i % 2 == 0 ? SaRef::None() : sas[static_cast<size_t>(Direction::kIn)];
    const Done got = run({Op::kEspIn, named, 0, Bytes(wire).first(sent.out_bytes), back, 2});
    wrong += sent.reason != Reason::kOk || got.reason != Reason::kOk ? 1 : 0;
  }
  EXPECT_GT(before, 0u);
  EXPECT_EQ(g_allocations.load() - before, 0u);
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace vam::offload
