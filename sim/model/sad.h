// SA database of the functional card: lookup, sequence numbers, replay, lifetimes, events, admin
// operations.
#ifndef VAM_SIM_MODEL_SAD_H_
#define VAM_SIM_MODEL_SAD_H_

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "driver/gen/vam_layouts.h"
#include "sw/base/gen/vam_reason.h"

namespace vam::sim {

// A sequence number below this distance from the right edge is remembered.
inline constexpr uint64_t kMaxWindow = 1024;

// One SA. Its context is what the host gave; the rest changes with packets.
struct Sa {
  map::SaCtx ctx{};
  uint32_t handle = 0;
  // Outbound: last number used. Inbound: right edge of the window.
  uint64_t seq = 0;
  uint64_t packets = 0;
  uint64_t bytes = 0;
  // Inbound: numbers received, of those the window can reach; all up to initial_seq count as
  // received.
  std::set<uint64_t> received;
  // Bit n: map::EventType n. Fired: not to be raised again. Pending: not yet acknowledged.
  uint16_t fired = 0;
  uint16_t pending = 0;
  // Pending events that were never sent, and the card time at which the others were sent last.
  uint16_t unsent = 0;
  uint64_t sent_at = 0;

  bool esn() const { return (ctx.flags & map::kSaCtxEsn) != 0; }
  std::span<const uint8_t> key() const {
    return std::span(ctx.key).first(16 + size_t{8} * ctx.key_size);
  }
};

// What an inbound packet is found by.
struct SaKey {
  uint16_t vrf_tag = 0;
  std::array<uint8_t, 16> dst{};
  uint8_t proto = 0;
  uint32_t spi = 0;
  auto operator<=>(const SaKey&) const = default;
};

class Sad {
 public:
  explicit Sad(uint32_t max_sas) : slots_(max_sas) {}

  uint32_t max_sas() const { return static_cast<uint32_t>(slots_.size()); }
  uint32_t count() const;
  // As after power-on: no SA, generations at 0.
  void Reset();

  struct Found {
    Reason reason = Reason::kNoSa;
    Sa* sa = nullptr;  // also when it then refused the packet
  };
  enum class Use { kOut, kIn, kRaw };
  // By handle (outbound and raw), or by key (inbound): kOk, kNoSa, kSaStale or kSaDirection.
  Found FindByHandle(uint32_t handle, Use use);
  Found FindByKey(const SaKey& key);

  // RFC 4303, 3.4.3 and appendix A2: the whole number of an inbound packet from the 32 bits on the
  // wire.
  static uint64_t InferSeq(const Sa& sa, uint32_t low);
  // kOk, kReplayOld or kReplayDuplicate. `low`: the bits on the wire.
  static Reason CheckReplay(const Sa& sa, uint64_t seq, uint32_t low);
  // Outbound: takes the next number into sa.seq and counts. kOk, kSeqOverflow, kHardBytes,
  // kHardPackets; events fire.
  static Reason Allocate(Sa& sa, uint32_t text_bytes);
  // Inbound, after the ICV: marks `seq` and counts. kOk, or nothing changed but events: kReplayOld,
  // kReplayDuplicate, kHardBytes, kHardPackets.
  static Reason Commit(Sa& sa, uint64_t seq, uint32_t low, uint32_t text_bytes);

  struct AdminResult {
    Reason reason = Reason::kOk;
    uint32_t handle = 0;
    map::SaStats stats{};
  };
  AdminResult Add(uint32_t index, const map::SaCtx& ctx);
  AdminResult Modify(uint32_t handle, const map::SaCtx& ctx);
  AdminResult Delete(uint32_t handle);
  AdminResult Query(uint32_t handle);
  AdminResult Ack(uint32_t handle, uint16_t events);
  void Zeroise();

  // SAs with events to send at card time `now`, and which: those never sent, or all when `resend`
  // or more has passed.
  struct Due {
    Sa* sa = nullptr;
    uint16_t events = 0;
  };
  std::vector<Due> EventsDue(uint64_t now, uint64_t resend);

 private:
  struct Slot {
    std::optional<Sa> sa;
    uint16_t generation = 0;  // outlives the SA; 12 bits
  };

  Slot* SlotOf(uint32_t handle, Reason& reason);
  void Erase(Slot& slot);

  std::vector<Slot> slots_;
  std::map<SaKey, uint32_t> keys_;  // inbound SAs by key: index
};

}  // namespace vam::sim

#endif  // VAM_SIM_MODEL_SAD_H_
