// A small host for the whole card: memory, rings and registers by hand, so that the card is tested
// without the driver.
#ifndef VAM_TESTS_RTL_TOP_HOST_H_
#define VAM_TESTS_RTL_TOP_HOST_H_

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "driver/gen/vam_layouts.h"
#include "driver/gen/vam_regs.h"
#include "sim/rtl/rtl_card.h"
#include "sw/base/gen/vam_reason.h"
#include "tests/rtl/esp/packet_builder.h"
#include "tests/support/seed.h"

namespace vam::toptest {

using Bytes = std::vector<uint8_t>;

// Memory is one block; rings stand at its start, packets behind them.
class Host {
 public:
  static constexpr uint64_t kBus = 0x2'0000'0000;
  static constexpr unsigned kQueues = 3;  // admin and two data queues
  static constexpr unsigned kLog2 = 8;
  static constexpr unsigned kSlots = 1u << kLog2;
  static constexpr unsigned kReadyPolls = 10000;
  static constexpr unsigned kWaitCycles = 20000;
  static constexpr uint64_t kBuffers = 0x20000;

  explicit Host(const sim::RtlKnobs& knobs = {}) : card_(Config(knobs)), memory_(4u << 20) {
    card_.Map(kBus, memory_);
    card_.OnMessage([this](uint64_t, uint32_t data) { ++messages_[data]; });
    WaitReady();
    Start();
  }
  ~Host() {
    for (const std::string& text : card_.violations()) ADD_FAILURE() << text;
  }

  sim::RtlCard& card() { return card_; }
  std::span<uint8_t> At(uint64_t offset, size_t size) {
    return std::span(memory_).subspan(offset, size);
  }
  uint64_t messages(uint32_t vector) { return messages_[vector]; }

  void WaitReady() {
    for (unsigned i = 0; i < kReadyPolls; ++i) {
      if ((card_.ReadBar(map::kRegCtrlStatus) & map::kCtrlStatusReady) != 0) return;
      card_.Step(16);
    }
    FAIL() << "the card does not get ready";
  }

  // Enables rings and event ring; vector = queue, the event ring has vector 7.
  void Start() {
    for (unsigned q = 0; q < kQueues; ++q) {
      queues_[q] = {};
      std::memset(&memory_[CqOffset(q)], 0, kSlots * sizeof(map::Cqe));
      Write64(map::RegQueueSqBaseLo(q), kBus + SqOffset(q));
      Write64(map::RegQueueCqBaseLo(q), kBus + CqOffset(q));
      card_.WriteBar(map::RegQueueConfig(q), map::kQueueConfigEnable |
                                                 q << map::kQueueConfigVectorShift |
                                                 kLog2 << map::kQueueConfigSqLog2Shift |
                                                 kLog2 << map::kQueueConfigCqLog2Shift);
    }
    std::memset(&memory_[kEvents], 0, kSlots * sizeof(map::EventEntry));
    events_ = 0;
    Write64(map::kRegEventRingBaseLo, kBus + kEvents);
    card_.WriteBar(map::kRegEventRingConfig, map::kEventRingConfigEnable |
                                                 7u << map::kEventRingConfigVectorShift |
                                                 kLog2 << map::kEventRingConfigLog2Shift);
    for (unsigned v = 0; v < 8; ++v) {
      Write64(map::RegMsixEntryAddrLo(v), sim::kMessageBase + 4 * v);
      card_.WriteBar(map::RegMsixEntryData(v), v);
      card_.WriteBar(map::RegMsixEntryControl(v), 0);
    }
  }

  void Push(unsigned q, const map::Sqe& sqe) {
    Queue& queue = queues_[q];
    std::memcpy(&memory_[SqOffset(q) + (queue.tail++ % kSlots) * sizeof(sqe)], &sqe, sizeof(sqe));
  }
  void PushExt(unsigned q, const map::Sqe& sqe, const map::SqeExt& ext) {
    Push(q, sqe);
    map::Sqe second{};
    std::memcpy(&second, &ext, sizeof(second));
    Push(q, second);
  }
  void Ring(unsigned q) { card_.WriteBar(map::RegDoorbellSqTail(q), queues_[q].tail); }
  void Release(unsigned q) { card_.WriteBar(map::RegDoorbellCqHead(q), queues_[q].head); }
  void Arm(unsigned q) { card_.WriteBar(map::RegDoorbellCqHeadArm(q), queues_[q].head); }

  // The next completion, if it is there.
  std::optional<map::Cqe> Poll(unsigned q) {
    Queue& queue = queues_[q];
    map::Cqe cqe{};
    std::memcpy(&cqe, &memory_[CqOffset(q) + (queue.head % kSlots) * sizeof(cqe)], sizeof(cqe));
    const bool phase = (cqe.flags & map::kCqePhase) != 0;
    if (phase != ((queue.head / kSlots) % 2 == 0)) return std::nullopt;
    ++queue.head;
    return cqe;
  }
  // The next completion; tells the card that it was read if `release`.
  map::Cqe Wait(unsigned q, bool release = true) {
    for (unsigned i = 0; i < kWaitCycles; ++i) {
      if (const auto cqe = Poll(q)) {
        if (release) card_.WriteBar(map::RegDoorbellCqHead(q), queues_[q].head);
        return *cqe;
      }
      card_.Step(1);
    }
    ADD_FAILURE() << "no completion on queue " << q;
    return {};
  }
  map::Cqe Do(unsigned q, const map::Sqe& sqe) {
    Push(q, sqe);
    Ring(q);
    return Wait(q);
  }
  std::optional<map::EventEntry> PollEvent() {
    map::EventEntry event{};
    std::memcpy(&event, &memory_[kEvents + (events_ % kSlots) * sizeof(event)], sizeof(event));
    const bool phase = (event.flags & map::kEventEntryPhase) != 0;
    if (phase != ((events_ / kSlots) % 2 == 0)) return std::nullopt;
    ++events_;
    return event;
  }

  // Adds the SA; its generation is taken from the answer.
  Reason AddSa(esptest::Sa& sa);
  map::SaStats Query(uint32_t handle);

  uint64_t Counter(uint32_t offset) {
    const uint64_t low = card_.ReadBar(offset);
    return low | uint64_t{card_.ReadBar(offset + 4)} << 32;
  }

  // A packet operation; `src` and `dst` are offsets in the host's memory.
  static map::Sqe Operation(map::SqeOp op, uint64_t src, size_t src_len, uint64_t dst,
                            size_t dst_len, uint32_t handle, uint32_t cookie) {
    map::Sqe sqe{};
    sqe.op = static_cast<uint8_t>(op);
    sqe.src_len = static_cast<uint16_t>(src_len);
    sqe.dst_len = static_cast<uint16_t>(dst_len);
    sqe.sa_handle = handle;
    sqe.cookie = cookie;
    sqe.src = kBus + src;
    sqe.dst = kBus + dst;
    return sqe;
  }

 private:
  struct Queue {
    uint16_t tail = 0;
    uint16_t head = 0;
  };
  static constexpr uint64_t kEvents = 0x18000;
  static constexpr uint64_t kScratch = 0x1f000;
  static uint64_t SqOffset(unsigned q) { return uint64_t{q} * 0x4000; }
  static uint64_t CqOffset(unsigned q) { return uint64_t{q} * 0x4000 + 0x2000; }
  static sim::RtlConfig Config(sim::RtlKnobs knobs) {
    knobs.seed = test::TestSeed();
    sim::RtlConfig config;
    config.knobs = knobs;
    return config;
  }
  void Write64(uint32_t offset, uint64_t value) {
    card_.WriteBar(offset, static_cast<uint32_t>(value));
    card_.WriteBar(offset + 4, static_cast<uint32_t>(value >> 32));
  }

  sim::RtlCard card_;
  Bytes memory_;
  std::array<Queue, kQueues> queues_{};
  uint16_t events_ = 0;
  std::map<uint32_t, uint64_t> messages_;
};

}  // namespace vam::toptest

#endif  // VAM_TESTS_RTL_TOP_HOST_H_
