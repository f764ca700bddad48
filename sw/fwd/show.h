// What the forwarder answers to show commands: its state as sw/api messages.
#ifndef VAM_SW_FWD_SHOW_H_
#define VAM_SW_FWD_SHOW_H_

#include <string>
#include <vector>

#include "sw/api/show.pb.h"
#include "sw/config/running.h"
#include "sw/fwd/forwarder.h"
#include "sw/fwd/sa_manager.h"
#include "sw/offload/card_engine.h"

namespace vam::fwd {

// All that a reply is made from. Pointers lead to what outlives the call; `card` may be null.
struct ShowSources {
  const config::Running* running = nullptr;
  const Snapshot* snapshot = nullptr;
  const Forwarder* forwarder = nullptr;
  const EnginePath* path = nullptr;
  const SaManager* sas = nullptr;
  const offload::Broker* broker = nullptr;
  offload::CardEngine* card = nullptr;
  std::vector<std::string> devices;  // by port: "af-packet eth1"
  std::vector<net::MacAddress> macs;
};

// Engine counters are as old as the last Broker::RefreshStats. An unknown kind gives an error
// reply.
api::ShowReply Show(const ShowSources& sources, const api::ShowRequest& request);

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_SHOW_H_
