#include "sw/ike/v2/timings.h"

#include <algorithm>

namespace vam::ike::v2 {

void Histogram::Add(uint64_t ns) {
  ++counts_[static_cast<size_t>(std::ranges::lower_bound(kBoundsNs, ns) - kBoundsNs.begin())];
  sum_ns_ += ns;
}

void Timings::Add(What what, uint64_t begun_ns) {
  histograms_[static_cast<size_t>(what)].Add(clock_.MonotonicNs() - begun_ns);
}

void Timings::IkeUp(const IkeSa& sa) {
  Add(sa.initiator ? What::kSetUpAsInitiator : What::kSetUpAsResponder, sa.begun_ns);
}

// What the peer began has no beginning here.
void Timings::ChildUp(const ChildSa& child) {
  if (child.ours) Add(child.replaces == 0 ? What::kChildSetUp : What::kChildRekey, child.begun_ns);
}

// One that rekeying made has the number of its session's first.
void Timings::StateChange(const IkeSa& sa, IkeSa::State next) {
  const bool rekeyed = sa.session != sa.number && sa.initiator;
  if (rekeyed && next == IkeSa::State::kUp) Add(What::kIkeRekey, sa.begun_ns);
}

}  // namespace vam::ike::v2
