// How long set-ups and rekeys took: histograms for operators.
#ifndef VAM_SW_IKE_V2_TIMINGS_H_
#define VAM_SW_IKE_V2_TIMINGS_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "sw/base/clock.h"
#include "sw/ike/v2/sa/ike_sa.h"

namespace vam::ike::v2 {

class Histogram {
 public:
  // Upper bounds, inclusive; what is longer has a bucket of its own behind them. From an exchange
  // on one machine to a peer that answers the fifth retransmission.
  static constexpr std::array<uint64_t, 14> kBoundsNs{
      1 * kNsPerMs,     2'500'000,        5 * kNsPerMs,      10 * kNsPerMs,    25 * kNsPerMs,
      50 * kNsPerMs,    100 * kNsPerMs,   250 * kNsPerMs,    500 * kNsPerMs,   1 * kNsPerSecond,
      2'500 * kNsPerMs, 5 * kNsPerSecond, 15 * kNsPerSecond, 60 * kNsPerSecond};

  void Add(uint64_t ns);
  const std::array<uint64_t, kBoundsNs.size() + 1>& counts() const { return counts_; }
  uint64_t sum_ns() const { return sum_ns_; }

 private:
  std::array<uint64_t, kBoundsNs.size() + 1> counts_{};
  uint64_t sum_ns_ = 0;
};

// Part of Stats, which hears what happens.
class Timings {
 public:
  enum class What : uint8_t {
    kSetUpAsInitiator,  // an IKE SA, from its first message until both are authenticated
    kSetUpAsResponder,
    kChildSetUp,  // one that we began, until both directions are installed
    kIkeRekey,    // begun by us, until the new one is up
    kChildRekey,
    kNumber,
  };

  explicit Timings(const Clock& clock) : clock_(clock) {}

  void IkeUp(const IkeSa& sa);
  void ChildUp(const ChildSa& child);
  void StateChange(const IkeSa& sa, IkeSa::State next);
  void Clear() { histograms_ = {}; }
  const Histogram& of(What what) const { return histograms_[static_cast<size_t>(what)]; }

 private:
  void Add(What what, uint64_t begun_ns);

  const Clock& clock_;
  std::array<Histogram, static_cast<size_t>(What::kNumber)> histograms_;
};

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_TIMINGS_H_
