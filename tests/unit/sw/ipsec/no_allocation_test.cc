// The packet path allocates nothing, in our code or in libcrypto, once an SA has carried a packet.
#include <gtest/gtest.h>
#include <openssl/crypto.h>

#include <cstdlib>

#include "tests/unit/sw/ipsec/allocation_counter.h"
#include "tests/unit/sw/ipsec/esp_fixture.h"

namespace {

using vam::test::g_allocations;

// libcrypto takes the functions only before its first allocation.
const bool g_hooked = CRYPTO_set_mem_functions(
                          [](size_t size, const char*, int) {
                            g_allocations.fetch_add(1, std::memory_order_relaxed);
                            return std::malloc(size);
                          },
                          [](void* p, size_t size, const char*, int) {
                            g_allocations.fetch_add(1, std::memory_order_relaxed);
                            return std::realloc(p, size);
                          },
                          [](void* p, const char*, int) { std::free(p); }) == 1;

}  // namespace

namespace vam::ipsec {
namespace {

TEST(NoAllocationTest, PacketsOutAndIn) {
  ASSERT_TRUE(g_hooked);
  test::Runner runner;
  const SaRef out = runner.Add(test::MakeSa(Direction::kOut));
  SaParams in = test::MakeSa(Direction::kIn);
  in.replay_window = 1024;
  runner.Add(in);
  const test::Buffer inner = test::MakeInner(1400);
  test::Buffer wire(1500);
  test::Buffer back(1500);
  EXPECT_EQ(runner.In(runner.Out(out, inner).out).reason, Reason::kOk);
  const uint64_t before = g_allocations.load();
  EXPECT_GT(before, 0u);
  int wrong = 0;
  for (int i = 0; i < 1000; ++i) {
    // Two rounds in all: SAs that carry packets stay as they are.
    runner.engine.Tend(1 + static_cast<uint64_t>(i) * SoftEngine::kIdleNs / 500);
    Done done;
    Job job{Op::kEspOut, out, 0, inner, wire, 1};
    runner.engine.Submit({&job, 1});
    runner.engine.Poll({&done, 1});
    wrong += done.reason != Reason::kOk;
    job = {Op::kEspIn, SaRef::None(), 0, Bytes(wire).first(done.out_bytes), back, 2};
    // Every other one twice: the refused path must not allocate either.
    for (int j = 0; j <= i % 2; ++j) {
      runner.engine.Submit({&job, 1});
      runner.engine.Poll({&done, 1});
      wrong += done.reason != (j == 0 ? Reason::kOk : Reason::kReplayDuplicate);
    }
  }
  EXPECT_EQ(g_allocations.load() - before, 0u);
  EXPECT_EQ(wrong, 0);
}

// The same for every suite, tunnelled and in transport mode.
TEST(NoAllocationTest, EverySuite) {
  ASSERT_TRUE(g_hooked);
  for (const Suite& suite : test::AllSuites()) {
    for (const test::Shape shape : {test::Shape::kTunnel46, test::Shape::kTransport6}) {
      test::Runner runner;
      const SaParams params = test::MakeSa(Direction::kOut, suite, shape);
      const SaRef out = runner.Add(params);
      runner.Add(test::MakeSa(Direction::kIn, suite, shape));
      const bool esp = params.protocol == Protocol::kEsp;
      const test::Buffer inner = test::MakeInner(shape, 700);
      test::Buffer wire(1500);
      test::Buffer back(1500);
      EXPECT_EQ(runner.Receive(params, runner.Send(params, out, inner).out).reason, Reason::kOk);
      const uint64_t before = g_allocations.load();
      int wrong = 0;
      for (int i = 0; i < 20; ++i) {
        Done done;
        Job job{esp ? Op::kEspOut : Op::kAhOut, out, 0, inner, wire, 1};
        runner.engine.Submit({&job, 1});
        runner.engine.Poll({&done, 1});
        wrong += done.reason != Reason::kOk;
        job = {esp ? Op::kEspIn : Op::kAhIn,      SaRef::None(), 0,
               Bytes(wire).first(done.out_bytes), back,          2};
        runner.engine.Submit({&job, 1});
        runner.engine.Poll({&done, 1});
        wrong += done.reason != Reason::kOk;
      }
      EXPECT_EQ(g_allocations.load() - before, 0u) << test::NameOf(suite);
      EXPECT_EQ(wrong, 0) << test::NameOf(suite);
    }
  }
}

// Compressed, left alone, inflated, malformed and too long, by both algorithms.
TEST(NoAllocationTest, Compression) {
  for (const CompressionInfo& info : Compressions()) {
    test::Runner runner;
    const auto sa = [&info](Direction direction) {
      SaParams params = test::MakeSa(direction, {Encryption::kNone, Integrity::kNone, info.id});
      params.protocol = Protocol::kIpComp;
      params.spi = Spi{kFirstCpi};
      return params;
    };
    const SaRef out = runner.Add(sa(Direction::kOut));
    const SaRef in = runner.Add(sa(Direction::kIn));
    test::Buffer text = test::MakeInner(1400);
    std::fill(text.begin() + 28, text.end(), uint8_t{'a'});
    const test::Buffer noise = test::MakeInner(1400);
    test::Buffer wire(1500);
    test::Buffer back(1500);
    const uint64_t before = g_allocations.load();
    int wrong = 0;
    for (int i = 0; i < 50; ++i) {
      Done done;
      Job job{Op::kIpCompOut, out, 0, i % 2 == 0 ? text : noise, wire, 1};
      runner.engine.Submit({&job, 1});
      runner.engine.Poll({&done, 1});
      wrong += done.reason != Reason::kOk;
      const Bytes packet = Bytes(wire).first(done.out_bytes);
      job = {Op::kIpCompIn, in, 0, packet, back, 2};
      runner.engine.Submit({&job, 1});
      runner.engine.Poll({&done, 1});
      wrong += done.reason != Reason::kOk;
      if (i % 2 != 0) continue;
      wire[packet.size() - 1] ^= 0xff;
      wire[30] ^= 0xff;
      runner.engine.Submit({&job, 1});
      runner.engine.Poll({&done, 1});
    }
    EXPECT_EQ(g_allocations.load() - before, 0u) << info.name;
    EXPECT_EQ(wrong, 0) << info.name;
    EXPECT_GT(runner.Query(in).ipcomp.decompress_failed, 0u);
  }
}

}  // namespace
}  // namespace vam::ipsec
