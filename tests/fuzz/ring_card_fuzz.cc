// The card distrusts the host: whatever stands in descriptors, lists, contexts and doorbells, the
// functional card answers each descriptor once, counts it once, and goes on.
//
// The input: 1 byte of flags (bit 0: admin queue instead of a data queue), then slots of 32 bytes.
// Addresses are folded into a small memory, or left as they are where bit 1 of the flags says so;
// memory holds the input over and over, so that lists and contexts are fuzzed too. Bit 2: the tail
// doorbell jumps.
#include <array>
#include <cstdint>
#include <cstring>
#include <span>

#include "driver/gen/vam_regs.h"
#include "sim/model/model_card.h"
#include "sw/base/check.h"

namespace vam::sim {
namespace {

constexpr size_t kSlots = 64;
constexpr size_t kPoolBytes = 32768;
constexpr uint32_t kSqLog2 = 6;
constexpr uint32_t kCqLog2 = 7;

class Target {
 public:
  void Run(std::span<const uint8_t> input) {
    if (input.size() < 1 + sizeof(map::Sqe)) return;
    const uint8_t flags = input[0];
    const uint32_t queue = (flags & 1) != 0 ? 0 : 1;
    input = input.subspan(1);
    Setup(queue, input);
    const size_t count = std::min(kSlots, input.size() / sizeof(map::Sqe));
    for (size_t i = 0; i < count; ++i) {
      map::Sqe sqe;
      std::memcpy(&sqe, input.data() + i * sizeof sqe, sizeof sqe);
      if ((flags & 2) == 0) {
        sqe.src = pool_.bus + sqe.src % kPoolBytes;
        sqe.dst = pool_.bus + sqe.dst % kPoolBytes;
      }
      std::memcpy(sq_.host.data() + i * sizeof sqe, &sqe, sizeof sqe);
    }
    const uint32_t tail = (flags & 4) != 0 ? flags * 257u : static_cast<uint32_t>(count);
    bar_.Write32(map::RegDoorbellSqTail(queue), tail);
    for (int i = 0; i < 16; ++i) card_.Relax();
    Check(queue, count, (flags & 4) != 0);
  }

 private:
  void Setup(uint32_t queue, std::span<const uint8_t> input) {
    for (size_t i = 0; i < kPoolBytes; ++i) pool_.host[i] = input[i % input.size()];
    AddSas();
    bar_.Write32(map::RegQueueSqBaseLo(queue), static_cast<uint32_t>(sq_.bus));
    bar_.Write32(map::RegQueueSqBaseHi(queue), static_cast<uint32_t>(sq_.bus >> 32));
    bar_.Write32(map::RegQueueCqBaseLo(queue), static_cast<uint32_t>(cq_.bus));
    bar_.Write32(map::RegQueueCqBaseHi(queue), static_cast<uint32_t>(cq_.bus >> 32));
    bar_.Write32(map::RegQueueConfig(queue), map::kQueueConfigEnable |
                                                 kSqLog2 << map::kQueueConfigSqLog2Shift |
                                                 kCqLog2 << map::kQueueConfigCqLog2Shift);
  }

  // An outbound, an inbound and a raw SA at indices 0 to 2, so that packets get somewhere.
  void AddSas() {
    std::array<map::SaCtx, 3> ctx{};
    for (size_t i = 0; i < ctx.size(); ++i) {
      ctx[i].version = 1;
      ctx[i].suite = 1;
      ctx[i].icv_len = 16;
      ctx[i].proto = 50;
      ctx[i].spi = 0x100;
      ctx[i].inbound = i == 1 ? 1 : 0;
      ctx[i].mode = i == 2 ? 2 : 0;
    }
    for (size_t i = 0; i < ctx.size(); ++i) {
      const hal::DmaRegion memory = *card_.dma().Allocate(sizeof(map::SaCtx), 64);
      std::memcpy(memory.host.data(), &ctx[i], sizeof ctx[i]);
      map::Sqe sqe{};
      sqe.op = static_cast<uint8_t>(map::SqeOp::kSaAdd);
      sqe.src_len = sizeof(map::SaCtx);
      sqe.src = memory.bus;
      sqe.sa_handle = static_cast<uint32_t>(i);
      std::memcpy(sq_.host.data() + i * sizeof sqe, &sqe, sizeof sqe);
    }
    bar_.Write32(map::RegQueueSqBaseLo(0), static_cast<uint32_t>(sq_.bus));
    bar_.Write32(map::RegQueueSqBaseHi(0), static_cast<uint32_t>(sq_.bus >> 32));
    bar_.Write32(map::RegQueueCqBaseLo(0), static_cast<uint32_t>(cq_.bus));
    bar_.Write32(map::RegQueueCqBaseHi(0), static_cast<uint32_t>(cq_.bus >> 32));
    bar_.Write32(map::RegQueueConfig(0), map::kQueueConfigEnable |
                                             kSqLog2 << map::kQueueConfigSqLog2Shift |
                                             kCqLog2 << map::kQueueConfigCqLog2Shift);
    bar_.Write32(map::RegDoorbellSqTail(0), 3);
    VAM_CHECK(bar_.Read32(map::kRegCtrlSaCount) == 3);
    bar_.Write32(map::RegQueueConfig(0), 0);
    std::memset(cq_.host.data(), 0, cq_.host.size());
  }

  void Check(uint32_t queue, size_t count, bool wild) {
    const uint32_t indices = bar_.Read32(map::RegQueueIndices(queue));
    const uint32_t answered = indices >> map::kQueueIndicesCqTailShift;
    const bool error = (bar_.Read32(map::RegQueueStatus(queue)) & map::kQueueStatusError) != 0;
    if (!wild) {
      VAM_CHECK(!error && (indices & map::kQueueIndicesSqHead) == count);
      VAM_CHECK(answered <= count);
    }
    uint64_t counted = 0;
    for (unsigned i = 0; i < map::kNumCountersReason; ++i) {
      counted += bar_.Read64(map::RegCountersReason(i));
    }
    VAM_CHECK(counted == (queue == 0 ? 0 : answered));
    for (uint32_t i = 0; i < answered && i < 1u << kCqLog2; ++i) {
      map::Cqe cqe;
      std::memcpy(&cqe, cq_.host.data() + i * sizeof cqe, sizeof cqe);
      VAM_CHECK((cqe.flags & map::kCqePhase) != 0 && cqe.reason < 64);
      VAM_CHECK(cqe.reason == 0 || cqe.out_len == 0);
    }
    // The card still works.
    bar_.Write32(map::kRegCtrlControl, map::kCtrlControlSoftReset);
    VAM_CHECK((bar_.Read32(map::kRegCtrlStatus) & map::kCtrlStatusReady) != 0);
    VAM_CHECK(bar_.Read32(map::kRegCtrlSaCount) == 0);
  }

  ModelCard card_;
  hal::Bar& bar_ = card_.bar();
  hal::DmaRegion sq_ = *card_.dma().Allocate(kSlots * sizeof(map::Sqe), 4096);
  hal::DmaRegion cq_ = *card_.dma().Allocate((size_t{1} << kCqLog2) * sizeof(map::Cqe), 4096);
  hal::DmaRegion pool_ = *card_.dma().Allocate(kPoolBytes, 4096);
};

}  // namespace
}  // namespace vam::sim

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  vam::sim::Target().Run({data, size});
  return 0;
}
