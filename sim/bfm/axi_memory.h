// AXI4 slave over host memory, for any verilated master: latency, back-pressure, reordering,
// faults, protocol checks.
//
// One instance per AXI port. Per clock, in this order: `auto in = memory.Drive()`, copy `in` to the
// pins, eval with the clock low, copy the master's pins to an AxiFromMaster, `memory.Sample(out)`,
// eval with the clock high. Byte 0 of a beat is bits [7:0] of data[0]; data buses of up to 512 bits
// (AxiMemoryConfig::bus_bytes).
//
// Visibility: what a write carries reaches host memory, and the observer, not before its last W
// beat and not after its B response is offered; with `reorder` the cycle in between is random,
// otherwise it is the last one allowed.
#ifndef VAM_SIM_BFM_AXI_MEMORY_H_
#define VAM_SIM_BFM_AXI_MEMORY_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "sim/bfm/axi_types.h"
#include "sim/bfm/host_memory.h"

namespace vam::bfm {

class AxiMemory {
 public:
  // `host` must outlive this; several ports may share it.
  AxiMemory(HostMemory* host, AxiMemoryConfig config)
      : host_(host), config_(config), rng_(config.seed) {
    Configure(config);
  }

  // Takes new knobs; bursts under way keep the latency they were given.
  void Configure(AxiMemoryConfig config) {
    config_ = config;
    read_queues_.resize(std::max<size_t>(read_queues_.size(), config.ids));
    write_queues_.resize(std::max<size_t>(write_queues_.size(), config.ids));
  }
  [[nodiscard]] const AxiMemoryConfig& config() const { return config_; }

  void Inject(AxiFault fault) { faults_.push_back(fault); }
  void ClearFaults() { faults_.clear(); }
  // Answers, as SLVERR, every burst that a kHang fault holds back.
  void ReleaseHung();

  AxiFromSlave Drive();
  void Sample(const AxiFromMaster& master);

  // No burst is under way; bursts held back by kHang count.
  [[nodiscard]] bool idle() const {
    return open_reads_ == 0 && open_writes_ == 0 && early_w_.empty();
  }
  [[nodiscard]] size_t open_reads() const { return open_reads_; }
  [[nodiscard]] size_t open_writes() const { return open_writes_; }
  [[nodiscard]] const AxiStats& stats() const { return stats_; }
  // Breaches of the AXI rules by the master, with the cycle; empty if there were none.
  [[nodiscard]] const std::vector<std::string>& violations() const { return violations_; }

 private:
  static constexpr uint64_t kNever = ~uint64_t{0};
  struct Beat {
    AxiData data;
    uint64_t strb;
  };
  struct Burst {
    uint32_t id = 0;
    uint64_t addr = 0;   // of the next beat
    uint32_t beats = 0;  // not yet moved
    uint64_t due = 0;    // cycle from which the response may be offered
    uint64_t visible = 0;
    AxiResp resp = AxiResp::kOkay;
    bool stored = false;
    std::vector<std::pair<uint64_t, Beat>> data;
  };

  void Violate(const std::string& text) {
    if (violations_.size() < 100)
      violations_.push_back(std::to_string(stats_.cycles) + ": " + text);
  }
  bool Chance(unsigned percent) { return percent != 0 && rng_() % 100 < percent; }
  // With reordering a response may come up to a quarter of the latency (or 7 cycles) away from its
  // neighbour's.
  uint64_t Delay(unsigned latency) {
    if (!config_.reorder) return latency;
    if (latency < 8) return latency + rng_() % 8;
    return latency - rng_() % (latency / 4);
  }
  AxiResp Fault(bool write, uint64_t addr, uint64_t bytes, Burst& burst);
  uint64_t CheckBurst(const char* channel, uint32_t id, uint64_t addr, uint32_t len);
  void Store(Burst& burst);
  void MakeVisible();
  void CheckStable(const AxiFromMaster& now);
  void TakeW(const Beat& beat, bool last);
  void OfferRead();
  void OfferWrite();
  int PickQueue(const std::vector<std::deque<Burst>>& queues);

  HostMemory* host_;
  AxiMemoryConfig config_;
  std::mt19937_64 rng_;
  std::vector<AxiFault> faults_;
  std::vector<std::deque<Burst>> read_queues_;   // per ID, oldest first
  std::vector<std::deque<Burst>> write_queues_;  // complete ones, waiting for visibility and B
  std::deque<Burst> collecting_;                 // AW accepted, W beats owed
  std::deque<std::pair<Beat, bool>> early_w_;    // W beats ahead of their AW
  size_t open_reads_ = 0;
  size_t open_writes_ = 0;
  AxiFromSlave out_;
  AxiFromMaster last_;
  AxiFromSlave last_out_;
  AxiStats stats_;
  std::vector<std::string> violations_;
};

inline void AxiMemory::ReleaseHung() {
  auto release = [this](Burst& burst) {
    if (burst.due == kNever) burst.due = burst.visible = stats_.cycles;
  };
  for (auto& queue : read_queues_) std::for_each(queue.begin(), queue.end(), release);
  for (auto& queue : write_queues_) std::for_each(queue.begin(), queue.end(), release);
}

inline AxiResp AxiMemory::Fault(bool write, uint64_t addr, uint64_t bytes, Burst& burst) {
  for (AxiFault& fault : faults_) {
    if (fault.write != write || addr > fault.last || addr + bytes <= fault.first) continue;
    if (fault.skip != 0) {
      --fault.skip;
      continue;
    }
    if (fault.count == 0) continue;
    --fault.count;
    if (fault.kind == AxiFault::Kind::kHang) burst.due = burst.visible = kNever;
    return fault.kind == AxiFault::Kind::kDecErr ? AxiResp::kDecErr : AxiResp::kSlvErr;
  }
  return AxiResp::kOkay;
}

// Returns the bytes that the burst spans.
inline uint64_t AxiMemory::CheckBurst(const char* channel, uint32_t id, uint64_t addr,
                                      uint32_t len) {
  const uint64_t start = addr & ~uint64_t{config_.bus_bytes - 1};
  const uint64_t bytes = (uint64_t{len} + 1) * config_.bus_bytes;
  if (id >= config_.ids)
    Violate(std::string(channel) + " id " + std::to_string(id) + " out of range");
  if (len > 255) Violate(std::string(channel) + " burst longer than 256 beats");
  if ((start ^ (start + bytes - 1)) >> 12 != 0)
    Violate(std::string(channel) + " burst crosses 4 KiB");
  return bytes;
}

inline void AxiMemory::Store(Burst& burst) {
  burst.stored = true;
  if (burst.resp != AxiResp::kOkay) return;
  for (const auto& [addr, beat] : burst.data) {
    host_->Write(addr, config_.bus_bytes, beat.data, beat.strb);
  }
}

// Within an ID in order; a write after a hung one of the same ID stays hidden too.
inline void AxiMemory::MakeVisible() {
  for (auto& queue : write_queues_) {
    for (Burst& burst : queue) {
      if (burst.stored) continue;
      if (burst.visible > stats_.cycles) break;
      Store(burst);
    }
  }
}

inline int AxiMemory::PickQueue(const std::vector<std::deque<Burst>>& queues) {
  const size_t start = config_.reorder ? rng_() % queues.size() : 0;
  int best = -1;
  for (size_t i = 0; i < queues.size(); ++i) {
    const size_t id = (start + i) % queues.size();
    if (queues[id].empty() || queues[id].front().due > stats_.cycles) continue;
    if (config_.reorder) return static_cast<int>(id);
    // In order of acceptance: the earliest due, and `due` is strictly increasing without
    // reordering.
    if (best < 0 || queues[id].front().due < queues[static_cast<size_t>(best)].front().due) {
      best = static_cast<int>(id);
    }
  }
  return best;
}

inline void AxiMemory::OfferRead() {
  if (open_reads_ == 0 || Chance(config_.r_stall)) return;
  const int id = PickQueue(read_queues_);
  if (id < 0) return;
  Burst& burst = read_queues_[static_cast<size_t>(id)].front();
  out_.r_valid = true;
  out_.r_id = burst.id;
  out_.r_resp = burst.resp;
  out_.r_data = AxiData{};
  if (burst.resp == AxiResp::kOkay) {
    const auto data = host_->Read(burst.addr, config_.bus_bytes);
    if (data) out_.r_data = *data;
    if (!data) out_.r_resp = AxiResp::kDecErr;
  }
  out_.r_last = burst.beats == 1;
}

inline void AxiMemory::OfferWrite() {
  if (open_writes_ == 0 || Chance(config_.b_stall)) return;
  const int id = PickQueue(write_queues_);
  if (id < 0) return;
  Burst& burst = write_queues_[static_cast<size_t>(id)].front();
  if (!burst.stored) Store(burst);
  out_.b_valid = true;
  out_.b_id = burst.id;
  out_.b_resp = burst.resp;
}

// The responses of this cycle. What was offered and not taken stays as it is.
inline AxiFromSlave AxiMemory::Drive() {
  MakeVisible();
  out_.ar_ready = !Chance(config_.ar_stall);
  out_.aw_ready = !Chance(config_.aw_stall);
  out_.w_ready = !Chance(config_.w_stall);
  if (!out_.r_valid) OfferRead();
  if (!out_.b_valid) OfferWrite();
  return out_;
}

inline void AxiMemory::CheckStable(const AxiFromMaster& now) {
  if (last_.ar_valid && !last_out_.ar_ready &&
      (!now.ar_valid || now.ar_id != last_.ar_id || now.ar_addr != last_.ar_addr ||
       now.ar_len != last_.ar_len)) {
    Violate("AR changed while stalled");
  }
  if (last_.aw_valid && !last_out_.aw_ready &&
      (!now.aw_valid || now.aw_id != last_.aw_id || now.aw_addr != last_.aw_addr ||
       now.aw_len != last_.aw_len)) {
    Violate("AW changed while stalled");
  }
  if (last_.w_valid && !last_out_.w_ready &&
      (!now.w_valid || now.w_data != last_.w_data || now.w_strb != last_.w_strb ||
       now.w_last != last_.w_last)) {
    Violate("W changed while stalled");
  }
}

inline void AxiMemory::TakeW(const Beat& beat, bool last) {
  Burst& burst = collecting_.front();
  if (last != (burst.beats == 1)) Violate("WLAST on the wrong beat");
  if (!host_->Writable(burst.addr, config_.bus_bytes, beat.strb) && burst.resp == AxiResp::kOkay) {
    burst.resp = AxiResp::kDecErr;
  }
  burst.data.emplace_back(burst.addr, beat);
  burst.addr += config_.bus_bytes;
  ++stats_.write_beats;
  if (--burst.beats != 0) return;
  if (burst.due != kNever) {
    burst.due = stats_.cycles + 1 + Delay(config_.write_latency);
    burst.visible = burst.due;
    if (config_.reorder) burst.visible -= rng_() % (burst.due - stats_.cycles);
  }
  if (burst.resp != AxiResp::kOkay) ++stats_.write_errors;
  write_queues_[burst.id % write_queues_.size()].push_back(std::move(burst));
  collecting_.pop_front();
}

// What passed between master and memory at this clock edge.
inline void AxiMemory::Sample(const AxiFromMaster& master) {
  CheckStable(master);
  if (out_.r_valid && master.r_ready) {
    auto& queue = read_queues_[out_.r_id % read_queues_.size()];
    ++stats_.read_beats;
    queue.front().addr += config_.bus_bytes;
    if (--queue.front().beats == 0) {
      queue.pop_front();
      --open_reads_;
    }
    out_.r_valid = false;
  }
  if (out_.b_valid && master.b_ready) {
    write_queues_[out_.b_id % write_queues_.size()].pop_front();
    --open_writes_;
    out_.b_valid = false;
  }
  if (out_.ar_ready && master.ar_valid) {
    const uint64_t bytes = CheckBurst("AR", master.ar_id, master.ar_addr, master.ar_len);
    Burst burst;
    burst.id = master.ar_id;
    burst.addr = master.ar_addr & ~uint64_t{config_.bus_bytes - 1};
    burst.beats = master.ar_len + 1;
    burst.due = stats_.cycles + 1 + Delay(config_.read_latency);
    burst.resp = Fault(false, burst.addr, bytes, burst);
    if (burst.resp != AxiResp::kOkay) ++stats_.read_errors;
    ++stats_.reads;
    ++open_reads_;
    read_queues_[burst.id % read_queues_.size()].push_back(std::move(burst));
  }
  if (out_.aw_ready && master.aw_valid) {
    const uint64_t bytes = CheckBurst("AW", master.aw_id, master.aw_addr, master.aw_len);
    Burst burst;
    burst.id = master.aw_id;
    burst.addr = master.aw_addr & ~uint64_t{config_.bus_bytes - 1};
    burst.beats = master.aw_len + 1;
    burst.resp = Fault(true, burst.addr, bytes, burst);
    ++stats_.writes;
    ++open_writes_;
    collecting_.push_back(std::move(burst));
  }
  if (out_.w_ready && master.w_valid) {
    early_w_.emplace_back(Beat{master.w_data, master.w_strb}, master.w_last);
  }
  while (!early_w_.empty() && !collecting_.empty()) {
    TakeW(early_w_.front().first, early_w_.front().second);
    early_w_.pop_front();
  }
  last_ = master;
  last_out_ = out_;
  ++stats_.cycles;
}

}  // namespace vam::bfm

#endif  // VAM_SIM_BFM_AXI_MEMORY_H_
