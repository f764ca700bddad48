// What goes into a queue pair and what comes out, in the host's terms.
#ifndef VAM_DRIVER_RING_ENTRY_H_
#define VAM_DRIVER_RING_ENTRY_H_

#include <array>
#include <cstdint>
#include <span>

#include "driver/gen/vam_layouts.h"
#include "sw/base/gen/vam_reason.h"

namespace vam::driver {

// Source segments, or destination segments, in one submission.
inline constexpr size_t kMaxSegments = 8;

// Bytes at a bus address, any alignment.
struct BusRange {
  uint64_t addr = 0;
  uint32_t size = 0;
};

// What only raw operations need (map::SqeOp::kRawSeal, kRawOpen).
struct RawFields {
  // Bytes of associated data at the start of the source, padded there with zeros to 16.
  uint16_t aad_size = 0;
  uint8_t tag_size = 0;
  std::array<uint8_t, 12> iv = {};
};

// One operation. The spans are read during Push only; the bytes they describe belong to the card
// until the completion.
struct Submission {
  map::SqeOp op = map::SqeOp::kNop;
  bool urgent = false;
  uint16_t vrf_tag = 0;
  uint32_t sa_handle = 0;
  // The caller's; comes back in the completion.
  uint64_t cookie = 0;
  BusRange src;
  BusRange dst;
  // If not empty, these take the place of src or dst.
  std::span<const BusRange> src_segments;
  std::span<const BusRange> dst_segments;
  // Raw operations only.
  const RawFields* raw = nullptr;
};

struct Completion {
  uint64_t cookie = 0;
  map::SqeOp op = map::SqeOp::kNop;
  Reason reason = Reason::kOk;
  // The SA that did it; esp_in: the one the card found; sa_add: the new handle.
  uint32_t sa_handle = 0;
  // Bytes written to the destination; 0 unless reason is kOk.
  uint16_t out_size = 0;
};

// An event of an SA or of the card; sticky ones come again until acknowledged.
struct Event {
  map::EventType kind = map::EventType::kFault;
  uint32_t sa_handle = 0;
  uint64_t sa_id = 0;
  uint64_t value = 0;
  // Notices the card dropped since the last event.
  uint32_t dropped = 0;
};

// A handle is {generation[31:20], index[19:0]}.
inline constexpr uint32_t kHandleIndexMask = 0xfffff;
constexpr uint32_t HandleIndex(uint32_t handle) { return handle & kHandleIndexMask; }

}  // namespace vam::driver

#endif  // VAM_DRIVER_RING_ENTRY_H_
