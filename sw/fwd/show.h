// What the forwarder answers to show commands: its state as sw/api messages.
#ifndef VAM_SW_FWD_SHOW_H_
#define VAM_SW_FWD_SHOW_H_

#include <string>
#include <vector>

#include "sw/api/show.pb.h"
#include "sw/base/clock.h"
#include "sw/config/running.h"
#include "sw/fwd/forwarder.h"
#include "sw/fwd/ike_sas.h"
#include "sw/fwd/sa_manager.h"
#include "sw/offload/card_engine.h"
#include "sw/offload/spread_engine.h"

namespace vam::fwd {

// All that a reply is made from. Pointers lead to what outlives the call; `card` and
// `workers` may be null.
struct ShowSources {
  const config::Running* running = nullptr;
  const Snapshot* snapshot = nullptr;
  const Forwarder* forwarder = nullptr;
  const EnginePath* path = nullptr;
  const SaSets* sets = nullptr;
  const SaManager* sas = nullptr;
  const IkeSas* ike = nullptr;
  const offload::Broker* broker = nullptr;
  offload::CardEngine* card = nullptr;
  const offload::SpreadEngine* workers = nullptr;  // null: the software engine has no threads
  std::vector<std::string> devices;                // by port: "af-packet eth1"
  std::vector<net::MacAddress> macs;
  const Clock* clock = nullptr;
};

// What one piece of an answer may cost, so that packets do not wait for it: rows shown, rows looked
// at, time.
inline constexpr uint32_t kMostRows = 64;
inline constexpr uint32_t kMostLookedAt = 2048;
inline constexpr uint64_t kPieceNs = 300 * kNsPerUs;

// The SAs whose counters the piece will quote: to be refreshed before Show is asked for it.
std::vector<uint64_t> SasOf(const ShowSources& sources, const api::ShowRequest& request);

// One piece of the answer: it has `next` when there is more. Engine counters are as old as the last
// Broker::RefreshStats. An unknown kind gives an error reply.
api::ShowReply Show(const ShowSources& sources, const api::ShowRequest& request);

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_SHOW_H_
