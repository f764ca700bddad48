#include "driver/ring/queue_ring.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace vam::driver {
namespace {

constexpr uint8_t kMinLog2 = 3;
constexpr uint8_t kMaxLog2 = 12;
// The card wants rings aligned to 64 bytes; a page keeps bursts of a small ring out of the next
// one's.
constexpr size_t kRingAlign = 4096;
constexpr size_t kListBytes = 2 * kMaxSegments * sizeof(map::Segment);
constexpr uint64_t kCardReasons = [] {
  uint64_t bits = 0;
  for (const ReasonInfo& info : kReasons) {
    if (static_cast<unsigned>(info.reason) < 64) bits |= 1ull << static_cast<unsigned>(info.reason);
  }
  return bits;
}();

uint64_t TotalSize(const BusRange& single, std::span<const BusRange> segments) {
  if (segments.empty()) return single.size;
  uint64_t total = 0;
  for (const BusRange& s : segments) total += s.size;
  return total;
}

bool IsRaw(map::SqeOp op) { return op == map::SqeOp::kRawSeal || op == map::SqeOp::kRawOpen; }

bool IsExtended(const Submission& s) {
  return s.raw != nullptr || !s.src_segments.empty() || !s.dst_segments.empty();
}

}  // namespace

QueueRing::QueueRing(hal::Dma& dma, const Config& config) : dma_(&dma), config_(config) {}

QueueRing::QueueRing(QueueRing&& other) noexcept
    : dma_(std::exchange(other.dma_, nullptr)),
      config_(other.config_),
      sq_(other.sq_),
      cq_(other.cq_),
      lists_(other.lists_),
      ops_(std::move(other.ops_)),
      free_ops_(std::move(other.free_ops_)),
      in_flight_(other.in_flight_),
      sq_tail_(other.sq_tail_),
      sq_published_(other.sq_published_),
      sq_head_(other.sq_head_),
      cq_head_(other.cq_head_),
      failed_(other.failed_) {}

QueueRing::~QueueRing() {
  if (dma_ != nullptr) ReleaseMemory();
}

void QueueRing::ReleaseMemory() {
  for (const hal::DmaRegion* region : {&sq_, &cq_, &lists_}) {
    if (!region->host.empty()) dma_->Free(*region);
  }
}

Result<QueueRing> QueueRing::Create(hal::Dma& dma, const Config& config) {
  const auto in_range = [](uint8_t log2) { return log2 >= kMinLog2 && log2 <= kMaxLog2; };
  if (!in_range(config.sq_log2) || !in_range(config.cq_log2)) {
    return Err(ErrorCode::kInvalidArgument, "ring size out of range");
  }
  QueueRing ring(dma, config);
  VAM_TRY(ring.sq_, dma.Allocate(ring.sq_slots() * sizeof(map::Sqe), kRingAlign));
  VAM_TRY(ring.cq_, dma.Allocate(ring.cq_slots() * sizeof(map::Cqe), kRingAlign));
  VAM_TRY(ring.lists_, dma.Allocate(ring.cq_slots() * kListBytes, kRingAlign));
  ring.ops_.resize(ring.cq_slots());
  ring.free_ops_.reserve(ring.cq_slots());
  ring.Restart();
  return ring;
}

void QueueRing::Restart() {
  std::memset(cq_.host.data(), 0, cq_.host.size());
  dma_->Release(cq_);
  free_ops_.clear();
  for (size_t i = ops_.size(); i > 0; --i) free_ops_.push_back(static_cast<uint16_t>(i - 1));
  for (Op& op : ops_) op.used = false;
  in_flight_ = 0;
  sq_tail_ = sq_published_ = sq_head_ = cq_head_ = 0;
  failed_ = false;
}

size_t QueueRing::free_slots() const {
  return static_cast<size_t>(sq_slots() - static_cast<uint16_t>(sq_tail_ - sq_head_));
}

Status QueueRing::CheckSubmission(const Submission& s) const {
  if (s.src_segments.size() > kMaxSegments || s.dst_segments.size() > kMaxSegments) {
    return Err(ErrorCode::kInvalidArgument, "too many segments");
  }
  if (s.raw == nullptr ? IsRaw(s.op) : !IsRaw(s.op)) {
    return Err(ErrorCode::kInvalidArgument, "raw operations, and only they, need raw fields");
  }
  if (TotalSize(s.src, s.src_segments) > UINT16_MAX ||
      TotalSize(s.dst, s.dst_segments) > UINT16_MAX) {
    return Err(ErrorCode::kInvalidArgument, "lengths do not fit a descriptor");
  }
  return Ok();
}

Status QueueRing::Push(const Submission& s) {
  if (failed_) return Err(ErrorCode::kDevice, "the ring has failed");
  VAM_TRY_STATUS(CheckSubmission(s));
  const bool extended = IsExtended(s);
  if (free_ops_.empty() || free_slots() < (extended ? 2u : 1u)) {
    return Err(ErrorCode::kExhausted, "the ring is full");
  }
  const uint16_t index = free_ops_.back();
  free_ops_.pop_back();
  Op& op = ops_[index];
  op.cookie = s.cookie;
  op.sa_handle = s.sa_handle;
  op.dst_size = static_cast<uint32_t>(TotalSize(s.dst, s.dst_segments));
  op.op = s.op;
  op.used = true;
  ++op.serial;
  ++in_flight_;

  map::Sqe sqe{};
  sqe.op = static_cast<uint8_t>(s.op);
  sqe.flags = static_cast<uint8_t>((extended ? map::kSqeFlagExt : 0) |
                                   (s.urgent ? map::kSqeFlagUrgent : 0));
  sqe.src_len = static_cast<uint16_t>(TotalSize(s.src, s.src_segments));
  sqe.dst_len = static_cast<uint16_t>(op.dst_size);
  sqe.vrf_tag = s.vrf_tag;
  sqe.sa_handle = s.sa_handle;
  sqe.cookie = static_cast<uint32_t>(op.serial) << 16 | index;
  sqe.src = s.src.addr;
  sqe.dst = s.dst.addr;
  WriteSlot(sq_tail_++, &sqe);
  if (extended) {
    const map::SqeExt ext = MakeExt(s, index);
    WriteSlot(sq_tail_++, &ext);
  }
  return Ok();
}

void QueueRing::WriteSlot(uint16_t index, const void* entry) {
  const size_t slot = index & (sq_slots() - 1u);
  std::memcpy(sq_.host.data() + slot * sizeof(map::Sqe), entry, sizeof(map::Sqe));
}

map::SqeExt QueueRing::MakeExt(const Submission& s, uint16_t op_index) {
  map::SqeExt ext{};
  ext.src_count = static_cast<uint8_t>(s.src_segments.size());
  ext.dst_count = static_cast<uint8_t>(s.dst_segments.size());
  if (s.raw != nullptr) {
    ext.aad_len = s.raw->aad_size;
    ext.tag_len = s.raw->tag_size;
    std::memcpy(&ext.iv_lo, s.raw->iv.data(), 8);
    std::memcpy(&ext.iv_hi, s.raw->iv.data() + 8, 4);
  }
  if (ext.src_count + ext.dst_count == 0) return ext;
  const hal::DmaRegion list = lists_.Slice(op_index * kListBytes, kListBytes);
  uint8_t* p = list.host.data();
  for (const auto& segments : {s.src_segments, s.dst_segments}) {
    for (const BusRange& range : segments) {
      const map::Segment entry{.addr = range.addr, .len = range.size, .rsvd0 = 0};
      std::memcpy(p, &entry, sizeof entry);
      p += sizeof entry;
    }
  }
  dma_->Release(list);
  ext.list = list.bus;
  return ext;
}

std::optional<uint16_t> QueueRing::Publish() {
  if (sq_published_ == sq_tail_) return std::nullopt;
  const size_t first = sq_published_ & (sq_slots() - 1u);
  const size_t count = static_cast<uint16_t>(sq_tail_ - sq_published_);
  const size_t before_wrap = std::min<size_t>(count, sq_slots() - first);
  constexpr size_t kSize = sizeof(map::Sqe);
  dma_->Release(sq_.Slice(first * kSize, before_wrap * kSize));
  if (count > before_wrap) dma_->Release(sq_.Slice(0, (count - before_wrap) * kSize));
  sq_published_ = sq_tail_;
  return sq_tail_;
}

Status QueueRing::CheckCompletion(const map::Cqe& cqe) const {
  const size_t index = cqe.cookie & 0xffff;
  if (index >= ops_.size()) return Err(ErrorCode::kDevice, "completion with an unknown cookie");
  const Op& op = ops_[index];
  if (!op.used || op.serial != cqe.cookie >> 16) {
    return Err(ErrorCode::kDevice, "completion of something not in flight");
  }
  if (cqe.op != static_cast<uint8_t>(op.op)) {
    return Err(ErrorCode::kDevice, "completion of another operation");
  }
  if (cqe.reason > 63 || (kCardReasons >> cqe.reason & 1) == 0) {
    return Err(ErrorCode::kDevice, "completion with an unknown reason");
  }
  const bool ok = cqe.reason == static_cast<uint8_t>(Reason::kOk);
  if (cqe.out_len > (ok ? op.dst_size : 0)) {
    return Err(ErrorCode::kDevice, "completion longer than its destination");
  }
  if (static_cast<uint16_t>(cqe.sq_head - sq_head_) >
      static_cast<uint16_t>(sq_published_ - sq_head_)) {
    return Err(ErrorCode::kDevice, "submission head went back or passed the tail");
  }
  if ((cqe.flags & ~map::kCqePhase) != 0) {
    return Err(ErrorCode::kDevice, "completion with reserved bits set");
  }
  const bool by_handle = op.op == map::SqeOp::kEspOut || IsRaw(op.op);
  if (ok && by_handle && cqe.sa_handle != op.sa_handle) {
    return Err(ErrorCode::kDevice, "completion by another SA");
  }
  if (ok && op.op == map::SqeOp::kSaAdd &&
      HandleIndex(cqe.sa_handle) != HandleIndex(op.sa_handle)) {
    return Err(ErrorCode::kDevice, "SA added at another index");
  }
  return Ok();
}

Result<std::optional<Completion>> QueueRing::Pop() {
  if (failed_) return Err(ErrorCode::kDevice, "the ring has failed");
  const size_t slot = cq_head_ & (cq_slots() - 1u);
  const hal::DmaRegion entry = cq_.Slice(slot * sizeof(map::Cqe), sizeof(map::Cqe));
  const uint32_t last = dma_->Acquire(entry);
  const bool phase = (last >> 31) != 0;
  const bool expected = (cq_head_ >> config_.cq_log2 & 1) == 0;
  if (phase != expected) return std::optional<Completion>();

  map::Cqe cqe;
  std::memcpy(&cqe, entry.host.data(), sizeof cqe);
  // The last word as it was judged: a card that writes it again changes nothing.
  std::memcpy(&cqe.sq_head, &last, sizeof last);
  if (const Status status = CheckCompletion(cqe); !status) {
    failed_ = true;
    return status.error();
  }
  const auto index = static_cast<uint16_t>(cqe.cookie & 0xffff);
  Op& op = ops_[index];
  op.used = false;
  free_ops_.push_back(index);
  --in_flight_;
  sq_head_ = cqe.sq_head;
  ++cq_head_;
  return std::optional<Completion>({.cookie = op.cookie,
                                    .op = op.op,
                                    .reason = static_cast<Reason>(cqe.reason),
                                    .sa_handle = cqe.sa_handle,
                                    .out_size = cqe.out_len});
}

size_t QueueRing::TakeInFlight(std::span<Completion> out) {
  size_t count = 0;
  while (!failed_ && count < out.size()) {
    const auto completion = Pop();
    if (!completion || !completion->has_value()) break;
    out[count++] = **completion;
  }
  for (size_t i = 0; i < ops_.size() && count < out.size(); ++i) {
    Op& op = ops_[i];
    if (!op.used) continue;
    op.used = false;
    --in_flight_;
    out[count++] = {.cookie = op.cookie,
                    .op = op.op,
                    .reason = Reason::kQueueReset,
                    .sa_handle = op.sa_handle,
                    .out_size = 0};
  }
  return count;
}

}  // namespace vam::driver
