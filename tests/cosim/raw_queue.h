// A queue pair driven slot by slot, without the driver: for descriptors that no driver would write.
#ifndef VAM_TESTS_COSIM_RAW_QUEUE_H_
#define VAM_TESTS_COSIM_RAW_QUEUE_H_

#include <cstring>
#include <optional>

#include "tests/cosim/bench.h"

namespace vam::test {

// Takes over a queue that the bench has not opened.
class RawQueue {
 public:
  RawQueue(Bench& bench, uint8_t index, uint8_t sq_log2 = 4, uint8_t cq_log2 = 4)
      : bench_(bench), index_(index), sq_log2_(sq_log2), cq_log2_(cq_log2) {
    sq_ = *bench.card().dma().Allocate((size_t{1} << sq_log2) * sizeof(map::Sqe), 4096);
    cq_ = *bench.card().dma().Allocate((size_t{1} << cq_log2) * sizeof(map::Cqe), 4096);
    bench.card().dma().ToDevice(cq_);
    Enable(sq_.bus, cq_.bus);
  }
  ~RawQueue() {
    Disable();
    bench_.card().dma().Free(sq_);
    bench_.card().dma().Free(cq_);
  }
  RawQueue(const RawQueue&) = delete;
  RawQueue& operator=(const RawQueue&) = delete;

  void Enable(uint64_t sq_bus, uint64_t cq_bus) {
    std::memset(cq_.host.data(), 0, cq_.host.size());
    bench_.card().dma().ToDevice(cq_);
    tail_ = head_ = 0;
    Write(map::RegQueueSqBaseLo(index_), sq_bus);
    Write(map::RegQueueSqBaseHi(index_), sq_bus >> 32);
    Write(map::RegQueueCqBaseLo(index_), cq_bus);
    Write(map::RegQueueCqBaseHi(index_), cq_bus >> 32);
    Write(map::RegQueueConfig(index_), map::kQueueConfigEnable |
                                           uint32_t{index_} << map::kQueueConfigVectorShift |
                                           uint32_t{sq_log2_} << map::kQueueConfigSqLog2Shift |
                                           uint32_t{cq_log2_} << map::kQueueConfigCqLog2Shift);
  }
  void Disable() {
    Write(map::RegQueueConfig(index_), 0);
    bench_.WaitFor([this] { return (Status() & map::kQueueStatusIdle) != 0; }, "idle queue");
  }

  template <typename Entry>
  void Put(const Entry& entry) {
    static_assert(sizeof entry == sizeof(map::Sqe));
    const size_t slot = tail_++ & ((1u << sq_log2_) - 1u);
    const hal::DmaRegion memory = sq_.Slice(slot * sizeof entry, sizeof entry);
    std::memcpy(memory.host.data(), &entry, sizeof entry);
    bench_.card().dma().Release(memory);
  }
  void Ring() { RingTail(tail_); }
  void RingTail(uint16_t tail) { Doorbell(map::RegDoorbellSqTail(index_), tail); }
  void RingHead(uint16_t head) { Doorbell(map::RegDoorbellCqHead(index_), head); }
  void Arm() { Doorbell(map::RegDoorbellCqHeadArm(index_), head_); }

  // The next completion if it is there. Does not tell the card that it was read: see Consume.
  std::optional<map::Cqe> Look() {
    const size_t slot = head_ & ((1u << cq_log2_) - 1u);
    const hal::DmaRegion memory = cq_.Slice(slot * sizeof(map::Cqe), sizeof(map::Cqe));
    const uint32_t last = bench_.card().dma().Acquire(memory);
    if ((last >> 31 != 0) != ((head_ >> cq_log2_ & 1) == 0)) return std::nullopt;
    map::Cqe cqe;
    std::memcpy(&cqe, memory.host.data(), sizeof cqe);
    ++head_;
    return cqe;
  }
  void Consume() { RingHead(head_); }
  // Waits for the next completion and consumes it.
  map::Cqe Next() {
    std::optional<map::Cqe> cqe;
    bench_.WaitFor(
        [&] {
          cqe = Look();
          return cqe.has_value();
        },
        "completion");
    Consume();
    return cqe.value_or(map::Cqe{});
  }

  uint32_t Status() {
    return bench_.device().registers().Read(map::BlockType::kQueues, map::RegQueueStatus(index_));
  }
  uint16_t tail() const { return tail_; }
  uint64_t sq_bus() const { return sq_.bus; }
  uint64_t cq_bus() const { return cq_.bus; }

 private:
  void Write(uint32_t offset, uint64_t value) {
    bench_.device().registers().Write(map::BlockType::kQueues, offset,
                                      static_cast<uint32_t>(value));
  }
  void Doorbell(uint32_t offset, uint16_t index) {
    bench_.device().registers().Write(map::BlockType::kDoorbells, offset, index);
  }

  Bench& bench_;
  const uint8_t index_;
  const uint8_t sq_log2_;
  const uint8_t cq_log2_;
  hal::DmaRegion sq_;
  hal::DmaRegion cq_;
  uint16_t tail_ = 0;
  uint16_t head_ = 0;
};

}  // namespace vam::test

#endif  // VAM_TESTS_COSIM_RAW_QUEUE_H_
