// What an IKE SA knows of the ways to its peer, where both sides support MOBIKE (RFC 4555).
#ifndef VAM_SW_IKE_V2_SA_MOBIKE_H_
#define VAM_SW_IKE_V2_SA_MOBIKE_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "sw/ike/v2/sa/ends.h"

namespace vam::ike::v2 {

struct MobikeState {
  // Of a peer at once. What it tells beyond them is not kept.
  static constexpr size_t kMostAddresses = 16;
  // Pairs of addresses that are tried, one after the other, before a peer is given up.
  static constexpr size_t kMostPaths = 16;

  bool mover = false;                // this side began the first IKE SA: it alone moves them (1.3)
  std::vector<net::Address> theirs;  // beside the one that is used
  std::vector<net::Address> ours;    // as the peer was told last
  Ends asked_from;  // where the peer's last request came from and to: there its answer goes (3.5)

  // Of the mover:
  bool update_waits = false;     // UPDATE_SA_ADDRESSES is to be sent
  unsigned paths_tried = 0;      // since the last one that worked
  std::vector<uint8_t> seen_as;  // the hash by which the peer last said what it sees of us

  // Of the other side:
  std::optional<uint32_t> last_update;  // number of the highest request that moved the IKE SA
  bool check_waits = false;             // whether the peer is where it says is to be asked
  Ends proven;                          // the peer was there: its packets go there
  bool proven_nat_here = false, proven_nat_there = false;
};

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_SA_MOBIKE_H_
