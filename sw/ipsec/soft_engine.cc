#include "sw/ipsec/soft_engine.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace vam::ipsec {
namespace {

// Places that Tend looks at: a turn of a forwarder must stay short.
constexpr uint32_t kTendPlaces = 32;

constexpr uint16_t EventBit(EventType type) {
  return static_cast<uint16_t>(1u << static_cast<unsigned>(type));
}

// Everything that BeginModify may not change, except the key, which the engine no longer has.
bool SameIdentity(const SaSettings& a, const SaSettings& b) {
  return a.id == b.id && a.direction == b.direction && a.protocol == b.protocol &&
         a.mode == b.mode && a.suite == b.suite && a.spi == b.spi && a.vrf_tag == b.vrf_tag &&
         a.local == b.local && a.udp_local == b.udp_local && a.udp_remote == b.udp_remote &&
         a.esn == b.esn && a.replay_window == b.replay_window && a.initial_seq == b.initial_seq;
}

}  // namespace

SoftEngine::SoftEngine(const Config& config)
    : sad_(config.max_sas),
      done_(config.queue_jobs),
      control_done_(config.queue_controls),
      events_(config.max_sas),
      young_(kMaxYoung),
      scratch_(kMaxIpBytes),
      masked_(kMaxIpBytes),
      codecs_(std::make_unique<IpCompCodecs>()),
      tended_(config.max_sas) {}

Capabilities SoftEngine::capabilities() const {
  Capabilities capabilities;
  capabilities.max_sas = sad_.capacity();
  capabilities.max_packet_bytes = kMaxIpBytes;
  capabilities.max_replay_window = kMaxReplayWindow;
  capabilities.encryption.set();
  capabilities.integrity.set();
  capabilities.compression.set();
  capabilities.ah = true;
  capabilities.esn = true;
  capabilities.transport = true;
  capabilities.outer_ipv6 = true;
  capabilities.inner_ipv6 = true;
  capabilities.lifetimes = true;
  return capabilities;
}

size_t SoftEngine::Submit(std::span<const Job> jobs) {
  const size_t count = std::min(jobs.size(), done_.free_places());
  for (const Job& job : jobs.first(count)) done_.Push(Process(job));
  return count;
}

size_t SoftEngine::Poll(std::span<Done> done) {
  const size_t count = std::min(done.size(), done_.size());
  for (Done& entry : done.first(count)) entry = done_.Pop();
  return count;
}

Reason SoftEngine::CheckHardLifetimes(SaRef ref, SoftSa& sa, size_t text_bytes) {
  const Lifetimes& lifetimes = sa.settings.lifetimes;
  if (lifetimes.hard_bytes != 0 &&
      (sa.bytes > lifetimes.hard_bytes || text_bytes > lifetimes.hard_bytes - sa.bytes)) {
    Fire(ref, sa, EventType::kHardBytes, sa.bytes);
    return Reason::kHardBytes;
  }
  if (lifetimes.hard_packets != 0 && sa.packets >= lifetimes.hard_packets) {
    Fire(ref, sa, EventType::kHardPackets, sa.packets);
    return Reason::kHardPackets;
  }
  return Reason::kOk;
}

void SoftEngine::Account(SaRef ref, SoftSa& sa, size_t text_bytes) {
  const SaSettings& settings = sa.settings;
  const Lifetimes& lifetimes = settings.lifetimes;
  sa.bytes += text_bytes;
  ++sa.packets;
  if (lifetimes.soft_bytes != 0 && sa.bytes >= lifetimes.soft_bytes) {
    Fire(ref, sa, EventType::kSoftBytes, sa.bytes);
  }
  if (lifetimes.soft_packets != 0 && sa.packets >= lifetimes.soft_packets) {
    Fire(ref, sa, EventType::kSoftPackets, sa.packets);
  }
  if (settings.direction == Direction::kOut && settings.seq_watermark != 0 &&
      sa.sequence >= settings.seq_watermark) {
    Fire(ref, sa, EventType::kSeqWatermark, sa.sequence);
  }
}

void SoftEngine::Fire(SaRef ref, SoftSa& sa, EventType type, uint64_t value) {
  const uint16_t bit = EventBit(type);
  if ((sa.fired & bit) != 0) return;
  const bool queued = (sa.fired & ~sa.reported) != 0;
  sa.fired |= bit;
  sa.event_values[static_cast<size_t>(type)] = value;
  if (!queued) events_.Push(ref);
}

size_t SoftEngine::PollEvents(std::span<SaEvent> events) {
  size_t count = 0;
  while (count < events.size() && !events_.empty()) {
    const SaRef ref = events_.front();
    SoftSa* sa = sad_.Get(ref).sa;
    const auto open = static_cast<uint16_t>(sa == nullptr ? 0 : sa->fired & ~sa->reported);
    if (open == 0) {
      events_.Pop();
      continue;
    }
    const int number = std::countr_zero(open);
    sa->reported |= static_cast<uint16_t>(1u << number);
    events[count++] = {static_cast<EventType>(number), ref, sa->settings.id,
                       sa->event_values[static_cast<size_t>(number)]};
    if ((sa->fired & ~sa->reported) == 0) events_.Pop();
  }
  return count;
}

void SoftEngine::AckEvent(SaRef ref, EventType type) {
  SoftSa* sa = sad_.Get(ref).sa;
  if (sa != nullptr) sa->acked |= EventBit(type);
}

template <typename Act>
Result<uint64_t> SoftEngine::Control(ControlOp op, SaRef ref, Act act) {
  if (control_done_.free_places() == 0)
    return Err(ErrorCode::kUnavailable, "too many SA operations under way");
  ControlDone done;
  done.token = next_token_++;
  done.op = op;
  done.sa = ref;
  act(done);
  const uint64_t token = done.token;
  control_done_.Push(done);
  return token;
}

Result<uint64_t> SoftEngine::BeginAdd(const SaParams& params) {
  return Control(ControlOp::kAdd, SaRef::None(), [&](ControlDone& done) {
    const auto added = sad_.Add(params);
    if (added.has_value()) {
      done.sa = *added;
    } else {
      done.status = added.error();
    }
  });
}

Result<uint64_t> SoftEngine::BeginModify(SaRef ref, const SaParams& params) {
  return Control(ControlOp::kModify, ref,
                 [&](ControlDone& done) { done.status = Modify(ref, params); });
}

Status SoftEngine::Modify(SaRef ref, const SaParams& params) {
  SoftSa* sa = sad_.Get(ref).sa;
  if (sa == nullptr) return Err(ErrorCode::kNotFound, "no SA has this handle");
  if (!SameIdentity(sa->settings, params)) {
    return Err(ErrorCode::kInvalidArgument, "a modified SA keeps its identity");
  }
  VAM_TRY_STATUS(Validate(params));
  // Every event may fire again, against the new limits.
  sa->fired = 0;
  sa->reported = 0;
  sa->acked = 0;
  ForgetEvents(ref);
  sa->settings = params;
  return Ok();
}

void SoftEngine::ForgetEvents(SaRef ref) {
  for (size_t left = events_.size(); left > 0; --left) {
    const SaRef other = events_.Pop();
    if (other != ref) events_.Push(other);
  }
}

Result<uint64_t> SoftEngine::BeginDelete(SaRef ref) {
  return Control(ControlOp::kDelete, ref, [&](ControlDone& done) {
    const auto removed = sad_.Remove(ref);
    if (removed.has_value()) {
      done.stats = *removed;
      ForgetEvents(ref);
    } else {
      done.status = removed.error();
    }
  });
}

Result<uint64_t> SoftEngine::BeginQuery(SaRef ref) {
  return Control(ControlOp::kQuery, ref, [&](ControlDone& done) {
    const SoftSa* sa = sad_.Get(ref).sa;
    if (sa != nullptr) {
      done.stats = sa->Stats();
    } else {
      done.status = Err(ErrorCode::kNotFound, "no SA has this handle");
    }
  });
}

bool SoftEngine::Tend(uint64_t now_ns) {
  if (tended_ == sad_.capacity()) {
    if (now_ns < next_round_ns_) return false;
    next_round_ns_ = now_ns + kIdleNs;
    tended_ = 0;
  }
  const uint32_t end = std::min(tended_ + kTendPlaces, sad_.capacity());
  for (; tended_ < end; ++tended_) {
    SoftSa* sa = sad_.At(tended_);
    if (sa == nullptr || std::exchange(sa->used, false)) continue;
    sa->Rest();
    sa->idle_packets = sa->packets;
  }
  return tended_ != sad_.capacity();
}

bool SoftEngine::PrepareYoung(SaRef ref, SoftSa& sa) {
  sa.used = true;
  if (!sa.Prepare()) return false;
  if (sa.packets - sa.idle_packets >= kYoungPackets) return true;
  if (young_.free_places() == 0) {
    SoftSa* oldest = sad_.Get(young_.Pop()).sa;
    if (oldest != nullptr && oldest != &sa &&
        oldest->packets - oldest->idle_packets < kYoungPackets) {
      oldest->Rest();
    }
  }
  young_.Push(ref);
  return true;
}

size_t SoftEngine::PollControl(std::span<ControlDone> done) {
  const size_t count = std::min(done.size(), control_done_.size());
  for (ControlDone& entry : done.first(count)) entry = control_done_.Pop();
  return count;
}

}  // namespace vam::ipsec
