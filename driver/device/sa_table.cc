#include "driver/device/sa_table.h"

#include <string.h>  // explicit_bzero

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace vam::driver {
namespace {

constexpr size_t kSlotBytes = sizeof(map::SaCtx) + sizeof(map::SaStats);

}  // namespace

SaTable::SaTable(CardContext& context, std::unique_ptr<QueuePair> admin)
    : context_(context), admin_(std::move(admin)) {}

Result<std::unique_ptr<SaTable>> SaTable::Create(CardContext& context,
                                                 std::unique_ptr<QueuePair> admin) {
  std::unique_ptr<SaTable> table(new SaTable(context, std::move(admin)));
  VAM_TRY(table->memory_, context.card->dma().Allocate(kSlots * kSlotBytes, 4096));
  const uint32_t max_sas = context.regs.capabilities().max_sas;
  table->slots_.resize(kSlots);
  table->entries_.resize(max_sas);
  table->free_.reserve(max_sas);
  for (uint32_t i = max_sas; i > 0; --i) table->free_.push_back(i - 1);
  table->reset_.reserve(kSlots);
  return table;
}

SaTable::~SaTable() {
  if (memory_.host.empty()) return;
  for (size_t slot = 0; slot < kSlots; ++slot) Wipe(slot);
  const size_t in_flight = admin_->in_flight();
  admin_.reset();
  // A card that did not stop may still write here.
  if (in_flight == 0) context_.card->dma().Free(memory_);
}

hal::DmaRegion SaTable::CtxOf(size_t slot) const {
  return memory_.Slice(slot * kSlotBytes, sizeof(map::SaCtx));
}

hal::DmaRegion SaTable::StatsOf(size_t slot) const {
  return memory_.Slice(slot * kSlotBytes + sizeof(map::SaCtx), sizeof(map::SaStats));
}

void SaTable::Wipe(size_t slot) {
  const hal::DmaRegion ctx = CtxOf(slot);
  explicit_bzero(ctx.host.data(), ctx.host.size());
  context_.card->dma().ToDevice(ctx);
}

Result<uint64_t> SaTable::Begin(map::SqeOp op, uint32_t handle, const map::SaCtx* ctx,
                                uint16_t events) {
  const auto slot = std::ranges::find(slots_, uint64_t{0}, &Slot::token);
  if (slot == slots_.end()) {
    return Err(ErrorCode::kUnavailable, "too many SA operations under way");
  }
  const auto number = static_cast<size_t>(slot - slots_.begin());
  Submission submission;
  submission.op = op;
  submission.sa_handle = handle;
  submission.cookie = number;
  // event_ack has no source: the address holds the mask.
  submission.src.addr = events;
  const hal::DmaRegion memory = CtxOf(number);
  if (ctx != nullptr) {
    std::memcpy(memory.host.data(), ctx, sizeof *ctx);
    context_.card->dma().Release(memory);
    submission.src = {memory.bus, sizeof *ctx};
  }
  if (submission.op == map::SqeOp::kSaQuery) {
    submission.dst = {StatsOf(number).bus, sizeof(map::SaStats)};
  }
  const auto taken = admin_->Submit({&submission, 1});
  if (!taken || *taken == 0) {
    Wipe(number);
    if (!taken) return taken.error();
    return Err(ErrorCode::kUnavailable, "the admin queue is full");
  }
  *slot = {.token = next_token_++, .op = op, .index = HandleIndex(handle)};
  return slot->token;
}

Result<uint64_t> SaTable::BeginAdd(const map::SaCtx& ctx) {
  if (free_.empty()) return Err(ErrorCode::kExhausted, "every SA index is in use");
  const uint32_t index = free_.back();
  VAM_TRY(const uint64_t token, Begin(map::SqeOp::kSaAdd, index, &ctx));
  free_.pop_back();
  entries_[index] = {.sa = {.sa_id = ctx.sa_id, .handle = index, .inbound = ctx.inbound != 0},
                     .state = State::kAdding};
  return token;
}

Result<uint64_t> SaTable::BeginModify(uint32_t handle, const map::SaCtx& ctx) {
  return Begin(map::SqeOp::kSaModify, handle, &ctx);
}

Result<uint64_t> SaTable::BeginDelete(uint32_t handle) {
  VAM_TRY(const uint64_t token, Begin(map::SqeOp::kSaDelete, handle, nullptr));
  const uint32_t index = HandleIndex(handle);
  if (index < entries_.size() && entries_[index].state == State::kInstalled &&
      entries_[index].sa.handle == handle) {
    entries_[index].state = State::kDeleting;
  }
  return token;
}

Result<uint64_t> SaTable::BeginQuery(uint32_t handle) {
  return Begin(map::SqeOp::kSaQuery, handle, nullptr);
}

Result<uint64_t> SaTable::BeginAck(uint32_t handle, uint16_t events) {
  return Begin(map::SqeOp::kEventAck, handle, nullptr, events);
}

Result<uint64_t> SaTable::BeginZeroise() { return Begin(map::SqeOp::kZeroise, 0, nullptr); }

Result<uint64_t> SaTable::BeginNop() { return Begin(map::SqeOp::kNop, 0, nullptr); }

void SaTable::FreeIndex(uint32_t index) {
  Entry& entry = entries_[index];
  if (entry.state == State::kInstalled || entry.state == State::kDeleting) --installed_;
  entry.state = State::kFree;
  free_.push_back(index);
}

void SaTable::Apply(const Slot& slot, const Completion& completion) {
  const bool ok = completion.reason == Reason::kOk;
  switch (slot.op) {
    case map::SqeOp::kSaAdd:
      if (!ok) {
        FreeIndex(slot.index);
      } else {
        entries_[slot.index].state = State::kInstalled;
        entries_[slot.index].sa.handle = completion.sa_handle;
        ++installed_;
      }
      break;
    case map::SqeOp::kSaDelete:
      if (slot.index < entries_.size() && entries_[slot.index].state == State::kDeleting) {
        if (ok) {
          FreeIndex(slot.index);
        } else {
          entries_[slot.index].state = State::kInstalled;
        }
      }
      break;
    case map::SqeOp::kZeroise:
      if (ok) static_cast<void>(Clear());
      break;
    default:
      break;
  }
}

SaDone SaTable::Finish(const Completion& completion) {
  // The ring has checked that this cookie is one of ours and in flight.
  const auto number = static_cast<size_t>(completion.cookie);
  Slot& slot = slots_[number];
  SaDone done{.token = slot.token,
              .op = completion.op,
              .reason = completion.reason,
              .handle = completion.sa_handle,
              .stats = {}};
  if (slot.op == map::SqeOp::kSaQuery && completion.reason == Reason::kOk) {
    const hal::DmaRegion stats = StatsOf(number);
    context_.card->dma().ToHost(stats);
    std::memcpy(&done.stats, stats.host.data(), sizeof done.stats);
  }
  Wipe(number);
  Apply(slot, completion);
  slot.token = 0;
  return done;
}

Result<size_t> SaTable::Poll(std::span<SaDone> out) {
  size_t count = 0;
  while (count < out.size() && !reset_.empty()) {
    out[count++] = reset_.back();
    reset_.pop_back();
  }
  while (count < out.size()) {
    std::array<Completion, kSlots> completions;
    const auto room = std::min(out.size() - count, completions.size());
    const auto found = admin_->Poll(std::span(completions).first(room));
    if (!found) {
      if (count == 0) return found.error();
      break;
    }
    if (*found == 0) break;
    for (size_t i = 0; i < *found; ++i) out[count++] = Finish(completions[i]);
  }
  return count;
}

std::vector<LostSa> SaTable::Clear() {
  std::vector<LostSa> lost;
  for (uint32_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].state != State::kInstalled && entries_[i].state != State::kDeleting) continue;
    lost.push_back(entries_[i].sa);
    FreeIndex(i);
  }
  return lost;
}

Result<std::vector<LostSa>> SaTable::AfterReset() {
  std::array<Completion, kSlots> completions;
  for (;;) {
    VAM_TRY(const size_t found, admin_->TakeInFlight(completions));
    if (found == 0) break;
    for (size_t i = 0; i < found; ++i) reset_.push_back(Finish(completions[i]));
  }
  std::vector<LostSa> lost = Clear();
  VAM_TRY_STATUS(admin_->Restart());
  return lost;
}

}  // namespace vam::driver
