// `crypto logging session`: which peers have SAs, and a message when that changes (MG-13).
#ifndef VAM_SW_FWD_SESSION_LOG_H_
#define VAM_SW_FWD_SESSION_LOG_H_

#include <cstdint>
#include <string>
#include <vector>

#include "sw/fwd/event_log.h"
#include "sw/fwd/sa_sets.h"
#include "sw/fwd/snapshot.h"

namespace vam::fwd {

// Belongs to the worker. A session is what one peer has in a front and an inside VRF: it is up
// while any of its negotiated SA sets has SAs in both directions. New SAs for old ones change
// nothing.
class SessionLog {
 public:
  // Sets with manual keys have no session that comes or goes. `events` null: only remembers what is
  // up.
  void Look(const SaSets& sets, const Snapshot& snapshot, EventLog* events);

 private:
  struct Session {
    uint16_t front_vrf = 0;
    uint16_t inside_vrf = 0;
    net::Address peer;
    auto operator<=>(const Session&) const = default;
  };
  static void Say(const Session& session, bool up, const Snapshot& snapshot, EventLog& events);

  std::vector<Session> up_;  // sorted
};

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_SESSION_LOG_H_
