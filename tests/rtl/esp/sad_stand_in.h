// Stands in for rtl/sad in the benches of rtl/esp: the same answers, by plain C++ and with any
// latency.
#ifndef VAM_TESTS_RTL_ESP_SAD_STAND_IN_H_
#define VAM_TESTS_RTL_ESP_SAD_STAND_IN_H_

#include <cstdint>
#include <vector>

#include "sw/base/gen/vam_reason.h"
#include "tests/rtl/esp/packet_builder.h"

namespace vam::esptest {

struct SadRequest {
  bool skip = false, by_key = false, inbound = false, raw = false;
  uint32_t handle = 0;
  uint16_t vrf_tag = 0;
  uint32_t dst = 0;
  uint8_t proto = 0;
  uint32_t spi = 0;
  uint32_t seq_lo = 0;
};

struct SadAnswer {
  Reason reason = Reason::kOk;
  uint32_t handle = 0;
  uint64_t seq = 0;
  const Sa* sa = nullptr;
};

struct SeqAnswer {
  Reason reason = Reason::kOk;
  uint64_t seq = 0;
};

class SadStandIn {
 public:
  std::vector<Sa> table;  // by index

  // Lookup and replay pre-check.
  [[nodiscard]] SadAnswer Lookup(const SadRequest& request) const {
    if (request.skip) return {};
    const Sa* sa = request.by_key ? FindKey(request) : FindHandle(request.handle);
    if (sa == nullptr) return {.reason = Reason::kNoSa};
    SadAnswer answer{.handle = sa->handle(), .sa = sa};
    if (!request.by_key && sa->handle() != request.handle) {
      answer.reason = Reason::kSaStale;
    } else if (request.raw != (sa->mode == 2) || (!request.raw && request.inbound != sa->inbound)) {
      answer.reason = Reason::kSaDirection;
    } else if (request.inbound) {
      answer.seq = InferHigh(*sa, request.seq_lo);
      answer.reason = CheckReplay(*sa, answer.seq);
    }
    return answer;
  }

  // The next outbound number, or why there is none.
  SeqAnswer Allocate(uint32_t index, uint32_t text_len) {
    Sa& sa = table[index];
    const uint64_t last = sa.esn ? ~uint64_t{0} : 0xffffffff;
    if (sa.seq == last) return {.reason = Reason::kSeqOverflow};
    const Reason reason = Account(sa, text_len);
    if (reason != Reason::kOk) return {.reason = reason};
    return {.seq = ++sa.seq};
  }

  // Authoritative replay check and set.
  Reason Commit(uint32_t index, uint64_t seq, uint32_t text_len) {
    Sa& sa = table[index];
    Reason reason = CheckReplay(sa, seq);
    if (reason == Reason::kOk) reason = Account(sa, text_len);
    if (reason != Reason::kOk) return reason;
    sa.seen.insert(seq);
    if (seq > sa.seq) sa.seq = seq;
    return Reason::kOk;
  }

 private:
  [[nodiscard]] const Sa* FindKey(const SadRequest& request) const {
    for (const Sa& sa : table) {
      if (sa.inbound && sa.mode == 0 && sa.spi == request.spi && sa.outer_dst == request.dst &&
          sa.vrf_tag == request.vrf_tag && request.proto == 50) {
        return &sa;
      }
    }
    return nullptr;
  }

  [[nodiscard]] const Sa* FindHandle(uint32_t handle) const {
    const uint32_t index = handle & 0xfffff;
    return index < table.size() ? &table[index] : nullptr;
  }

  // RFC 4303, A2.
  static uint64_t InferHigh(const Sa& sa, uint32_t low) {
    if (!sa.esn) return low;
    const uint64_t window = sa.window == 0 ? 1 : sa.window;
    const uint64_t top_low = sa.seq & 0xffffffff;
    const uint64_t high = sa.seq >> 32;
    uint64_t inferred = high;
    if (top_low >= window - 1) {
      if (low < top_low - window + 1) inferred = high + 1;
    } else if (high != 0 && low >= ((top_low - window + 1) & 0xffffffff)) {
      inferred = high - 1;
    }
    return inferred << 32 | low;
  }

  static Reason CheckReplay(const Sa& sa, uint64_t seq) {
    if (sa.window == 0) return Reason::kOk;
    // Written so that numbers near 2^64 do not wrap.
    const bool old = sa.seq >= sa.window && seq <= sa.seq - sa.window;
    if (seq == 0 || old) return Reason::kReplayOld;
    return sa.seen.count(seq) != 0 ? Reason::kReplayDuplicate : Reason::kOk;
  }

  static Reason Account(Sa& sa, uint32_t text_len) {
    if (sa.hard_bytes != 0 && sa.bytes + text_len > sa.hard_bytes) return Reason::kHardBytes;
    if (sa.hard_packets != 0 && sa.packets + 1 > sa.hard_packets) return Reason::kHardPackets;
    sa.bytes += text_len;
    sa.packets += 1;
    return Reason::kOk;
  }
};

}  // namespace vam::esptest

#endif  // VAM_TESTS_RTL_ESP_SAD_STAND_IN_H_
