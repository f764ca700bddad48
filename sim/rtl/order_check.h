// Watches that a card announces nothing before it is there: no completion before the result it
// reports, no interrupt before the entry it stands for.
#ifndef VAM_SIM_RTL_ORDER_CHECK_H_
#define VAM_SIM_RTL_ORDER_CHECK_H_

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "driver/gen/vam_layouts.h"
#include "driver/gen/vam_regs.h"

namespace vam::sim {

// Learns the rings and the destinations of descriptors by listening to BAR0 and to what writes
// become visible, so it needs no help from driver or card. Results into destinations that overlap
// those of other descriptors in flight are not judged.
class OrderCheck {
 public:
  // Copies host memory at a bus address; false if it is not mapped.
  using ReadHost = std::function<bool(uint64_t addr, std::span<uint8_t> to)>;

  explicit OrderCheck(ReadHost read_host) : read_host_(std::move(read_host)) {}

  // A register write, before the card sees it.
  void BarWrite(uint32_t offset, uint32_t value);
  // The card was reset by other means than a register.
  void Reset();
  // A beat (16 bytes at a multiple of 16) became visible; bit i of strb: byte i was written.
  void Visible(uint64_t addr, std::span<const uint8_t> beat, uint64_t strb);
  // An interrupt message became visible.
  void Message(uint64_t addr, uint32_t data);

  // What was announced too early; empty if nothing was.
  [[nodiscard]] const std::vector<std::string>& violations() const { return violations_; }

 private:
  static constexpr unsigned kQueues = map::kNumQueueConfig;
  static constexpr unsigned kVectors = map::kNumMsixEntryAddrLo;

  struct Extent {
    uint64_t size;
    uint64_t seen;  // bytes that became visible
  };
  struct Job {
    std::vector<uint64_t> extents;  // starts in extents_, in the order of the destination
    bool judged = true;
  };
  // A ring the card produces into: completions or events.
  struct Ring {
    bool enable = false;
    uint32_t vector = 0;
    uint64_t base = 0;
    uint64_t bytes = 0;
    uint16_t visible = 0;           // entries, free-running
    std::optional<uint16_t> armed;  // index of the last arming, while no entry is behind it
  };
  struct Queue {
    Ring cq;
    uint64_t sq_base = 0;
    uint32_t sq_slots = 0;
    uint16_t sq_tail = 0;
    std::unordered_multimap<uint32_t, Job> jobs;  // by cookie
  };

  void QueueWrite(unsigned queue, uint32_t reg, uint32_t value);
  void EventWrite(uint32_t offset, uint32_t value);
  void Submitted(Queue& queue, uint16_t tail);
  Job MakeJob(const map::Sqe& sqe, const map::SqeExt& ext);
  void AddExtent(Job& job, uint64_t start, uint64_t size);
  bool Finish(const Job& job, uint32_t out_len);
  void NoteResult(uint64_t addr, uint64_t strb);
  void Completed(unsigned number, Queue& queue, std::span<const uint8_t> beat);
  void Arm(Ring& ring, uint16_t index);
  void Entry(Ring& ring);
  void Allow(Ring& ring);
  void Violate(std::string text);

  ReadHost read_host_;
  std::array<Queue, kQueues> queues_;
  Ring events_;
  std::array<uint64_t, kVectors> message_addr_{};
  std::array<uint32_t, kVectors> message_data_{};
  // Messages that may come: one for each arming that found an entry, or has got one since.
  std::array<uint64_t, kVectors> allowed_{};
  std::map<uint64_t, Extent> extents_;  // destinations in flight, by bus address
  std::vector<std::string> violations_;
};

}  // namespace vam::sim

#endif  // VAM_SIM_RTL_ORDER_CHECK_H_
