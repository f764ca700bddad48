// What libcrypto makes of an SA's keys is there only while the SA carries packets.
#include <gtest/gtest.h>
#include <openssl/crypto.h>

#include <cstdlib>

#include "sw/ipsec/soft_engine.h"
#include "tests/unit/sw/ipsec/esp_fixture.h"

namespace {

int64_t g_blocks = 0;  // that libcrypto holds
bool g_fail = false;

// libcrypto takes the functions only before its first allocation.
const bool g_hooked = CRYPTO_set_mem_functions(
                          [](size_t size, const char*, int) -> void* {
                            if (g_fail) return nullptr;
                            ++g_blocks;
                            return std::malloc(size);
                          },
                          [](void* p, size_t size, const char*, int) -> void* {
                            if (g_fail) return nullptr;
                            g_blocks += p == nullptr ? 1 : 0;
                            return std::realloc(p, size);
                          },
                          [](void* p, const char*, int) {
                            g_blocks -= p == nullptr ? 0 : 1;
                            std::free(p);
                          }) == 1;

}  // namespace

namespace vam::ipsec {
namespace {

using test::Runner;

constexpr uint64_t kStartNs = 5 * kNsPerSecond;
constexpr uint64_t kRoundNs = SoftEngine::kIdleNs;

// A whole round; returns how many calls it took.
int TendRound(SoftEngine& engine, uint64_t now_ns) {
  int calls = 1;
  while (engine.Tend(now_ns)) ++calls;
  return calls;
}

// Both directions of one suite, and packets through them.
class IdlePair {
 public:
  explicit IdlePair(const Suite& suite) : params_(test::MakeSa(Direction::kOut, suite)) {
    out_ = runner_.Add(params_);
    in_ = runner_.Add(test::MakeSa(Direction::kIn, suite));
  }
  test::Ran Send() { return runner_.Send(params_, out_, inner_); }
  void ThereAndBack() {
    const test::Ran sent = Send();
    ASSERT_EQ(sent.reason, Reason::kOk);
    const test::Ran got = runner_.Receive(params_, sent.out);
    EXPECT_EQ(got.reason, Reason::kOk);
    EXPECT_EQ(got.out, inner_);
  }
  Runner& runner() { return runner_; }
  SaStats stats() { return runner_.Query(out_); }
  SaStats stats_in() { return runner_.Query(in_); }

 private:
  Runner runner_;
  SaParams params_;
  SaRef out_, in_;
  test::Buffer inner_ = test::MakeInner(200);
};

TEST(SoftEngineIdleTest, OnlyASaThatCarriesPacketsIsPrepared) {
  ASSERT_TRUE(g_hooked);
  for (const Suite& suite : test::AllSuites()) {
    SCOPED_TRACE(test::NameOf(suite));
    IdlePair pair(suite);
    // What libcrypto keeps for good after its first use of an algorithm is not counted.
    pair.ThereAndBack();
    TendRound(pair.runner().engine, kStartNs);
    TendRound(pair.runner().engine, kStartNs + kRoundNs);
    const int64_t idle = g_blocks;
    pair.ThereAndBack();
    const int64_t busy = g_blocks;
    // AES and DES have contexts in libcrypto; a pure hash is a value of ours.
    const CipherKind kind = InfoOf(suite.encryption).kind;
    const bool in_libcrypto = kind != CipherKind::kNull && kind != CipherKind::kNone;
    EXPECT_GE(busy, idle + (in_libcrypto ? 1 : 0));
    TendRound(pair.runner().engine, kStartNs + 2 * kRoundNs);
    EXPECT_EQ(g_blocks, busy);  // it was used since the round before
    TendRound(pair.runner().engine, kStartNs + 3 * kRoundNs);
    EXPECT_EQ(g_blocks, idle);
    pair.ThereAndBack();
    EXPECT_EQ(pair.stats().sequence, 3u);
    EXPECT_EQ(pair.stats().packets, 3u);
    EXPECT_EQ(pair.stats_in().packets, 3u);
    EXPECT_EQ(pair.stats_in().errors, 0u);
  }
}

TEST(SoftEngineIdleTest, NothingIsDroppedBeforeItsTime) {
  IdlePair pair({.encryption = Encryption::kAesGcm256Icv16});
  TendRound(pair.runner().engine, kStartNs);
  pair.ThereAndBack();
  const int64_t busy = g_blocks;
  for (uint64_t ns = 0; ns < kRoundNs; ns += kRoundNs / 8) {
    EXPECT_FALSE(pair.runner().engine.Tend(kStartNs + ns));
  }
  EXPECT_EQ(g_blocks, busy);
  // A packet in each round keeps it for ever.
  for (uint64_t round = 1; round < 5; ++round) {
    TendRound(pair.runner().engine, kStartNs + round * kRoundNs);
    EXPECT_EQ(g_blocks, busy);
    pair.ThereAndBack();
  }
}

TEST(SoftEngineIdleTest, EachCallLooksAtAFewPlaces) {
  SoftEngine engine({.max_sas = 1000, .queue_jobs = 1, .queue_controls = 1});
  const int calls = TendRound(engine, kStartNs);
  EXPECT_GE(calls, 1000 / 64);
  EXPECT_LE(calls, 1000 / 8);
  EXPECT_FALSE(engine.Tend(kStartNs + kRoundNs - 1));
  EXPECT_TRUE(engine.Tend(kStartNs + kRoundNs));
}

// No memory for the first packet: it is dropped under a name, and nothing else happens.
TEST(SoftEngineIdleTest, WithoutMemoryAPacketIsDroppedAndTheSaGoesOn) {
  ASSERT_TRUE(g_hooked);
  for (const Encryption encryption : {Encryption::kAesGcm128Icv16, Encryption::kAesCbc256}) {
    Suite suite{.encryption = encryption};
    if (!InfoOf(encryption).combined()) suite.integrity = Integrity::kHmacSha256_128;
    SCOPED_TRACE(test::NameOf(suite));
    IdlePair pair(suite);
    const test::Ran before = pair.Send();
    TendRound(pair.runner().engine, kStartNs);
    TendRound(pair.runner().engine, kStartNs + kRoundNs);
    g_fail = true;
    const test::Ran out = pair.Send();
    const test::Ran in = pair.runner().In(before.out);
    g_fail = false;
    EXPECT_EQ(out.reason, Reason::kEngineFault);
    EXPECT_EQ(in.reason, Reason::kEngineFault);
    EXPECT_EQ(pair.stats().sequence, 1u);
    EXPECT_EQ(pair.stats().errors, 1u);
    EXPECT_EQ(pair.stats_in().errors, 1u);
    EXPECT_EQ(pair.stats_in().packets, 0u);
    EXPECT_EQ(pair.runner().In(before.out).reason, Reason::kOk);
    pair.ThereAndBack();
    EXPECT_EQ(pair.stats().sequence, 2u);
  }
}

// Thousands of tunnels that carried a packet or two do not keep what carries none now.
TEST(SoftEngineIdleTest, OfSasWithFewPacketsTheNewestArePrepared) {
  ASSERT_TRUE(g_hooked);
  constexpr uint32_t kMore = 40;
  Runner runner(SoftEngine::kMaxYoung + kMore);
  const test::Buffer inner = test::MakeInner(100);
  std::vector<SaRef> sas;
  for (uint32_t i = 0; i < SoftEngine::kMaxYoung + kMore; ++i) {
    SaParams params = test::MakeSa(Direction::kOut);
    params.id = i + 1;
    sas.push_back(runner.Add(params));
  }
  // The first one is busy: it stays, whoever comes after it.
  for (uint64_t i = 0; i < SoftEngine::kYoungPackets; ++i) {
    ASSERT_EQ(runner.Out(sas[0], inner).reason, Reason::kOk);
  }
  const int64_t one = g_blocks;
  ASSERT_EQ(runner.Out(sas[1], inner).reason, Reason::kOk);
  const int64_t each = g_blocks - one;
  ASSERT_GT(each, 0);
  for (size_t i = 2; i < sas.size(); ++i) {
    ASSERT_EQ(runner.Out(sas[i], inner).reason, Reason::kOk);
  }
  EXPECT_EQ(g_blocks, one + static_cast<int64_t>(SoftEngine::kMaxYoung) * each);
  // Those that lost it go on with the next packet.
  const int64_t full = g_blocks;
  EXPECT_EQ(runner.Out(sas[0], inner).reason, Reason::kOk);
  EXPECT_EQ(g_blocks, full);
  EXPECT_EQ(runner.Out(sas[1], inner).reason, Reason::kOk);
  EXPECT_EQ(runner.Query(sas[1]).sequence, 2u);
  EXPECT_EQ(g_blocks, full);
}

// The packet that a window refuses costs nothing.
TEST(SoftEngineIdleTest, AReplayedPacketPreparesNothing) {
  SaParams params = test::MakeSa(Direction::kIn);
  params.replay_window = 64;
  Runner runner;
  const SaRef out = runner.Add(test::MakeSa(Direction::kOut));
  runner.Add(params);
  const test::Ran sent = runner.Out(out, test::MakeInner(100));
  EXPECT_EQ(runner.In(sent.out).reason, Reason::kOk);
  TendRound(runner.engine, kStartNs);
  TendRound(runner.engine, kStartNs + kRoundNs);
  const int64_t idle = g_blocks;
  EXPECT_EQ(runner.In(sent.out).reason, Reason::kReplayDuplicate);
  EXPECT_EQ(g_blocks, idle);
}

// What libcrypto will not take is refused when the SA is added.
TEST(SoftEngineIdleTest, KeysAreTriedAtOnce) {
  ASSERT_TRUE(g_hooked);
  Runner runner;
  g_fail = true;
  const ControlDone done = runner.Control(runner.engine.BeginAdd(test::MakeSa(Direction::kOut)));
  g_fail = false;
  EXPECT_EQ(done.status.error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace vam::ipsec
