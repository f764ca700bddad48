// The card as its map describes it: registers, rings and packet operations, without any hurry.
#ifndef VAM_SIM_MODEL_FUNCTIONAL_CARD_H_
#define VAM_SIM_MODEL_FUNCTIONAL_CARD_H_

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "driver/gen/vam_layouts.h"
#include "driver/gen/vam_regs.h"
#include "sim/model/esp.h"
#include "sim/model/host_memory.h"
#include "sim/model/interrupts.h"
#include "sim/model/sad.h"

namespace vam::sim {

struct FunctionalCardConfig {
  uint32_t max_sas = 1024;
  uint32_t data_queues = 4;
  uint32_t vectors = 8;
  // Descriptors taken from each queue per Step.
  uint32_t batch = 16;
  uint64_t resend_cycles = 65536;
};

// One thread. Does nothing by itself: Step works on what the doorbells announced.
class FunctionalCard {
 public:
  FunctionalCard(HostMemory& memory, const FunctionalCardConfig& config, Interrupts::Sink sink);

  uint32_t Read(uint32_t offset);
  void Write(uint32_t offset, uint32_t value);

  // Takes up to `batch` descriptors from each queue, sends events and interrupts. True: there was
  // something to do.
  bool Step();
  // Lets card time pass while nothing moves.
  void PassTime(uint64_t cycles) { now_ += cycles; }

  // Faults for tests: gone, every read is all ones; frozen, registers answer but nothing moves.
  void set_gone(bool gone) { gone_ = gone; }
  void set_frozen(bool frozen) { frozen_ = frozen; }

 private:
  struct Queue {
    bool on = false;
    bool error = false;
    uint16_t tail = 0;
    uint16_t head = 0;     // next descriptor
    uint16_t cq_tail = 0;  // next completion
    uint16_t cq_head = 0;  // as the host said
    bool armed = false;
    bool urgent = false;
  };
  struct EventRing {
    bool on = false;
    bool error = false;
    uint16_t tail = 0;
    uint16_t head = 0;
    bool armed = false;
  };
  struct Descriptor {
    map::Sqe sqe{};
    map::SqeExt ext{};
    bool cut = false;  // extended, but the tail stands before the second slot
    uint16_t slots = 1;
  };
  struct Outcome {
    Reason reason = Reason::kOk;
    uint32_t sa_handle = 0;
    uint16_t out_bytes = 0;
  };
  struct Range {
    uint64_t addr = 0;
    uint32_t size = 0;
  };

  // Registers (functional_card.cc).
  uint32_t& Reg(uint32_t offset) { return regs_[offset / 4]; }
  uint64_t Reg64(uint32_t offset) { return Reg(offset) | uint64_t{Reg(offset + 4)} << 32; }
  std::optional<uint32_t> ReadLive(uint32_t offset);
  uint32_t ReadCounter(uint32_t offset);
  void WriteQueueConfig(uint32_t queue, uint32_t value);
  void WriteEventRing(uint32_t offset, uint32_t value);
  void WriteDoorbell(uint32_t queue, uint32_t reg, uint16_t index);
  void SoftReset();
  void Fault(uint32_t bits);
  uint64_t& Counter(uint32_t offset) {
    return counters_[(offset - map::kRegCountersOutPackets) / 8];
  }

  // Rings (functional_card_rings.cc).
  bool StepQueue(uint32_t number);
  std::optional<Descriptor> Fetch(uint32_t number);
  bool Complete(uint32_t number, const Descriptor& descriptor, const Outcome& outcome);
  void StopQueue(uint32_t number);
  bool SendEvents();
  bool PutEvent(const map::EventEntry& event);
  bool SendInterrupts();

  // Operations (functional_card_ops.cc).
  Outcome RunAdmin(const Descriptor& descriptor);
  Outcome RunData(const Descriptor& descriptor);
  Reason CheckData(const Descriptor& descriptor) const;
  Reason ReadSegments(const Descriptor& descriptor, std::vector<Range>& src,
                      std::vector<Range>& dst);
  PacketResult Process(const Descriptor& descriptor, std::span<const uint8_t> source);
  bool Gather(std::span<const Range> ranges, std::vector<uint8_t>& out);
  bool Scatter(std::span<const Range> ranges, std::span<const uint8_t> bytes);
  void Count(const Descriptor& descriptor, const Outcome& outcome);

  HostMemory& memory_;
  const FunctionalCardConfig config_;
  Sad sad_;
  Interrupts interrupts_;
  std::vector<uint32_t> regs_;
  std::vector<uint32_t> readable_;
  std::vector<uint32_t> writable_;
  std::vector<Queue> queues_;
  EventRing events_;
  std::array<uint64_t, 192> counters_{};
  uint32_t latched_ = 0;  // high word of the counter whose low word was read last
  uint32_t faults_ = 0;
  bool fault_event_ = false;
  uint64_t now_ = 0;  // card time in cycles
  bool gone_ = false;
  bool frozen_ = false;
};

}  // namespace vam::sim

#endif  // VAM_SIM_MODEL_FUNCTIONAL_CARD_H_
