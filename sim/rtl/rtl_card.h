// The verilated card: vam_core with a host around it, clock by clock.
#ifndef VAM_SIM_RTL_RTL_CARD_H_
#define VAM_SIM_RTL_RTL_CARD_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "sim/bfm/axi_types.h"
#include "sw/base/result.h"

namespace vam::sim {

// How the bus behaves. Both masters get the same.
struct RtlKnobs {
  unsigned read_latency = 0;   // cycles above the least possible
  unsigned write_latency = 0;  // cycles above the least possible
  unsigned stall = 0;          // percent of cycles in which a channel stalls
  bool reorder = false;        // responses overtake each other over IDs
  uint64_t seed = 1;
};

struct RtlConfig {
  RtlKnobs knobs;
  bool check_order = true;  // see OrderCheck; costs time per packet
};

// Where interrupt messages go.
inline constexpr uint64_t kMessageBase = 0xfee00000;
inline constexpr uint64_t kMessageBytes = 0x1000;

// One thread at a time. The constructor resets the card; the RAMs are scrubbed while it is clocked
// (status ready). Memory given to Map stays the caller's.
class RtlCard {
 public:
  explicit RtlCard(const RtlConfig& config = {});
  ~RtlCard();
  RtlCard(const RtlCard&) = delete;
  RtlCard& operator=(const RtlCard&) = delete;

  void Step(uint64_t cycles);
  [[nodiscard]] uint64_t cycles() const;
  // Nothing will happen until the host does something: the clock may stand still.
  [[nodiscard]] bool idle() const;

  // Accesses to BAR0; they take the cycles they need. A card that is absent, or does not answer,
  // reads as all ones.
  uint32_t ReadBar(uint32_t offset);
  void WriteBar(uint32_t offset, uint32_t value);

  // Makes host memory reachable at a bus address, for both masters.
  void Map(uint64_t bus, std::span<uint8_t> memory);
  void Unmap(uint64_t bus);
  void OnMessage(std::function<void(uint64_t addr, uint32_t data)> callback);

  // Sideband.
  void SetInterrupts(bool enable, bool function_mask);
  void SetBusMaster(bool enable);
  // False: surprise removal. The link is down and the host reaches nothing.
  void SetPresent(bool present);
  // Function level reset; returns false if the card does not finish it in time.
  bool FunctionReset();

  void SetKnobs(const RtlKnobs& knobs);
  enum class Port : uint8_t { kData, kRing };
  void Inject(Port port, bfm::AxiFault fault);
  // Removes the faults and answers what they held back.
  void ClearFaults();
  [[nodiscard]] bfm::AxiStats stats(Port port) const;

  // Rules broken by the card: AXI protocol, and things announced too early. Empty is right.
  [[nodiscard]] std::vector<std::string> violations() const;

  // Waveform (FST) until StopTrace. kUnsupported: built without tracing (link
  // vam_sim_rtl_trace instead of vam_sim_rtl).
  Status StartTrace(const std::string& file);
  void StopTrace();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vam::sim

#endif  // VAM_SIM_RTL_RTL_CARD_H_
