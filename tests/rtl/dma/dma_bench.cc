#include "tests/rtl/dma/dma_bench.h"

#include <algorithm>
#include <cstring>

#include "tests/rtl/bench.h"

namespace vam::test {

namespace {
constexpr size_t kMemory = 12u << 20;
constexpr uint8_t kGuard = 0xcc;
constexpr uint64_t kBuffers = kBase + 0x200000;
}  // namespace

DmaBench::DmaBench(const BenchConfig& config)
    : top_(MakeModel<Vdma_rtl>(config.seed)),
      memory_(kMemory, kGuard),
      data_(&host_, config.bus),
      rings_(&host_, config.bus),
      rng_(config.seed),
      path_stall_(config.path_stall) {
  host_.Map(kBase, memory_);
  host_.MapTarget(kMsi, 0x1000,
                  [this](uint64_t addr, std::span<const uint8_t> data, uint64_t strobes) {
                    if (addr != kMsi || strobes != 0xf)
                      Fail("interrupt message with wrong address or strobes");
                    uint32_t value = 0;
                    std::memcpy(&value, data.data(), 4);
                    interrupts.emplace_back(cycle_, value);
                    if (on_interrupt) on_interrupt(value);
                  });
  host_.Observe([this](uint64_t addr, std::span<const uint8_t> data, uint64_t strobes) {
    OnWrite(addr, data, strobes);
  });
  Reset();
}

// Inputs that are driven only now and then.
void DmaBench::QuietInputs() {
  top_->isolate_req_i = 0;
  top_->bus_master_en_i = 0;
  top_->cfg_we_i = 0;
  top_->doorbell_valid_i = 0;
  top_->event_enable_i = 0;
  top_->event_db_valid_i = 0;
  top_->event_valid_i = 0;
  top_->msix_enable_i = 0;
  top_->msix_mask_i = 0;
  top_->min_interval_i = 0;
  top_->irq_count_i = 0;
  top_->table_we_i = 0;
  top_->timeout_read_i = 0;
  top_->timeout_write_i = 0;
  top_->timeout_drain_i = 0;
  top_->admin_ready_i = 0;
  top_->admin_done_valid_i = 0;
  top_->meta_ready_i = 0;
  top_->beat_ready_i = 0;
  top_->result_valid_i = 0;
  top_->out_valid_i = 0;
  Connect(0, {});
  Connect(1, {});
}

DmaBench::~DmaBench() { top_->final(); }

void DmaBench::Reset() {
  QuietInputs();
  top_->por_ni = 0;
  test::Reset(*top_);  // the bus models do not see the cycles before the reset has come through
  top_->por_ni = 1;
  top_->bus_master_en_i = 1;
  Step(2);
}

void DmaBench::ForgetAll() {
  expected_.clear();
  taking_.clear();
  results_.clear();
  out_beats_.clear();
  result_held_ = out_held_ = admin_busy_ = false;
  for (HostRing& r : queues_) r = HostRing{};
}

std::string DmaBench::Errors() const {
  std::string all;
  for (const auto& e : errors) all += e + "\n";
  for (const auto& e : data_.violations()) all += "data bus " + e + "\n";
  for (const auto& e : rings_.violations()) all += "ring bus " + e + "\n";
  return all.substr(0, 2000);
}

void DmaBench::Connect(unsigned port, const bfm::AxiFromSlave& in) {
  auto bit = [port](auto& pin, bool value) {
    pin = static_cast<uint8_t>((pin & ~(1u << port)) | (unsigned{value} << port));
  };
  auto field = [port](auto& pin, unsigned width, uint32_t value) {
    const uint32_t mask = ((1u << width) - 1) << (port * width);
    pin = static_cast<std::remove_reference_t<decltype(pin)>>((pin & ~mask) |
                                                              (value << (port * width)));
  };
  bit(top_->ar_ready_i, in.ar_ready);
  bit(top_->aw_ready_i, in.aw_ready);
  bit(top_->w_ready_i, in.w_ready);
  bit(top_->r_valid_i, in.r_valid);
  bit(top_->b_valid_i, in.b_valid);
  bit(top_->r_last_i, in.r_last);
  field(top_->r_id_i, 6, in.r_id);
  field(top_->b_id_i, 6, in.b_id);
  field(top_->r_resp_i, 2, static_cast<uint32_t>(in.r_resp));
  field(top_->b_resp_i, 2, static_cast<uint32_t>(in.b_resp));
  for (unsigned i = 0; i < 4; ++i) top_->r_data_i[4 * port + i] = in.r_data[i];
}

bfm::AxiFromMaster DmaBench::Pins(unsigned port) {
  bfm::AxiFromMaster m;
  auto word64 = [port](const auto& pin) {
    return uint64_t{pin[2 * port]} | uint64_t{pin[2 * port + 1]} << 32;
  };
  m.ar_valid = top_->ar_valid_o >> port & 1;
  m.ar_id = top_->ar_id_o >> (6 * port) & 63;
  m.ar_addr = word64(top_->ar_addr_o);
  m.ar_len = top_->ar_len_o >> (8 * port) & 255;
  m.r_ready = top_->r_ready_o >> port & 1;
  m.aw_valid = top_->aw_valid_o >> port & 1;
  m.aw_id = top_->aw_id_o >> (6 * port) & 63;
  m.aw_addr = word64(top_->aw_addr_o);
  m.aw_len = top_->aw_len_o >> (8 * port) & 255;
  m.w_valid = top_->w_valid_o >> port & 1;
  for (unsigned i = 0; i < 4; ++i) m.w_data[i] = top_->w_data_o[4 * port + i];
  m.w_strb = top_->w_strb_o >> (16 * port) & 0xffff;
  m.w_last = top_->w_last_o >> port & 1;
  m.b_ready = top_->b_ready_o >> port & 1;
  return m;
}

void DmaBench::DrivePath() {
  auto stall = [this] { return path_hold || (path_stall_ != 0 && rng_() % 100 < path_stall_); };
  top_->meta_ready_i = !stall() && taking_.size() < 8;
  // Beats are taken for announced packets only.
  const bool wanted =
      std::any_of(taking_.begin(), taking_.end(), [](const PathPacket& p) { return !p.whole; });
  top_->beat_ready_i = !stall() && wanted && out_beats_.size() < 2000;
  if (!result_held_) result_held_ = !results_.empty() && !stall();
  if (!out_held_) out_held_ = !out_beats_.empty() && !stall();
  top_->result_valid_i = result_held_;
  top_->out_valid_i = out_held_;
  if (result_held_) {
    const PathPacket& p = results_.front();
    top_->result_job_i = static_cast<uint8_t>(p.job);
    top_->result_reason_i = p.fault;
    top_->result_len_i = static_cast<uint16_t>(p.fault == 0 ? p.len : 0);
    top_->result_handle_i = p.handle;
  }
  if (out_held_) {
    for (unsigned i = 0; i < 4; ++i) top_->out_data_i[i] = out_beats_.front().first[i];
    top_->out_last_i = out_beats_.front().second;
  }
  top_->event_valid_i = !events_in.empty();
  if (!events_in.empty()) {
    top_->event_kind_i = events_in.front().kind;
    top_->event_handle_i = events_in.front().sa_handle;
    top_->event_sa_id_i = events_in.front().sa_id;
    top_->event_value_i = events_in.front().value;
  }
  top_->admin_ready_i = !admin_busy_;
  top_->admin_done_valid_i = admin_busy_;
  top_->admin_done_reason_i = static_cast<uint8_t>(admin_reason);
  top_->admin_done_handle_i = 0xabc00123;
  std::memcpy(&top_->admin_done_stats_i[0], admin_stats.data(), 64);
}

void DmaBench::SamplePath() {
  if (top_->result_valid_i && top_->result_ready_o) {
    results_.pop_front();
    result_held_ = false;
  }
  if (top_->out_valid_i && top_->out_ready_o) {
    out_beats_.pop_front();
    out_held_ = false;
  }
  if (top_->event_valid_i && top_->event_ready_o) events_in.pop_front();
  if (top_->meta_valid_o && top_->meta_ready_i) {
    PathPacket p;
    p.job = top_->meta_job_o;
    p.fault = top_->meta_fault_o;
    p.len = top_->meta_src_len_o;
    p.cap = top_->meta_dst_cap_o;
    p.handle = top_->meta_handle_o;
    p.whole = p.fault != 0;
    if (fail_percent != 0 && rng_() % 100 < fail_percent && p.fault == 0) p.cap = ~0u;
    taking_.push_back(p);
  }
  if (top_->beat_valid_o && top_->beat_ready_i) {
    auto it =
        std::find_if(taking_.begin(), taking_.end(), [](const PathPacket& p) { return !p.whole; });
    if (it == taking_.end()) {
      Fail("beat without a packet");
    } else {
      std::array<uint32_t, 4> beat;
      for (unsigned i = 0; i < 4; ++i) beat[i] = top_->beat_data_o[i] ^ (0x01010101u * kTwist);
      it->beats.push_back(beat);
      const bool last = it->beats.size() == (it->len + 15) / 16;
      if (last != (top_->beat_last_o != 0)) Fail("last beat in the wrong place");
      it->whole = last;
    }
  }
  while (!taking_.empty() && taking_.front().whole) {
    PathPacket p = std::move(taking_.front());
    taking_.pop_front();
    if (p.fault == 0 && p.cap == ~0u) p.fault = static_cast<uint8_t>(Reason::kIcvFailed);
    if (p.fault == 0 && p.cap < p.len) p.fault = static_cast<uint8_t>(Reason::kDstTooSmall);
    if (p.fault == 0) {
      for (size_t i = 0; i < p.beats.size(); ++i)
        out_beats_.emplace_back(p.beats[i], i + 1 == p.beats.size());
    }
    p.beats.clear();
    results_.push_back(std::move(p));
  }
  if (top_->admin_done_valid_i && top_->admin_done_ready_o) admin_busy_ = false;
  if (top_->admin_valid_o && top_->admin_ready_i) {
    admin_busy_ = true;
    map::Sqe sqe;
    std::memcpy(&sqe, &top_->admin_sqe_o[0], sizeof sqe);
    const auto fault = static_cast<Reason>(top_->admin_fault_o);
    if (on_admin) on_admin(sqe, reinterpret_cast<const uint8_t*>(&top_->admin_ctx_o[0]), fault);
    if (fault != Reason::kOk) admin_reason = fault;
  }
}

void DmaBench::Step(unsigned cycles) {
  for (unsigned i = 0; i < cycles; ++i) {
    Connect(0, data_.Drive());
    Connect(1, rings_.Drive());
    DrivePath();
    top_->clk_i = 0;
    top_->eval();
    data_.Sample(Pins(0));
    rings_.Sample(Pins(1));
    if (top_->rst_ni) {
      SamplePath();
      if (top_->lat_valid_o) latencies.push_back(top_->lat_cycles_o);
      if (top_->counted_valid_o) ++counted[top_->counted_reason_o];
      error_pulses |= top_->error_o;
    }
    top_->clk_i = 1;
    top_->eval();
    top_->doorbell_valid_i = 0;
    top_->cfg_we_i = 0;
    top_->event_db_valid_i = 0;
    top_->table_we_i = 0;
    ++cycle_;
    if (auto_poll_ && cycle_ % 8 == 0) Poll();
  }
}

bool DmaBench::StepUntil(const std::function<bool()>& done, unsigned limit) {
  for (unsigned i = 0; i < limit && !done(); ++i) Step();
  return done();
}

void DmaBench::WriteConfig(unsigned queue, bool enable) {
  const HostRing& r = queues_[queue];
  top_->cfg_we_i = 1;
  top_->cfg_queue_i = static_cast<uint8_t>(queue);
  top_->cfg_enable_i = enable;
  top_->cfg_low_lat_i = r.low_lat;
  top_->cfg_vector_i = static_cast<uint8_t>(r.vector);
  top_->cfg_sq_log2_i = static_cast<uint8_t>(r.sq_log2);
  top_->cfg_cq_log2_i = static_cast<uint8_t>(r.cq_log2);
  top_->cfg_sq_base_i = r.sq;
  top_->cfg_cq_base_i = r.cq;
  Step();
}

void DmaBench::EnableQueue(unsigned queue, unsigned sq_log2, unsigned cq_log2, bool low_lat,
                           unsigned vector) {
  HostRing r;
  // Ring bases that are only 64-byte aligned put batches across 4 KiB boundaries.
  r.sq = kBase + 0x40000ull * queue + 64 * (queue + 1);
  r.cq = r.sq + 0x20000 + 64;
  r.sq_log2 = sq_log2;
  r.cq_log2 = cq_log2;
  r.low_lat = low_lat;
  r.vector = vector;
  std::memset(At(r.cq), 0, size_t{16} << cq_log2);
  queues_[queue] = r;
  WriteConfig(queue, true);
  Step(2);
}

void DmaBench::DisableQueue(unsigned queue) { WriteConfig(queue, false); }

bool DmaBench::QueueIdle(unsigned queue) {
  top_->cfg_queue_i = static_cast<uint8_t>(queue);
  top_->eval();
  return top_->status_idle_o;
}
bool DmaBench::QueueError(unsigned queue) {
  top_->cfg_queue_i = static_cast<uint8_t>(queue);
  top_->eval();
  return top_->status_error_o;
}
uint16_t DmaBench::SqHead(unsigned queue) {
  top_->cfg_queue_i = static_cast<uint8_t>(queue);
  top_->eval();
  return top_->status_sq_head_o;
}

void DmaBench::Push(unsigned queue, const void* slot) {
  HostRing& r = queues_[queue];
  const uint64_t index = r.tail & ((1u << r.sq_log2) - 1);
  std::memcpy(At(r.sq + 32 * index), slot, 32);
  ++r.tail;
}

unsigned DmaBench::RoomInRing(unsigned queue) const {
  const HostRing& r = queues_[queue];
  return (1u << r.sq_log2) - static_cast<uint16_t>(r.tail - r.sq_head);
}

void DmaBench::Doorbell(unsigned queue, bool cq, bool arm, uint16_t index) {
  while (top_->doorbell_valid_i) Step();
  top_->doorbell_valid_i = 1;
  top_->doorbell_cq_i = cq;
  top_->doorbell_arm_i = arm;
  top_->doorbell_queue_i = static_cast<uint8_t>(queue);
  top_->doorbell_index_i = index;
}

void DmaBench::Ring(unsigned queue) { RingAt(queue, queues_[queue].tail); }
void DmaBench::RingAt(unsigned queue, uint16_t index) {
  Doorbell(queue, false, false, index);
  Step();
}
void DmaBench::RingCq(unsigned queue, bool arm) {
  HostRing& r = queues_[queue];
  r.announced = r.head;
  Doorbell(queue, true, arm, r.head);
}

Piece DmaBench::Buffer(uint32_t len, uint32_t align, uint64_t modulo) {
  uint64_t addr = (next_free_ + 64 + modulo) / modulo * modulo + align;
  if (addr + len + 128 > kBase + kMemory) addr = kBuffers / modulo * modulo + modulo + align;
  next_free_ = addr + len;
  std::memset(At(addr) - 32, kGuard, len + 64);
  return {addr, len};
}

uint32_t DmaBench::Submit(unsigned queue, const std::vector<Piece>& src,
                          const std::vector<Piece>& dst, bool ring, bool urgent) {
  const uint32_t cookie = NextCookie();
  Expected e;
  e.queue = queue;
  e.dst = dst;
  map::Sqe sqe{};
  sqe.op = static_cast<uint8_t>(map::SqeOp::kEspOut);
  if (urgent) sqe.flags |= map::kSqeFlagUrgent;
  sqe.cookie = cookie;
  sqe.sa_handle = cookie * 7;
  for (const Piece& p : src) {
    sqe.src_len = static_cast<uint16_t>(sqe.src_len + p.len);
    for (uint32_t i = 0; i < p.len; ++i) {
      const auto byte = static_cast<uint8_t>(rng_());
      *At(p.addr + i) = byte;
      e.out.push_back(byte ^ kTwist);
    }
  }
  for (const Piece& p : dst) sqe.dst_len = static_cast<uint16_t>(sqe.dst_len + p.len);
  sqe.src = src[0].addr;
  sqe.dst = dst[0].addr;
  if (sqe.src_len > sqe.dst_len) e.reason = Reason::kDstTooSmall;
  expected_[cookie] = std::move(e);
  if (src.size() == 1 && dst.size() == 1) {
    Push(queue, &sqe);
  } else {
    map::SqeExt ext{};
    ext.src_count = static_cast<uint8_t>(src.size() > 1 ? src.size() : 0);
    ext.dst_count = static_cast<uint8_t>(dst.size() > 1 ? dst.size() : 0);
    // Half of the lists cross a 4 KiB boundary.
    const Piece list =
        Buffer(256, rng_() % 2 ? 4096 - 16 * static_cast<uint32_t>(1 + rng_() % 4) : 0, 4096);
    ext.list = list.addr;
    uint64_t at = list.addr;
    auto put = [&](const std::vector<Piece>& pieces) {
      if (pieces.size() == 1) return;
      for (const Piece& p : pieces) {
        const map::Segment seg{p.addr, p.len, 0};
        std::memcpy(At(at), &seg, 16);
        at += 16;
      }
    };
    put(src);
    put(dst);
    sqe.flags |= map::kSqeFlagExt;
    Push(queue, &sqe);
    Push(queue, &ext);
  }
  if (ring) Ring(queue);
  return cookie;
}

uint32_t DmaBench::SubmitRaw(unsigned queue, map::Sqe sqe, Reason reason, const map::SqeExt* ext,
                             bool ring) {
  sqe.cookie = NextCookie();
  Expected e;
  e.queue = queue;
  e.reason = reason;
  e.op = static_cast<map::SqeOp>(sqe.op);
  expected_[sqe.cookie] = e;
  Push(queue, &sqe);
  if (ext != nullptr) Push(queue, ext);
  if (ring) Ring(queue);
  return sqe.cookie;
}

// A completion that becomes visible must find its data in place: the ordering rule of the bus.
void DmaBench::OnWrite(uint64_t addr, std::span<const uint8_t> data, uint64_t strobes) {
  for (unsigned q = 0; q < kQueues; ++q) {
    HostRing& r = queues_[q];
    if (r.cq == 0 || addr - r.cq >= (uint64_t{16} << r.cq_log2)) continue;
    map::Cqe cqe;
    std::memcpy(&cqe, data.data(), sizeof cqe);
    if (strobes != 0xffff) Fail("completion written in parts");
    CheckCompletion(q, cqe, false);
  }
}

void DmaBench::CheckCompletion(unsigned queue, const map::Cqe& cqe, bool consumed) {
  const auto it = expected_.find(cqe.cookie);
  const std::string name = "cookie " + std::to_string(cqe.cookie) + ": ";
  if (it == expected_.end()) return Fail(name + "not expected");
  const Expected& e = it->second;
  const auto reason = static_cast<Reason>(cqe.reason);
  if (e.queue != queue) Fail(name + "in the wrong queue");
  if (reason != e.reason && !e.any_reason && !(fail_percent != 0 && reason == Reason::kIcvFailed)) {
    Fail(name + "reason " + std::to_string(cqe.reason) + ", expected " +
         std::to_string(static_cast<int>(e.reason)));
  }
  if (e.reason != Reason::kQueueReset && cqe.op != static_cast<uint8_t>(e.op))
    Fail(name + "wrong operation");
  const size_t len = reason == Reason::kOk ? e.out.size() : 0;
  if (queue != 0 && cqe.out_len != len) Fail(name + "wrong length " + std::to_string(cqe.out_len));
  size_t done = 0;
  for (const Piece& p : e.dst) {
    const size_t n = std::min<size_t>(p.len, len - done);
    if (n != 0 && std::memcmp(At(p.addr), e.out.data() + done, n) != 0) {
      Fail(name + (consumed ? "wrong data" : "visible before its data"));
    }
    uint8_t* end = At(p.addr + n);
    if (reason != Reason::kDmaWriteError && reason != Reason::kDmaTimeout) {
      if (*(At(p.addr) - 1) != kGuard || std::count(end, At(p.addr + p.len) + 16, kGuard) !=
                                             static_cast<ptrdiff_t>(p.len - n + 16)) {
        Fail(name + "wrote outside its destination");
      }
    }
    done += n;
  }
}

void DmaBench::Poll() {
  for (unsigned q = 0; q < kQueues; ++q) {
    HostRing& r = queues_[q];
    if (r.cq == 0) continue;
    while (true) {
      map::Cqe cqe;
      std::memcpy(&cqe, At(r.cq + 16 * (r.head & ((1u << r.cq_log2) - 1))), sizeof cqe);
      const bool phase = (cqe.flags & map::kCqePhase) != 0;
      if (phase == ((r.head >> r.cq_log2 & 1) != 0)) break;
      if (cqe.cookie == 0 && expected_.count(0) == 0) break;
      CheckCompletion(q, cqe, true);
      expected_.erase(cqe.cookie);
      ++completed[static_cast<Reason>(cqe.reason)];
      order.push_back(q);
      last_completion = cycle_;
      r.sq_head = cqe.sq_head;
      ++r.head;
    }
    const bool behind = static_cast<uint16_t>(r.head - r.announced) >= (1u << r.cq_log2) / 4;
    if (behind && !top_->doorbell_valid_i && auto_poll_) RingCq(q);
  }
}

}  // namespace vam::test
