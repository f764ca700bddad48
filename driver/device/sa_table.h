// The SA table of a card: operations begin here and end in Poll.
#ifndef VAM_DRIVER_DEVICE_SA_TABLE_H_
#define VAM_DRIVER_DEVICE_SA_TABLE_H_

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "driver/device/queue_pair.h"
#include "driver/gen/vam_layouts.h"
#include "sw/base/result.h"

namespace vam::driver {

// How an operation ended.
struct SaDone {
  uint64_t token = 0;
  map::SqeOp op = map::SqeOp::kNop;
  Reason reason = Reason::kOk;
  // Add: the handle that submissions quote.
  uint32_t handle = 0;
  // Query only, and only when reason is kOk.
  map::SaStats stats = {};
};

// An SA that a reset or zeroise took from the card. Its sequence numbers are unknown: rekey it or
// drop it, never resume.
struct LostSa {
  uint64_t sa_id = 0;
  uint32_t handle = 0;
  bool inbound = false;
};

// One thread. The table chooses the index of an SA and keeps which index holds what, for reporting
// and reuse. Every Begin returns a token, never 0 and never reused; kExhausted: too many operations
// under way, or (add) no index left; kDevice: the admin queue has failed. Key bytes are wiped from
// memory when their operation ends.
class SaTable {
 public:
  // Operations under way at once.
  static constexpr size_t kSlots = 32;

  // Takes the admin queue. kExhausted: no memory.
  static Result<std::unique_ptr<SaTable>> Create(CardContext& context,
                                                 std::unique_ptr<QueuePair> admin);
  SaTable(const SaTable&) = delete;
  SaTable& operator=(const SaTable&) = delete;
  ~SaTable();

  // At the index freed last.
  Result<uint64_t> BeginAdd(const map::SaCtx& ctx);
  // Lifetimes, selectors and outer header are taken from `ctx`; the rest must be what it was.
  Result<uint64_t> BeginModify(uint32_t handle, const map::SaCtx& ctx);
  // Ends when no packet of the SA is on the card and its key is scrubbed.
  Result<uint64_t> BeginDelete(uint32_t handle);
  Result<uint64_t> BeginQuery(uint32_t handle);
  // Bit n of `events` acknowledges map::EventType n.
  Result<uint64_t> BeginAck(uint32_t handle, uint16_t events);
  // Deletes and scrubs every SA.
  Result<uint64_t> BeginZeroise();
  Result<uint64_t> BeginNop();

  // Up to out.size() ended operations. kDevice: as QueuePair::Poll.
  Result<size_t> Poll(std::span<SaDone> out);
  // Blocks until an operation may have ended. False: none within `timeout_ns`.
  Result<bool> Wait(uint64_t timeout_ns) { return admin_->Wait(timeout_ns); }

  // SAs installed, as the completions said.
  size_t size() const { return installed_; }
  const QueuePair& admin() const { return *admin_; }

  // The card was reset: operations under way end as queue_reset in the next Poll, the table is
  // empty. Returns what it held. The admin queue runs again if the result is not an error.
  Result<std::vector<LostSa>> AfterReset();
  // Every SA was deleted by other means than an operation of this table (the zeroise register).
  std::vector<LostSa> Clear();

 private:
  enum class State : uint8_t { kFree, kAdding, kInstalled, kDeleting };
  struct Entry {
    LostSa sa;
    State state = State::kFree;
  };
  struct Slot {
    uint64_t token = 0;  // 0: free
    map::SqeOp op = map::SqeOp::kNop;
    uint32_t index = 0;
  };

  SaTable(CardContext& context, std::unique_ptr<QueuePair> admin);

  Result<uint64_t> Begin(map::SqeOp op, uint32_t handle, const map::SaCtx* ctx,
                         uint16_t events = 0);
  // Takes key bytes from the host's memory and from the card's copy of it.
  void Wipe(size_t slot);
  SaDone Finish(const Completion& completion);
  void Apply(const Slot& slot, const Completion& completion);
  void FreeIndex(uint32_t index);
  hal::DmaRegion CtxOf(size_t slot) const;
  hal::DmaRegion StatsOf(size_t slot) const;

  CardContext& context_;
  std::unique_ptr<QueuePair> admin_;
  hal::DmaRegion memory_;
  std::vector<Slot> slots_;
  std::vector<Entry> entries_;  // by SA index
  std::vector<uint32_t> free_;  // indices, the last one is taken next
  std::vector<SaDone> reset_;   // ended by a reset, not yet reported
  uint64_t next_token_ = 1;
  size_t installed_ = 0;
};

}  // namespace vam::driver

#endif  // VAM_DRIVER_DEVICE_SA_TABLE_H_
