// What the forwarder knows beside the configuration, put into answers about the configuration:
// the peers and temporary entries of crypto maps, how often lines of access lists matched.
#ifndef VAM_SW_MGMT_SHOW_LIVE_H_
#define VAM_SW_MGMT_SHOW_LIVE_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "sw/api/show.pb.h"

namespace vam::mgmt {

// The first number of the entries that a dynamic map's peers get (MG-103).
inline constexpr uint32_t kTemporarySequence = 65536;

// Collects the flows of all pieces, then completes show crypto map and show crypto dynamic-map.
class LiveCrypto {
 public:
  // `templates`: the entries of the dynamic maps, as show crypto dynamic-map has them.
  explicit LiveCrypto(api::CryptoMap templates) : templates_(std::move(templates)) {}

  void Piece(const api::IpsecSa& show);
  // Current peers and flows that are up; behind the entries of a map the temporary ones.
  void Complete(api::CryptoMap& show) const;

 private:
  struct Live {
    std::string peer;  // of the last flow that is up
    uint32_t flows = 0;
  };
  // Map, number, dynamic map, its entry, peer.
  using TemporaryKey = std::tuple<std::string, uint32_t, std::string, uint32_t, std::string>;

  void Add(const std::string& map, const api::IpsecFlow& flow);
  void AddTemporary(const std::string& map, const api::IpsecFlow& flow);

  api::CryptoMap templates_;
  std::map<std::pair<std::string, uint32_t>, Live> entries_;       // by map and sequence
  std::map<std::pair<std::string, uint32_t>, Live> of_templates_;  // by dynamic map and its entry
  std::map<TemporaryKey, api::CryptoMapEntry> temporary_;
  std::set<std::string> seen_;  // flows: interfaces that share a map share its SAs
};

// Puts the counts of `counted` into the lines of `show` that have them; permit lines of lists that
// the forwarder counts for and that never matched stay without.
void AddMatches(const api::AccessLists& counted, api::AccessLists& show);

}  // namespace vam::mgmt

#endif  // VAM_SW_MGMT_SHOW_LIVE_H_
