// Operations of the functional card: what a descriptor asks for.
#include <algorithm>
#include <cstring>

#include "sim/model/functional_card.h"

namespace vam::sim {
namespace {

constexpr size_t kMaxSegments = 8;
constexpr uint32_t kMaxPacket = 9728;
constexpr uint8_t kKnownFlags = map::kSqeFlagExt | map::kSqeFlagUrgent;

bool IsData(uint8_t op) {
  switch (static_cast<map::SqeOp>(op)) {
    case map::SqeOp::kEspOut:
    case map::SqeOp::kEspIn:
    case map::SqeOp::kRawSeal:
    case map::SqeOp::kRawOpen:
      return true;
    default:
      return false;
  }
}

// Reserved bits, counts and alignment of both slots.
bool WellFormed(const map::Sqe& sqe, const map::SqeExt& ext) {
  const bool lists = ext.src_count != 0 || ext.dst_count != 0;
  return (sqe.flags & ~kKnownFlags) == 0 &&
         std::ranges::all_of(ext.rsvd0, [](uint8_t b) { return b == 0; }) && ext.rsvd1 == 0 &&
         ext.src_count <= kMaxSegments && ext.dst_count <= kMaxSegments &&
         !(lists && ext.list % 16 != 0);
}

}  // namespace

FunctionalCard::Outcome FunctionalCard::RunAdmin(const Descriptor& descriptor) {
  const map::Sqe& sqe = descriptor.sqe;
  const auto op = static_cast<map::SqeOp>(sqe.op);
  if (!WellFormed(sqe, descriptor.ext) || descriptor.cut) {
    return {.reason = Reason::kBadDescriptor, .sa_handle = sqe.sa_handle};
  }
  const bool known = (sqe.op >= static_cast<uint8_t>(map::SqeOp::kSaAdd) &&
                      sqe.op <= static_cast<uint8_t>(map::SqeOp::kZeroise)) ||
                     op == map::SqeOp::kNop;
  if (!known) return {.reason = Reason::kUnsupportedOp, .sa_handle = sqe.sa_handle};
  if ((sqe.flags & map::kSqeFlagExt) != 0) {
    return {.reason = Reason::kBadDescriptor, .sa_handle = sqe.sa_handle};
  }
  Sad::AdminResult result{.reason = Reason::kOk, .handle = sqe.sa_handle, .stats = {}};
  map::SaCtx ctx{};
  uint16_t out_bytes = 0;
  if (op == map::SqeOp::kSaAdd || op == map::SqeOp::kSaModify) {
    if (sqe.src_len != sizeof ctx) {
      return {.reason = Reason::kBadLength, .sa_handle = sqe.sa_handle};
    }
    if (!memory_.Read(sqe.src, {reinterpret_cast<uint8_t*>(&ctx), sizeof ctx})) {
      Counter(map::kRegCountersReadErrors) += 1;
      Fault(map::kCtrlFaultsReadError);
      return {.reason = Reason::kDmaReadError, .sa_handle = sqe.sa_handle};
    }
    result =
        op == map::SqeOp::kSaAdd ? sad_.Add(sqe.sa_handle, ctx) : sad_.Modify(sqe.sa_handle, ctx);
  } else if (op == map::SqeOp::kSaDelete) {
    result = sad_.Delete(sqe.sa_handle);
  } else if (op == map::SqeOp::kSaQuery) {
    if (sqe.dst_len < sizeof result.stats) {
      return {.reason = Reason::kDstTooSmall, .sa_handle = sqe.sa_handle};
    }
    result = sad_.Query(sqe.sa_handle);
    if (result.reason == Reason::kOk) {
      out_bytes = sizeof result.stats;
      const std::span<const uint8_t> bytes(reinterpret_cast<const uint8_t*>(&result.stats),
                                           sizeof result.stats);
      if (!memory_.Write(sqe.dst, bytes)) {
        Counter(map::kRegCountersWriteErrors) += 1;
        Fault(map::kCtrlFaultsWriteError);
        return {.reason = Reason::kDmaWriteError, .sa_handle = sqe.sa_handle};
      }
    }
  } else if (op == map::SqeOp::kEventAck) {
    result = sad_.Ack(sqe.sa_handle, static_cast<uint16_t>(sqe.src));
  } else if (op == map::SqeOp::kZeroise) {
    sad_.Zeroise();
  }
  return {.reason = result.reason, .sa_handle = result.handle, .out_bytes = out_bytes};
}

Reason FunctionalCard::CheckData(const Descriptor& descriptor) const {
  const map::Sqe& sqe = descriptor.sqe;
  if (!WellFormed(sqe, descriptor.ext) || descriptor.cut) return Reason::kBadDescriptor;
  if (!IsData(sqe.op)) return Reason::kUnsupportedOp;
  if (sqe.src_len == 0 || sqe.src_len > kMaxPacket) return Reason::kBadLength;
  return Reason::kOk;
}

Reason FunctionalCard::ReadSegments(const Descriptor& descriptor, std::vector<Range>& src,
                                    std::vector<Range>& dst) {
  const map::Sqe& sqe = descriptor.sqe;
  const map::SqeExt& ext = descriptor.ext;
  std::vector<map::Segment> list(size_t{ext.src_count} + ext.dst_count);
  const std::span<uint8_t> bytes(reinterpret_cast<uint8_t*>(list.data()),
                                 list.size() * sizeof(map::Segment));
  if (!memory_.Read(ext.list, bytes)) return Reason::kDmaReadError;
  uint64_t src_total = 0;
  uint64_t dst_total = 0;
  for (size_t i = 0; i < list.size(); ++i) {
    const map::Segment& s = list[i];
    if (s.rsvd0 != 0 || s.len == 0 || s.len > kMaxPacket) return Reason::kBadSegments;
    const bool is_src = i < ext.src_count;
    (is_src ? src_total : dst_total) += s.len;
    (is_src ? src : dst).push_back({s.addr, s.len});
  }
  if (ext.src_count != 0 && src_total != sqe.src_len) return Reason::kBadSegments;
  if (ext.dst_count != 0 && dst_total != sqe.dst_len) return Reason::kBadSegments;
  return Reason::kOk;
}

FunctionalCard::Outcome FunctionalCard::RunData(const Descriptor& descriptor) {
  const map::Sqe& sqe = descriptor.sqe;
  if (const Reason reason = CheckData(descriptor); reason != Reason::kOk) {
    return {.reason = reason};
  }
  std::vector<Range> src;
  std::vector<Range> dst;
  if (descriptor.ext.src_count != 0 || descriptor.ext.dst_count != 0) {
    const Reason reason = ReadSegments(descriptor, src, dst);
    if (reason == Reason::kDmaReadError) {
      Counter(map::kRegCountersReadErrors) += 1;
      Fault(map::kCtrlFaultsReadError);
    }
    if (reason != Reason::kOk) return {.reason = reason};
  }
  if (src.empty()) src.push_back({sqe.src, sqe.src_len});
  if (dst.empty()) dst.push_back({sqe.dst, sqe.dst_len});
  std::vector<uint8_t> source;
  if (!Gather(src, source)) {
    Counter(map::kRegCountersReadErrors) += 1;
    Fault(map::kCtrlFaultsReadError);
    return {.reason = Reason::kDmaReadError};
  }
  const PacketResult result = Process(descriptor, source);
  if (!Scatter(dst, result.bytes)) {
    Counter(map::kRegCountersWriteErrors) += 1;
    Fault(map::kCtrlFaultsWriteError);
    return {.reason = Reason::kDmaWriteError, .sa_handle = result.sa_handle};
  }
  return {.reason = result.reason,
          .sa_handle = result.sa_handle,
          .out_bytes = static_cast<uint16_t>(result.bytes.size())};
}

PacketResult FunctionalCard::Process(const Descriptor& descriptor,
                                     std::span<const uint8_t> source) {
  const map::Sqe& sqe = descriptor.sqe;
  RawParams raw{.aad_bytes = descriptor.ext.aad_len, .tag_bytes = descriptor.ext.tag_len, .iv = {}};
  std::memcpy(raw.iv.data(), &descriptor.ext.iv_lo, 8);
  std::memcpy(raw.iv.data() + 8, &descriptor.ext.iv_hi, 4);
  switch (static_cast<map::SqeOp>(sqe.op)) {
    case map::SqeOp::kEspOut:
      return EspOut(sad_, sqe.sa_handle, source, sqe.dst_len);
    case map::SqeOp::kEspIn:
      return EspIn(sad_, sqe.vrf_tag, source, sqe.dst_len);
    case map::SqeOp::kRawSeal:
      return RawSeal(sad_, sqe.sa_handle, raw, source, sqe.dst_len);
    default:
      return RawOpen(sad_, sqe.sa_handle, raw, source, sqe.dst_len);
  }
}

bool FunctionalCard::Gather(std::span<const Range> ranges, std::vector<uint8_t>& out) {
  for (const Range& range : ranges) {
    const size_t at = out.size();
    out.resize(at + range.size);
    if (!memory_.Read(range.addr, std::span(out).subspan(at))) return false;
  }
  return true;
}

bool FunctionalCard::Scatter(std::span<const Range> ranges, std::span<const uint8_t> bytes) {
  for (const Range& range : ranges) {
    const size_t size = std::min<size_t>(range.size, bytes.size());
    if (size != 0 && !memory_.Write(range.addr, bytes.first(size))) return false;
    bytes = bytes.subspan(size);
  }
  return true;
}

void FunctionalCard::Count(const Descriptor& descriptor, const Outcome& outcome) {
  Counter(map::RegCountersReason(static_cast<unsigned>(outcome.reason))) += 1;
  if (outcome.reason != Reason::kOk) {
    Counter(map::kRegCountersDrops) += 1;
    return;
  }
  const uint32_t src_bytes = descriptor.sqe.src_len;
  switch (static_cast<map::SqeOp>(descriptor.sqe.op)) {
    case map::SqeOp::kEspOut:
      Counter(map::kRegCountersOutPackets) += 1;
      Counter(map::kRegCountersOutBytes) += src_bytes;
      break;
    case map::SqeOp::kEspIn:
      Counter(map::kRegCountersInPackets) += 1;
      Counter(map::kRegCountersInBytes) += outcome.out_bytes;
      break;
    default:
      Counter(map::kRegCountersRawOps) += 1;
      Counter(map::kRegCountersRawBytes) += src_bytes;
      break;
  }
}

}  // namespace vam::sim
