#include "sw/ipsec/soft_engine.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <utility>

#include "sw/ipsec/ecn.h"
#include "sw/net/checksum.h"

namespace vam::ipsec {
namespace {

constexpr size_t kMaxPacketBytes = 65535;

constexpr uint16_t EventBit(EventType type) {
  return static_cast<uint16_t>(1u << static_cast<unsigned>(type));
}

uint64_t LastSequence(const SaSettings& sa) {
  return sa.esn ? std::numeric_limits<uint64_t>::max() : std::numeric_limits<uint32_t>::max();
}

// Everything that BeginModify may not change, except the key, which the engine no longer has.
bool SameIdentity(const SaSettings& a, const SaSettings& b) {
  return a.id == b.id && a.direction == b.direction && a.mode == b.mode && a.suite == b.suite &&
         a.spi == b.spi && a.vrf_tag == b.vrf_tag && a.local == b.local &&
         a.udp_local == b.udp_local && a.udp_remote == b.udp_remote && a.esn == b.esn &&
         a.replay_window == b.replay_window && a.initial_seq == b.initial_seq;
}

// Sets the inner ECN field in place and repairs the header checksum (RFC 1624).
void SetEcn(uint8_t* ip, uint8_t ecn) {
  const uint16_t before = LoadBe16(ip);
  ip[net::kIpv4TosOffset] = static_cast<uint8_t>((ip[net::kIpv4TosOffset] & ~kEcnMask) | ecn);
  uint8_t* checksum = ip + net::kIpv4ChecksumOffset;
  StoreBe16(checksum, net::UpdateChecksum(LoadBe16(checksum), before, LoadBe16(ip)));
}

Done Ended(const Job& job, SaRef ref, Reason reason) { return {job.cookie, reason, ref, 0}; }

}  // namespace

SoftEngine::SoftEngine(const Config& config)
    : sad_(config.max_sas),
      done_(config.queue_jobs),
      control_done_(config.queue_controls),
      events_(config.max_sas),
      scratch_(kMaxPacketBytes) {}

Capabilities SoftEngine::capabilities() const {
  Capabilities capabilities;
  capabilities.max_sas = sad_.capacity();
  capabilities.max_packet_bytes = kMaxPacketBytes;
  capabilities.max_replay_window = kMaxReplayWindow;
  capabilities.aes_gcm_128 = true;
  capabilities.aes_gcm_192 = true;
  capabilities.aes_gcm_256 = true;
  capabilities.esn = true;
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

Done SoftEngine::Process(const Job& job) {
  if (job.src.empty() || job.src.size() > kMaxPacketBytes) {
    return Ended(job, SaRef::None(), Reason::kBadLength);
  }
  switch (job.op) {
    case Op::kEspOut:
      return ProcessOut(job);
    case Op::kEspIn:
      return ProcessIn(job);
  }
  return Ended(job, SaRef::None(), Reason::kUnsupportedOp);
}

Done SoftEngine::ProcessOut(const Job& job) {
  const InnerPacket inner = ParseInner(job.src);
  if (inner.reason != Reason::kOk) return Ended(job, SaRef::None(), inner.reason);
  const auto [sa, missing] = sad_.Get(job.sa);
  if (sa == nullptr) return Ended(job, SaRef::None(), missing);
  const auto drop = [&job, sa = sa](Reason reason) {
    ++sa->errors;
    return Ended(job, job.sa, reason);
  };
  if (sa->settings.direction != Direction::kOut) return drop(Reason::kSaDirection);
  const size_t inner_bytes = inner.packet.size();
  const size_t text_bytes = TextBytes(sa->suite, inner_bytes);
  const size_t total_bytes = EncapsulatedBytes(sa->settings, inner_bytes);
  if (total_bytes > kMaxPacketBytes) return drop(Reason::kBadLength);
  if (total_bytes > job.dst.size()) return drop(Reason::kDstTooSmall);
  if (sa->sequence == LastSequence(sa->settings)) {
    Fire(job.sa, *sa, EventType::kSeqOverflow, sa->sequence);
    return drop(Reason::kSeqOverflow);
  }
  const Reason hard = CheckHardLifetimes(job.sa, *sa, text_bytes);
  if (hard != Reason::kOk) return drop(hard);

  // From here on the number is used, whatever happens: no two packets share a nonce.
  const uint64_t sequence = ++sa->sequence;
  Account(job.sa, *sa, text_bytes);
  const net::Ipv4Header outer =
      MakeOuter(sa->settings, inner.header, static_cast<uint16_t>(total_bytes), sequence);
  const MutableBytes esp =
      job.dst.first(total_bytes).subspan(net::kIpv4HeaderBytes);  // header, IV, text, ICV
  const MutableBytes iv = esp.subspan(kEspHeaderBytes, sa->suite.iv_bytes);
  const MutableBytes text = esp.subspan(kEspHeaderBytes + iv.size(), text_bytes);
  // The payload may be in its place already (Job); all reads of the inner header are done.
  if (text.data() != inner.packet.data()) {
    std::memcpy(text.data(), inner.packet.data(), inner_bytes);
  }
  WriteTrailer(text.subspan(inner_bytes));
  if (!net::WriteIpv4(outer, job.dst).has_value()) return drop(Reason::kEngineFault);
  StoreBe32(esp.data(), sa->settings.spi.value);
  StoreBe32(esp.data() + 4, static_cast<uint32_t>(sequence));
  if (!sa->cipher.Seal(sequence, iv, text, esp.last(sa->suite.icv_bytes))) {
    return drop(Reason::kEngineFault);
  }
  return {job.cookie, Reason::kOk, job.sa, static_cast<uint32_t>(total_bytes)};
}

Done SoftEngine::ProcessIn(const Job& job) {
  const EspPacket esp = ParseEsp(job.src);
  if (esp.reason != Reason::kOk) return Ended(job, SaRef::None(), esp.reason);
  const SaRef ref = sad_.FindInbound(job.vrf_tag, esp.destination, esp.spi);
  const auto [sa, missing] = sad_.Get(ref);
  if (sa == nullptr) return Ended(job, SaRef::None(), missing);
  Done done{job.cookie, Reason::kOk, ref, 0};
  done.reason = Decapsulate(job, ref, *sa, esp, done);
  if (done.reason != Reason::kOk) ++sa->errors;
  return done;
}

Reason SoftEngine::Decapsulate(const Job& job, SaRef ref, SoftSa& sa, const EspPacket& esp,
                               Done& done) {
  const EspBody body = SplitBody(esp.body, sa.suite);
  if (body.reason != Reason::kOk) return body.reason;
  const auto [replay, sequence] = sa.replay.Check(esp.sequence);
  if (replay != Reason::kOk) return replay;

  // The text is longer than the packet in it: a caller's buffer that holds just the packet is not
  // written past its end.
  const size_t text_bytes = body.text.size();
  const bool fits = text_bytes <= job.dst.size();
  uint8_t* const text = fits ? job.dst.data() : scratch_.data();
  if (!sa.cipher.Open(sequence, body.iv, body.text, body.icv, {text, text_bytes})) {
    return Reason::kIcvFailed;
  }

  // One thread: nothing can have moved the window since the check.
  const Reason hard = CheckHardLifetimes(ref, sa, text_bytes);
  if (hard != Reason::kOk) return hard;
  sa.replay.Commit(sequence);
  Account(ref, sa, text_bytes);

  const InnerPacket inner = ParseText({text, text_bytes});
  if (inner.reason != Reason::kOk) return inner.reason;
  if (!SelectorsMatchInbound(sa.settings.selectors, inner)) return Reason::kSelectorMismatch;
  const auto inner_ecn = static_cast<uint8_t>(inner.header.tos & kEcnMask);
  const auto ecn = EcnAfterDecapsulation(inner_ecn, esp.ecn);
  if (!ecn.has_value()) return Reason::kEcnDrop;
  if (*ecn != inner_ecn) SetEcn(text, *ecn);
  if (!fits) {
    if (inner.packet.size() > job.dst.size()) return Reason::kDstTooSmall;
    std::memcpy(job.dst.data(), text, inner.packet.size());
  }
  done.out_bytes = static_cast<uint32_t>(inner.packet.size());
  return Reason::kOk;
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
  if (control_done_.free_places() == 0) return Err(ErrorCode::kExhausted, "control queue full");
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

size_t SoftEngine::PollControl(std::span<ControlDone> done) {
  const size_t count = std::min(done.size(), control_done_.size());
  for (ControlDone& entry : done.first(count)) entry = control_done_.Pop();
  return count;
}

}  // namespace vam::ipsec
