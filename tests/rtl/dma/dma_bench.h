// Bench of the DMA engine: a host with rings and buffers over two AXI ports, and a loop-back in
// place of the packet path.
#ifndef VAM_TESTS_RTL_DMA_DMA_BENCH_H_
#define VAM_TESTS_RTL_DMA_DMA_BENCH_H_

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "Vdma_rtl.h"
#include "driver/gen/vam_layouts.h"
#include "sim/bfm/axi_memory.h"
#include "sim/bfm/host_memory.h"
#include "sw/base/gen/vam_reason.h"

namespace vam::test {

// Queue 0 is the admin queue.
inline constexpr unsigned kQueues = 5;
inline constexpr uint64_t kBase = 0x7'3000'0000;  // host memory on the bus
inline constexpr uint64_t kMsi = 0xfee0'0000;
// What the loop-back does to every byte: a copy that went round the packet path would be seen.
inline constexpr uint8_t kTwist = 0x5a;

struct Piece {
  uint64_t addr;
  uint32_t len;
};

// A packet that the host has submitted and what must become of it.
struct Expected {
  unsigned queue = 0;
  map::SqeOp op = map::SqeOp::kEspOut;
  Reason reason = Reason::kOk;
  bool any_reason = false;
  std::vector<Piece> dst;
  std::vector<uint8_t> out;
};

struct BenchConfig {
  bfm::AxiMemoryConfig bus = {};
  unsigned path_stall = 0;  // percent of cycles in which the loop-back takes or gives nothing
  uint64_t seed = 1;
};

class DmaBench {
 public:
  explicit DmaBench(const BenchConfig& config);
  ~DmaBench();

  void Step(unsigned cycles = 1);
  // Steps until `done` or `limit` cycles are over; returns done().
  bool StepUntil(const std::function<bool()>& done, unsigned limit = 20000);
  void Reset();

  // Rings. Returns the bus address of the submission ring.
  void EnableQueue(unsigned queue, unsigned sq_log2, unsigned cq_log2, bool low_lat = false,
                   unsigned vector = 0);
  void DisableQueue(unsigned queue);
  bool QueueIdle(unsigned queue);
  bool QueueError(unsigned queue);
  uint16_t SqHead(unsigned queue);
  void Push(unsigned queue, const void* slot);  // 32 bytes at the tail
  void Ring(unsigned queue);                    // submission doorbell
  void RingAt(unsigned queue, uint16_t index);
  void RingCq(unsigned queue, bool arm = false);
  unsigned RoomInRing(unsigned queue) const;
  // Takes new completions and checks each; automatic consumption rings the doorbell every `batch`.
  void Poll();
  void SetAutoPoll(bool on) { auto_poll_ = on; }

  // Buffers with guard bytes around them. `align` is the address modulo 16 (or 4096 with page).
  Piece Buffer(uint32_t len, uint32_t align, uint64_t modulo = 16);
  uint8_t* At(uint64_t addr) { return memory_.data() + (addr - kBase); }

  // Submits a packet of one piece or of segments on either side; returns its cookie.
  uint32_t Submit(unsigned queue, const std::vector<Piece>& src, const std::vector<Piece>& dst,
                  bool ring = true, bool urgent = false);
  // Submits raw slots that must end with this reason.
  uint32_t SubmitRaw(unsigned queue, map::Sqe sqe, Reason reason, const map::SqeExt* ext = nullptr,
                     bool ring = true);
  void Expect(uint32_t cookie, Expected expected) { expected_[cookie] = std::move(expected); }
  Expected& expected(uint32_t cookie) { return expected_[cookie]; }
  // The card will not answer this one.
  void Forget(uint32_t cookie) { expected_.erase(cookie); }
  // After a reset: nothing is under way, neither in the rings nor in the loop-back.
  void ForgetAll();
  uint32_t NextCookie() { return next_cookie_++; }
  [[nodiscard]] size_t open() const { return expected_.size(); }
  bool Drain(unsigned limit = 200000) {
    return StepUntil([this] { return expected_.empty(); }, limit);
  }

  Vdma_rtl* top() { return top_.get(); }
  bfm::HostMemory& host() { return host_; }
  bfm::AxiMemory& data() { return data_; }
  bfm::AxiMemory& rings() { return rings_; }
  std::mt19937_64& rng() { return rng_; }
  [[nodiscard]] uint64_t cycle() const { return cycle_; }

  std::vector<std::string> errors;       // every broken expectation, with its cycle
  std::map<Reason, uint64_t> completed;  // seen in completions
  std::map<uint8_t, uint64_t> counted;   // pulses for counters
  std::vector<std::pair<uint64_t, uint32_t>> interrupts;  // cycle, data
  std::vector<unsigned> order;                            // queues in order of completion
  std::vector<uint32_t> latencies;
  uint64_t last_completion = 0;  // cycle
  std::function<void(uint32_t)> on_interrupt;
  std::function<void(map::Sqe, const uint8_t* ctx, Reason fault)> on_admin;
  Reason admin_reason = Reason::kOk;
  std::array<uint8_t, 64> admin_stats{};
  std::deque<map::EventEntry> events_in;
  // Chance in percent that the loop-back ends a good packet with kIcvFailed.
  unsigned fail_percent = 0;
  bool path_hold = false;
  unsigned error_pulses = 0;

  void Fail(const std::string& text) { errors.push_back(std::to_string(cycle_) + ": " + text); }
  std::string Errors() const;

 private:
  void QuietInputs();
  struct HostRing {
    uint64_t sq = 0, cq = 0;
    unsigned sq_log2 = 0, cq_log2 = 0;
    uint16_t tail = 0;       // submission, host
    uint16_t head = 0;       // completion, host
    uint16_t announced = 0;  // completion doorbell
    uint16_t sq_head = 0;    // as the card last said
    uint16_t visible = 0;    // completions that have reached memory
    bool armed = false;
    bool low_lat = false;
    unsigned vector = 0;
  };
  struct PathPacket {
    unsigned job = 0;
    uint8_t fault = 0;
    uint32_t len = 0;
    uint32_t cap = 0;
    uint32_t handle = 0;
    std::vector<std::array<uint32_t, 4>> beats;
    bool whole = false;
  };

  void Connect(unsigned port, const bfm::AxiFromSlave& in);
  bfm::AxiFromMaster Pins(unsigned port);
  void DrivePath();
  void SamplePath();
  void OnWrite(uint64_t addr, std::span<const uint8_t> data, uint64_t strobes);
  void CheckCompletion(unsigned queue, const map::Cqe& cqe, bool consumed);
  void WriteConfig(unsigned queue, bool enable);
  void Doorbell(unsigned queue, bool cq, bool arm, uint16_t index);

  std::unique_ptr<Vdma_rtl> top_;
  std::vector<uint8_t> memory_;
  bfm::HostMemory host_;
  bfm::AxiMemory data_;
  bfm::AxiMemory rings_;
  std::mt19937_64 rng_;
  unsigned path_stall_;
  uint64_t cycle_ = 0;
  uint64_t next_free_ = kBase + 0x200000;
  uint32_t next_cookie_ = 1;
  bool auto_poll_ = true;
  std::array<HostRing, kQueues> queues_{};
  std::map<uint32_t, Expected> expected_;
  std::deque<PathPacket> taking_;   // announced, beats to come
  std::deque<PathPacket> results_;  // records to give
  std::deque<std::pair<std::array<uint32_t, 4>, bool>> out_beats_;
  bool result_held_ = false;
  bool out_held_ = false;
  bool admin_busy_ = false;
};

}  // namespace vam::test

#endif  // VAM_TESTS_RTL_DMA_DMA_BENCH_H_
