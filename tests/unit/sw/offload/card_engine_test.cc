// The card engine over the functional card.
#include "sw/offload/card_engine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "sim/model/model_card.h"
#include "sw/net/ipv4.h"

namespace vam::offload {
namespace {

using ipsec::ControlDone;
using ipsec::Done;
using ipsec::EngineState;
using ipsec::SaParams;
using ipsec::SaRef;

constexpr size_t kBufferBytes = 2048;

SaParams OutSa(uint64_t id = 1) {
  SaParams params;
  params.id = id;
  params.spi = {static_cast<uint32_t>(0x1000 + id)};
  params.local = net::Address::V4(0xc0000201);
  params.remote = net::Address::V4(0xc0000202);
  const auto key = params.key_material.Resize(20);
  for (size_t i = 0; i < key.size(); ++i) key[i] = static_cast<uint8_t>(i + id);
  return params;
}

SaParams InSa(uint64_t id = 2) {
  SaParams params = OutSa(1);
  params.id = id;
  params.direction = ipsec::Direction::kIn;
  params.spi = {static_cast<uint32_t>(0x1000 + id)};
  params.local = net::Address::V4(0xc0000202);
  params.remote = net::Address::V4(0xc0000201);
  params.replay_window = 64;
  return params;
}

// Moves with each read: whoever waits for a time-out gets there.
class SteppingClock final : public Clock {
 public:
  uint64_t MonotonicNs() const override { return now_ns_ += 100 * kNsPerUs; }
  uint64_t WallNs() const override { return now_ns_; }
  void AdvanceNs(uint64_t ns) { now_ns_ += ns; }

 private:
  mutable uint64_t now_ns_ = kNsPerSecond;
};

class CardEngineTest : public ::testing::Test {
 protected:
  void Open(sim::ModelCardConfig config = {}) {
    auto owned = std::make_unique<sim::ModelCard>(config);
    card = owned.get();
    auto opened = CardEngine::Open(std::move(owned), clock, rng);
    ASSERT_TRUE(opened.has_value()) << ToString(opened.error());
    engine = std::move(*opened);
    memory.resize(16 * kBufferBytes);
    ASSERT_TRUE(engine->MapMemory(memory).has_value());
  }

  ControlDone Control(const Result<uint64_t>& token) {
    EXPECT_TRUE(token.has_value());
    ControlDone done;
    for (int turn = 0; turn < 1000; ++turn) {
      if (engine->PollControl({&done, 1}) == 1 && done.token == *token) return done;
    }
    ADD_FAILURE() << "the operation did not end";
    return done;
  }
  SaRef Add(const SaParams& params) {
    const ControlDone done = Control(engine->BeginAdd(params));
    EXPECT_TRUE(done.status.has_value()) << ToString(done.status.error());
    return done.sa;
  }
  MutableBytes Buffer(size_t i) {
    return MutableBytes(memory).subspan(i * kBufferBytes, kBufferBytes);
  }

  // An inner packet of `bytes` in buffer 0, to come out in buffer 1.
  ipsec::Job OutJob(SaRef sa, size_t bytes = 100) {
    net::Ipv4Header header;
    header.total_bytes = static_cast<uint16_t>(bytes);
    header.ttl = 60;
    header.protocol = 17;
    header.source = net::Address::V4(0x0a010005);
    header.destination = net::Address::V4(0x0a020007);
    EXPECT_TRUE(net::WriteIpv4(header, Buffer(0)).has_value());
    ipsec::Job job;
    job.sa = sa;
    job.src = Buffer(0).first(bytes);
    job.dst = Buffer(1);
    job.cookie = 33;
    return job;
  }
  Done Run(const ipsec::Job& job) {
    EXPECT_EQ(engine->Submit({&job, 1}), 1u);
    Done done;
    for (int turn = 0; turn < 1000; ++turn) {
      if (engine->Poll({&done, 1}) == 1) return done;
    }
    ADD_FAILURE() << "the packet did not come back";
    return done;
  }

  SteppingClock clock;
  SeededRng rng{1};
  sim::ModelCard* card = nullptr;
  std::vector<uint8_t> memory;
  std::unique_ptr<CardEngine> engine;
};

TEST_F(CardEngineTest, CarriesAPacketOutAndIn) {
  Open();
  SaParams in = InSa();
  in.spi = OutSa().spi;
  const SaRef out_sa = Add(OutSa());
  const SaRef in_sa = Add(in);
  const Done sent = Run(OutJob(out_sa));
  ASSERT_EQ(sent.reason, Reason::kOk);
  EXPECT_EQ(sent.cookie, 33u);
  EXPECT_EQ(sent.out_bytes, ipsec::EncapsulatedBytes(OutSa(), 100));
  ipsec::Job back;
  back.op = ipsec::Op::kEspIn;
  back.src = Buffer(1).first(sent.out_bytes);
  back.dst = Buffer(2);
  const Done got = Run(back);
  ASSERT_EQ(got.reason, Reason::kOk);
  EXPECT_EQ(got.sa, in_sa);
  ASSERT_EQ(got.out_bytes, 100u);
  EXPECT_TRUE(std::equal(Buffer(0).begin(), Buffer(0).begin() + 100, Buffer(2).begin()));
  EXPECT_EQ(Run(back).reason, Reason::kReplayDuplicate);
  const ControlDone stats = Control(engine->BeginQuery(in_sa));
  EXPECT_EQ(stats.stats.packets, 1u);
  EXPECT_EQ(stats.stats.sequence, 1u);
  EXPECT_EQ(stats.stats.sa_id, 2u);
}

TEST_F(CardEngineTest, FullTableIsSaidSo) {
  Open({.card = {.max_sas = 2}});
  Add(OutSa(1));
  Add(InSa(2));
  const Result<uint64_t> third = engine->BeginAdd(OutSa(3));
  const ErrorCode code = third ? Control(third).status.error().code : third.error().code;
  EXPECT_EQ(code, ErrorCode::kExhausted);
  EXPECT_EQ(engine->sas_in_use(), 2u);
}

TEST_F(CardEngineTest, InboundKeyTakenIsSaidSo) {
  Open();
  Add(InSa(2));
  SaParams twin = InSa(2);
  twin.id = 3;
  EXPECT_EQ(Control(engine->BeginAdd(twin)).status.error().code, ErrorCode::kExists);
}

TEST_F(CardEngineTest, WhatTheLayoutCannotHoldIsRefusedBeforeTheCard) {
  Open();
  SaParams transport = OutSa();
  transport.mode = ipsec::Mode::kTransport;
  EXPECT_FALSE(engine->BeginAdd(transport).has_value());
  EXPECT_FALSE(engine->capabilities().transport);
}

TEST_F(CardEngineTest, OtherSuitesAreRefusedByTheNameOfWhatIsMissing) {
  Open();
  const auto missing = [this](ipsec::Protocol protocol, const ipsec::Suite& suite) {
    SaParams params = OutSa();
    params.protocol = protocol;
    params.suite = suite;
    EXPECT_FALSE(ToSaCtx(params).has_value());
    const Status status = ipsec::CheckCapabilities(engine->capabilities(), params);
    return std::string(status.has_value() ? "" : status.error().text);
  };
  using ipsec::Encryption;
  using ipsec::Integrity;
  using ipsec::Protocol;
  EXPECT_EQ(missing(Protocol::kEsp, {Encryption::kAesGcm128Icv8}), "aes_gcm_128_icv8");
  EXPECT_EQ(missing(Protocol::kEsp, {Encryption::kAesCbc256, Integrity::kHmacSha256_128}),
            "aes_cbc_256");
  EXPECT_EQ(missing(Protocol::kEsp, {Encryption::kChaCha20Poly1305}), "chacha20_poly1305");
  EXPECT_EQ(missing(Protocol::kAh, {Encryption::kNone, Integrity::kHmacSha1_96}), "ah");
  EXPECT_TRUE(ipsec::CheckCapabilities(engine->capabilities(), OutSa()).has_value());
}

TEST_F(CardEngineTest, ModifyMovesThePacketLimit) {
  Open();
  SaParams params = OutSa();
  params.lifetimes.hard_packets = 2;
  const SaRef sa = Add(params);
  EXPECT_EQ(Run(OutJob(sa)).reason, Reason::kOk);
  params.lifetimes.hard_packets = 3;
  EXPECT_TRUE(Control(engine->BeginModify(sa, params)).status.has_value());
  EXPECT_EQ(Run(OutJob(sa)).reason, Reason::kOk);
  EXPECT_EQ(Run(OutJob(sa)).reason, Reason::kOk);
  EXPECT_EQ(Run(OutJob(sa)).reason, Reason::kHardPackets);
}

TEST_F(CardEngineTest, DeletedSaIsStale) {
  Open();
  const SaRef sa = Add(OutSa());
  EXPECT_TRUE(Control(engine->BeginDelete(sa)).status.has_value());
  EXPECT_EQ(Run(OutJob(sa)).reason, Reason::kSaStale);
  EXPECT_FALSE(Control(engine->BeginQuery(sa)).status.has_value());
  EXPECT_EQ(engine->sas_in_use(), 0u);
}

TEST_F(CardEngineTest, WatermarkComesUntilItIsAcknowledged) {
  Open({.card = {.resend_cycles = 64}});
  SaParams params = OutSa();
  params.seq_watermark = 2;
  const SaRef sa = Add(params);
  Run(OutJob(sa));
  Run(OutJob(sa));
  ipsec::SaEvent event;
  const auto next = [&] {
    for (int turn = 0; turn < 1000; ++turn) {
      if (engine->PollEvents({&event, 1}) == 1) return true;
      card->Relax();
    }
    return false;
  };
  ASSERT_TRUE(next());
  EXPECT_EQ(event.type, ipsec::EventType::kSeqWatermark);
  EXPECT_EQ(event.sa_id, 1u);
  EXPECT_EQ(event.value, 2u);
  ASSERT_TRUE(next());
  engine->AckEvent(sa, ipsec::EventType::kSeqWatermark);
  ControlDone done;
  for (int turn = 0; turn < 100; ++turn) EXPECT_EQ(engine->PollControl({&done, 1}), 0u);
  while (engine->PollEvents({&event, 1}) == 1) {
  }
  EXPECT_FALSE(next());
}

TEST_F(CardEngineTest, PauseOfTheWorkerIsNoFaultOfTheCard) {
  Open();
  const SaRef sa = Add(OutSa());
  for (int i = 0; i < 3; ++i) {
    clock.AdvanceNs(100 * kNsPerSecond);
    const ipsec::Job job = OutJob(sa);
    ASSERT_EQ(engine->Submit({&job, 1}), 1u);
    ControlDone control;
    EXPECT_EQ(engine->PollControl({&control, 1}), 0u);  // looks at the card's health
    ASSERT_EQ(engine->state(), EngineState::kReady) << engine->failure();
    Done done;
    EXPECT_EQ(engine->Poll({&done, 1}), 1u);
  }
}

class CardFaultTest : public CardEngineTest, public ::testing::WithParamInterface<bool> {};

// Gone: registers read as all ones. Frozen: they answer, nothing moves.
TEST_P(CardFaultTest, EndsInFailedWithAReasonAndTakesNothingMore) {
  Open();
  const SaRef sa = Add(OutSa());
  ControlDone control;
  engine->PollControl({&control, 1});
  GetParam() ? card->SetGone(true) : card->SetFrozen(true);
  const ipsec::Job job = OutJob(sa);
  static_cast<void>(engine->Submit({&job, 1}));
  for (int turn = 0; turn < 50 && engine->state() == EngineState::kReady; ++turn) {
    clock.AdvanceNs(100 * kNsPerMs);
    engine->PollControl({&control, 1});
    Done done;
    EXPECT_EQ(engine->Poll({&done, 1}), 0u);
  }
  ASSERT_EQ(engine->state(), EngineState::kFailed);
  EXPECT_NE(engine->failure(), "");
  EXPECT_EQ(engine->Submit({&job, 1}), 0u);
  EXPECT_EQ(engine->BeginAdd(OutSa(5)).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(engine->BeginModify(sa, OutSa()).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(engine->BeginDelete(sa).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(engine->BeginQuery(sa).error().code, ErrorCode::kUnavailable);
}

INSTANTIATE_TEST_SUITE_P(Faults, CardFaultTest, ::testing::Bool(), [](const auto& param_info) {
  return param_info.param ? "Gone" : "Frozen";
});

}  // namespace
}  // namespace vam::offload
