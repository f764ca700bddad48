// What an AXI4 slave model and its user exchange: pins as plain fields, knobs, faults and figures.
#ifndef VAM_SIM_BFM_AXI_TYPES_H_
#define VAM_SIM_BFM_AXI_TYPES_H_

#include <array>
#include <cstdint>

namespace vam::bfm {

using AxiData = std::array<uint32_t, 16>;

enum class AxiResp : uint8_t { kOkay = 0, kSlvErr = 2, kDecErr = 3 };

// What the master drives.
struct AxiFromMaster {
  bool ar_valid = false;
  uint32_t ar_id = 0;
  uint64_t ar_addr = 0;
  uint32_t ar_len = 0;  // beats - 1
  bool r_ready = false;
  bool aw_valid = false;
  uint32_t aw_id = 0;
  uint64_t aw_addr = 0;
  uint32_t aw_len = 0;  // beats - 1
  bool w_valid = false;
  AxiData w_data{};
  uint64_t w_strb = 0;
  bool w_last = false;
  bool b_ready = false;
  bool operator==(const AxiFromMaster&) const = default;
};

// What the memory drives.
struct AxiFromSlave {
  bool ar_ready = false;
  bool r_valid = false;
  uint32_t r_id = 0;
  AxiData r_data{};
  AxiResp r_resp = AxiResp::kOkay;
  bool r_last = false;
  bool aw_ready = false;
  bool w_ready = false;
  bool b_valid = false;
  uint32_t b_id = 0;
  AxiResp b_resp = AxiResp::kOkay;
};

struct AxiMemoryConfig {
  unsigned bus_bytes = 16;
  unsigned ids = 16;           // IDs from 0; one above is a violation
  unsigned read_latency = 0;   // cycles from AR to the first beat, above the least possible
  unsigned write_latency = 0;  // cycles from the last W beat to B, above the least possible
  unsigned ar_stall = 0;  // percent of cycles in which the channel is not ready or offers nothing
  unsigned r_stall = 0;
  unsigned aw_stall = 0;
  unsigned w_stall = 0;
  unsigned b_stall = 0;
  bool reorder =
      false;  // responses of different IDs overtake each other, read beats of them interleave
  uint64_t seed = 1;

  // All five channels stall alike.
  AxiMemoryConfig& Stall(unsigned percent) {
    ar_stall = r_stall = aw_stall = w_stall = b_stall = percent;
    return *this;
  }
};

// A fault to inject into bursts that touch [first, last].
struct AxiFault {
  enum class Kind { kSlvErr, kDecErr, kHang };  // kHang: the burst is never answered
  Kind kind = Kind::kSlvErr;
  bool write = false;
  uint64_t first = 0;
  uint64_t last = ~uint64_t{0};
  uint64_t skip = 0;              // matching bursts that pass unharmed first
  uint64_t count = ~uint64_t{0};  // matching bursts that fail then
};

struct AxiStats {
  uint64_t cycles = 0;
  uint64_t reads = 0;  // bursts
  uint64_t writes = 0;
  uint64_t read_beats = 0;
  uint64_t write_beats = 0;
  uint64_t read_errors = 0;
  uint64_t write_errors = 0;
};

}  // namespace vam::bfm

#endif  // VAM_SIM_BFM_AXI_TYPES_H_
