#include "sw/offload/card_engine.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <utility>

#include "sw/base/check.h"
#include "sw/base/log.h"

namespace vam::offload {

namespace {

constexpr size_t kBurst = 64;
constexpr uint8_t kQueueIndex = 1;
// A reset that gets no answer holds the worker up for so long: less than a supervisor waits for a
// sign of life.
constexpr uint64_t kCardTimeoutNs = 5 * kNsPerSecond;

// What the driver says about an operation, as the engine interface words it.
Status ToStatus(Reason reason) {
  switch (reason) {
    case Reason::kOk:
      return Ok();
    case Reason::kSaExists:
      return Err(ErrorCode::kExists, "the index or the inbound key is taken");
    case Reason::kTableFull:
      return Err(ErrorCode::kExhausted, "the SA table is full");
    case Reason::kWindowPoolFull:
      return Err(ErrorCode::kExhausted, "no replay window is left");
    case Reason::kUnsupportedOp:
      return Err(ErrorCode::kUnsupported, "an option that the card does not have");
    case Reason::kBadContext:
      return Err(ErrorCode::kInvalidArgument, "a value out of range");
    case Reason::kNoSa:
    case Reason::kSaStale:
      return Err(ErrorCode::kNotFound, "the SA is not on the card");
    case Reason::kSaBusy:
      return Err(ErrorCode::kUnavailable, "an operation on this SA is under way");
    default:
      return Err(ErrorCode::kDevice, "the card could not carry it out");
  }
}

ipsec::ControlOp ToControlOp(map::SqeOp op) {
  switch (op) {
    case map::SqeOp::kSaModify:
      return ipsec::ControlOp::kModify;
    case map::SqeOp::kSaDelete:
      return ipsec::ControlOp::kDelete;
    case map::SqeOp::kSaQuery:
      return ipsec::ControlOp::kQuery;
    default:
      return ipsec::ControlOp::kAdd;
  }
}

}  // namespace

CardEngine::CardEngine(std::unique_ptr<hal::Card> card, const Clock& clock)
    : card_(std::move(card)), clock_(clock) {}

CardEngine::~CardEngine() = default;

Result<std::unique_ptr<CardEngine>> CardEngine::Open(std::unique_ptr<hal::Card> card,
                                                     const Clock& clock, Rng& rng) {
  std::unique_ptr<CardEngine> engine(new CardEngine(std::move(card), clock));
  driver::DeviceOptions options;
  options.timeout_ns = kCardTimeoutNs;
  VAM_TRY(engine->device_, driver::Device::Open(*engine->card_, clock, rng, options));
  driver::QueueConfig config;
  config.sq_log2 = 8;
  config.cq_log2 = 8;
  VAM_TRY(engine->queue_, engine->device_->OpenQueue(kQueueIndex, config));
  return engine;
}

Status CardEngine::MapMemory(std::span<uint8_t> memory) {
  VAM_TRY(const hal::DmaRegion region, card_->dma().Map(memory));
  regions_.push_back(region);
  return Ok();
}

bool CardEngine::Translate(std::span<const uint8_t> memory, driver::BusRange& out) const {
  for (const hal::DmaRegion& region : regions_) {
    const uint8_t* start = region.host.data();
    if (memory.data() < start || memory.data() + memory.size() > start + region.host.size())
      continue;
    const auto offset = static_cast<size_t>(memory.data() - start);
    out = {region.bus + offset, static_cast<uint32_t>(memory.size())};
    return true;
  }
  return false;
}

ipsec::Capabilities CardEngine::capabilities() const {
  const driver::Capabilities& card = device_->capabilities();
  ipsec::Capabilities able;
  able.max_sas = card.max_sas;
  able.max_packet_bytes = card.max_bytes;
  able.max_replay_window = (card.options & map::kCapOptionsReplay) != 0 ? card.window_max : 0;
  const auto offer = [&able, &card](ipsec::Encryption encryption, uint32_t bit) {
    able.encryption.set(ipsec::BitOf(encryption), (card.algorithms & bit) != 0);
  };
  offer(ipsec::Encryption::kAesGcm128Icv16, map::kCapAlgorithmsAesGcm128);
  offer(ipsec::Encryption::kAesGcm192Icv16, map::kCapAlgorithmsAesGcm192);
  offer(ipsec::Encryption::kAesGcm256Icv16, map::kCapAlgorithmsAesGcm256);
  able.esn = (card.options & map::kCapOptionsEsn) != 0;
  able.lifetimes = (card.options & map::kCapOptionsByteLifetime) != 0 &&
                   (card.options & map::kCapOptionsPacketLifetime) != 0;
  able.transport = (card.modes & map::kCapModesEspTransport) != 0;
  able.outer_ipv6 = (card.modes & map::kCapModesEspOuterV6) != 0;
  able.nat_t = (card.modes & map::kCapModesNatT) != 0;
  return able;
}

void CardEngine::Fail(std::string why) {
  if (state_ == ipsec::EngineState::kFailed) return;
  state_ = ipsec::EngineState::kFailed;
  failure_ = std::move(why);
  Log(LogLevel::kError, "card: {}", failure_);
  // After this the card writes no buffer any more, so the caller may reuse those in flight. A card
  // that cannot be reset has left the bus or is beyond help; nothing more can be done from here.
  if (const auto lost = device_->Reset(); !lost) {
    Log(LogLevel::kError, "card: reset failed: {}", lost.error().text);
  }
}

size_t CardEngine::Submit(std::span<const ipsec::Job> jobs) {
  if (state_ == ipsec::EngineState::kFailed) return 0;
  std::array<driver::Submission, kBurst> submissions;
  const size_t count = std::min(jobs.size(), kBurst);
  for (size_t i = 0; i < count; ++i) {
    const ipsec::Job& job = jobs[i];
    driver::Submission& out = submissions[i];
    out = {};
    VAM_CHECK(job.op == ipsec::Op::kEspOut || job.op == ipsec::Op::kEspIn);
    out.op = job.op == ipsec::Op::kEspOut ? map::SqeOp::kEspOut : map::SqeOp::kEspIn;
    out.vrf_tag = job.vrf_tag;
    out.sa_handle = job.op == ipsec::Op::kEspOut ? job.sa.value : 0;
    out.cookie = job.cookie;
    VAM_CHECK(Translate(job.src, out.src) && Translate(job.dst, out.dst));
  }
  const Result<size_t> taken = queue_->Submit(std::span(submissions).first(count));
  if (!taken) {
    Fail(std::string("a submission failed: ") + taken.error().text);
    return 0;
  }
  return *taken;
}

size_t CardEngine::Poll(std::span<ipsec::Done> done) {
  if (state_ == ipsec::EngineState::kFailed) return 0;
  std::array<driver::Completion, kBurst> completions;
  const size_t room = std::min(done.size(), kBurst);
  const Result<size_t> count = queue_->Poll(std::span(completions).first(room));
  if (!count) {
    Fail(std::string("a completion was refused: ") + count.error().text);
    return 0;
  }
  if (*count == 0 && queue_->in_flight() != 0) card_->Relax();
  for (size_t i = 0; i < *count; ++i) {
    const driver::Completion& c = completions[i];
    done[i] = {c.cookie, c.reason, {c.sa_handle}, c.out_size};
  }
  return *count;
}

Result<uint64_t> CardEngine::Begun(Result<uint64_t> token) {
  if (token) ++controls_;
  return token;
}

Result<uint64_t> CardEngine::BeginAdd(const ipsec::SaParams& params) {
  if (state_ == ipsec::EngineState::kFailed) return Err(ErrorCode::kUnavailable, "the card failed");
  VAM_TRY_STATUS(ipsec::Validate(params));
  VAM_TRY(map::SaCtx ctx, ToSaCtx(params));
  Result<uint64_t> token = Begun(device_->sas().BeginAdd(ctx));
  OPENSSL_cleanse(&ctx, sizeof ctx);
  return token;
}

Result<uint64_t> CardEngine::BeginModify(ipsec::SaRef sa, const ipsec::SaParams& params) {
  if (state_ == ipsec::EngineState::kFailed) return Err(ErrorCode::kUnavailable, "the card failed");
  VAM_TRY(map::SaCtx ctx, ToSaCtx(params));
  Result<uint64_t> token = Begun(device_->sas().BeginModify(sa.value, ctx));
  OPENSSL_cleanse(&ctx, sizeof ctx);
  return token;
}

Result<uint64_t> CardEngine::BeginDelete(ipsec::SaRef sa) {
  if (state_ == ipsec::EngineState::kFailed) return Err(ErrorCode::kUnavailable, "the card failed");
  return Begun(device_->sas().BeginDelete(sa.value));
}

Result<uint64_t> CardEngine::BeginQuery(ipsec::SaRef sa) {
  if (state_ == ipsec::EngineState::kFailed) return Err(ErrorCode::kUnavailable, "the card failed");
  return Begun(device_->sas().BeginQuery(sa.value));
}

void CardEngine::CheckHealth() {
  const uint64_t now = clock_.MonotonicNs();
  if (now < next_health_ns_) return;
  next_health_ns_ = now + kHealthNs;
  const driver::Health health = device_->CheckHealth();
  if (health != driver::Health::kGood) {
    Fail(std::string("health check: ") + driver::HealthName(health));
  }
}

size_t CardEngine::PollControl(std::span<ipsec::ControlDone> done) {
  if (state_ == ipsec::EngineState::kFailed) return 0;
  CheckHealth();
  std::array<driver::SaDone, kBurst> ended;
  const size_t room = std::min(done.size(), kBurst);
  const Result<size_t> count = device_->sas().Poll(std::span(ended).first(room));
  if (!count) {
    Fail(std::string("the admin queue failed: ") + count.error().text);
    return 0;
  }
  if (*count == 0 && controls_ != 0) card_->Relax();
  controls_ -= std::min(controls_, *count);
  size_t out = 0;
  for (size_t i = 0; i < *count; ++i) {
    const driver::SaDone& d = ended[i];
    if (d.op == map::SqeOp::kEventAck) continue;  // asked by AckEvent, which reports nothing
    ipsec::ControlDone& to = done[out++];
    to = {};
    to.token = d.token;
    to.op = ToControlOp(d.op);
    to.status = ToStatus(d.reason);
    to.sa = {d.handle};
    to.stats.sa_id = d.stats.sa_id;
    to.stats.sequence = d.stats.seq;
    to.stats.packets = d.stats.packets;
    to.stats.bytes = d.stats.bytes;
    to.stats.pending_events = d.stats.pending_events;
  }
  return out;
}

size_t CardEngine::PollEvents(std::span<ipsec::SaEvent> events) {
  if (state_ == ipsec::EngineState::kFailed) return 0;
  std::array<driver::Event, kBurst> happened;
  const size_t room = std::min(events.size(), kBurst);
  const Result<size_t> count = device_->PollEvents(std::span(happened).first(room));
  if (!count) {
    Fail(std::string("the event ring failed: ") + count.error().text);
    return 0;
  }
  size_t out = 0;
  for (size_t i = 0; i < *count; ++i) {
    const driver::Event& e = happened[i];
    if (e.kind == map::EventType::kFault) {
      Fail("the card reported a fault");
      return out;
    }
    events[out++] = {static_cast<ipsec::EventType>(e.kind), {e.sa_handle}, e.sa_id, e.value};
  }
  return out;
}

void CardEngine::AckEvent(ipsec::SaRef sa, ipsec::EventType type) {
  if (state_ == ipsec::EngineState::kFailed) return;
  // If it does not get through, the event comes again and is acknowledged then.
  static_cast<void>(Begun(
      device_->sas().BeginAck(sa.value, static_cast<uint16_t>(1u << static_cast<unsigned>(type)))));
}

}  // namespace vam::offload
