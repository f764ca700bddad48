#include "sim/model/sad.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <limits>

#include "sim/model/sa_rules.h"

namespace vam::sim {
namespace {

constexpr uint32_t kIndexMask = 0xfffff;
constexpr uint16_t kGenerationMask = 0xfff;

constexpr uint16_t Bit(map::EventType type) {
  return static_cast<uint16_t>(1u << static_cast<unsigned>(type));
}

SaKey KeyOf(const map::SaCtx& ctx) {
  return {.vrf_tag = ctx.vrf_tag, .dst = ctx.outer_dst, .proto = ctx.proto, .spi = ctx.spi};
}

void Fire(Sa& sa, uint16_t events) {
  const auto fresh = static_cast<uint16_t>(events & ~sa.fired);
  sa.fired |= events;
  sa.pending |= fresh;
  sa.unsent |= fresh;
}

// Lifetimes and counters of a packet with number `seq` that nothing else refuses.
Reason Account(Sa& sa, uint64_t seq, uint32_t text_bytes) {
  const map::SaCtx& ctx = sa.ctx;
  if (ctx.hard_bytes != 0 && sa.bytes + text_bytes > ctx.hard_bytes) {
    Fire(sa, Bit(map::EventType::kHardBytes));
    return Reason::kHardBytes;
  }
  if (ctx.hard_packets != 0 && sa.packets + 1 > ctx.hard_packets) {
    Fire(sa, Bit(map::EventType::kHardPackets));
    return Reason::kHardPackets;
  }
  sa.bytes += text_bytes;
  sa.packets += 1;
  uint16_t events = 0;
  if (ctx.soft_bytes != 0 && sa.bytes >= ctx.soft_bytes) {
    events |= Bit(map::EventType::kSoftBytes);
  }
  if (ctx.soft_packets != 0 && sa.packets >= ctx.soft_packets) {
    events |= Bit(map::EventType::kSoftPackets);
  }
  if (ctx.inbound == 0 && ctx.seq_watermark != 0 && seq >= ctx.seq_watermark) {
    events |= Bit(map::EventType::kSeqWatermark);
  }
  Fire(sa, events);
  return Reason::kOk;
}

}  // namespace

uint32_t Sad::count() const {
  return static_cast<uint32_t>(
      std::ranges::count_if(slots_, [](const Slot& slot) { return slot.sa.has_value(); }));
}

void Sad::Reset() {
  for (Slot& slot : slots_) {
    if (slot.sa) Erase(slot);
    slot.generation = 0;
  }
}

void Sad::Erase(Slot& slot) {
  if (IsKeyed(slot.sa->ctx)) keys_.erase(KeyOf(slot.sa->ctx));
  OPENSSL_cleanse(&slot.sa->ctx, sizeof slot.sa->ctx);
  slot.sa.reset();
  slot.generation = static_cast<uint16_t>((slot.generation + 1) & kGenerationMask);
}

Sad::Slot* Sad::SlotOf(uint32_t handle, Reason& reason) {
  const uint32_t index = handle & kIndexMask;
  reason = Reason::kNoSa;
  if (index >= slots_.size()) return nullptr;
  Slot& slot = slots_[index];
  if (slot.generation != handle >> 20) {
    reason = Reason::kSaStale;
    return nullptr;
  }
  if (!slot.sa) return nullptr;
  reason = Reason::kOk;
  return &slot;
}

Sad::Found Sad::FindByHandle(uint32_t handle, Use use) {
  Reason reason;
  Slot* slot = SlotOf(handle, reason);
  if (slot == nullptr) return {.reason = reason, .sa = nullptr};
  Sa& sa = *slot->sa;
  const bool raw = sa.ctx.mode == kModeRaw;
  const bool fits = use == Use::kRaw ? raw : !raw && sa.ctx.inbound == 0;
  return {.reason = fits ? Reason::kOk : Reason::kSaDirection, .sa = &sa};
}

Sad::Found Sad::FindByKey(const SaKey& key) {
  const auto it = keys_.find(key);
  if (it == keys_.end()) return {};
  return {.reason = Reason::kOk, .sa = &*slots_[it->second].sa};
}

uint64_t Sad::InferSeq(const Sa& sa, uint32_t low) {
  if (!sa.esn()) return low;
  // Th, Tl and W of the RFC. Without a window half the number space stands for it.
  const auto top_high = static_cast<uint32_t>(sa.seq >> 32);
  const auto top_low = static_cast<uint32_t>(sa.seq);
  const uint32_t window = sa.ctx.window == 0 ? 0x80000000u : sa.ctx.window;
  const uint32_t bottom = top_low - window + 1;
  uint32_t high = top_high;
  if (top_low >= window - 1) {
    if (low < bottom) high = top_high + 1;
  } else {
    if (low >= bottom) high = top_high - 1;
  }
  return uint64_t{high} << 32 | low;
}

Reason Sad::CheckReplay(const Sa& sa, uint64_t seq, uint32_t low) {
  if (sa.ctx.window == 0) return Reason::kOk;
  // Number 0 is never sent without ESN (RFC 4303, 3.3.3).
  if (!sa.esn() && low == 0) return Reason::kReplayOld;
  const bool before_the_first = sa.esn() && sa.seq >> 32 == 0 && seq >> 32 == 0xffffffff;
  if (before_the_first) return Reason::kReplayOld;
  if (seq > sa.seq) return Reason::kOk;
  if (sa.seq - seq >= sa.ctx.window) return Reason::kReplayOld;
  const bool seen = seq <= sa.ctx.initial_seq || sa.received.contains(seq);
  return seen ? Reason::kReplayDuplicate : Reason::kOk;
}

Reason Sad::Allocate(Sa& sa, uint32_t text_bytes) {
  const uint64_t last = sa.esn() ? std::numeric_limits<uint64_t>::max() : 0xffffffff;
  if (sa.seq >= last) {
    Fire(sa, Bit(map::EventType::kSeqOverflow));
    return Reason::kSeqOverflow;
  }
  const Reason reason = Account(sa, sa.seq + 1, text_bytes);
  if (reason == Reason::kOk) sa.seq += 1;
  return reason;
}

Reason Sad::Commit(Sa& sa, uint64_t seq, uint32_t low, uint32_t text_bytes) {
  const Reason replay = CheckReplay(sa, seq, low);
  if (replay != Reason::kOk) return replay;
  const Reason reason = Account(sa, seq, text_bytes);
  if (reason != Reason::kOk) return reason;
  sa.seq = std::max(sa.seq, seq);
  if (sa.ctx.window != 0) {
    sa.received.insert(seq);
    while (sa.seq - *sa.received.begin() >= kMaxWindow) sa.received.erase(sa.received.begin());
  }
  return Reason::kOk;
}

Sad::AdminResult Sad::Add(uint32_t index, const map::SaCtx& ctx) {
  index &= kIndexMask;
  if (index >= slots_.size()) return {.reason = Reason::kNoSa, .handle = index, .stats = {}};
  Slot& slot = slots_[index];
  const Reason valid = CheckContext(ctx);
  if (valid != Reason::kOk) return {.reason = valid, .handle = index, .stats = {}};
  if (slot.sa || (IsKeyed(ctx) && keys_.contains(KeyOf(ctx)))) {
    return {.reason = Reason::kSaExists, .handle = index, .stats = {}};
  }
  Sa& sa = slot.sa.emplace();
  sa.ctx = ctx;
  sa.handle = static_cast<uint32_t>(slot.generation) << 20 | index;
  sa.seq = ctx.initial_seq;
  if (IsKeyed(ctx)) keys_[KeyOf(ctx)] = index;
  return {.reason = Reason::kOk, .handle = sa.handle, .stats = {}};
}

Sad::AdminResult Sad::Modify(uint32_t handle, const map::SaCtx& ctx) {
  AdminResult result{.reason = Reason::kOk, .handle = handle, .stats = {}};
  Slot* slot = SlotOf(handle, result.reason);
  if (slot == nullptr) return result;
  Sa& sa = *slot->sa;
  result.reason = CheckContext(ctx);
  if (result.reason == Reason::kOk && !SameIdentity(sa.ctx, ctx)) {
    result.reason = Reason::kBadContext;
  }
  if (result.reason != Reason::kOk) return result;
  const uint64_t initial_seq = sa.ctx.initial_seq;
  sa.ctx = ctx;
  sa.ctx.initial_seq = initial_seq;
  sa.fired = sa.pending = 0;
  return result;
}

Sad::AdminResult Sad::Delete(uint32_t handle) {
  AdminResult result{.reason = Reason::kOk, .handle = handle, .stats = {}};
  if (Slot* slot = SlotOf(handle, result.reason)) Erase(*slot);
  return result;
}

Sad::AdminResult Sad::Query(uint32_t handle) {
  AdminResult result{.reason = Reason::kOk, .handle = handle, .stats = {}};
  const Slot* slot = SlotOf(handle, result.reason);
  if (slot == nullptr) return result;
  const Sa& sa = *slot->sa;
  result.stats.sa_handle = handle;
  result.stats.pending_events = sa.pending;
  result.stats.sa_id = sa.ctx.sa_id;
  result.stats.seq = sa.seq;
  result.stats.packets = sa.packets;
  result.stats.bytes = sa.bytes;
  return result;
}

Sad::AdminResult Sad::Ack(uint32_t handle, uint16_t events) {
  AdminResult result{.reason = Reason::kOk, .handle = handle, .stats = {}};
  if (Slot* slot = SlotOf(handle, result.reason)) {
    slot->sa->pending = static_cast<uint16_t>(slot->sa->pending & ~events);
  }
  return result;
}

void Sad::Zeroise() {
  for (Slot& slot : slots_) {
    if (slot.sa) Erase(slot);
  }
}

std::vector<Sad::Due> Sad::EventsDue(uint64_t now, uint64_t resend) {
  std::vector<Due> due;
  for (Slot& slot : slots_) {
    if (!slot.sa || slot.sa->pending == 0) continue;
    Sa& sa = *slot.sa;
    const bool all = now - sa.sent_at >= resend;
    const auto events = static_cast<uint16_t>(all ? sa.pending : sa.pending & sa.unsent);
    if (events != 0) due.push_back({.sa = &sa, .events = events});
  }
  return due;
}

}  // namespace vam::sim
