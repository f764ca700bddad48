// `crypto logging session`: which peers have SAs, and a message when that changes (MG-13).
#ifndef VAM_SW_FWD_SESSION_LOG_H_
#define VAM_SW_FWD_SESSION_LOG_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "sw/fwd/event_log.h"
#include "sw/fwd/sa_sets.h"
#include "sw/fwd/snapshot.h"

namespace vam::fwd {

// Belongs to the worker. A session is what one peer has in a front and an inside VRF, where a peer
// is an address and an identity: behind one NAT there may be several. It is up while any of its
// negotiated SA sets has SAs in both directions. New SAs for old ones change nothing.
class SessionLog {
 public:
  // Sets with manual keys have no session that comes or goes. `events` null: only remembers what is
  // up.
  void Look(const SaSets& sets, const Snapshot& snapshot, EventLog* events);

 private:
  struct Session {
    uint16_t front_vrf = 0;
    uint16_t inside_vrf = 0;
    net::Address address;
    uint16_t port = 0;
    std::shared_ptr<const SessionPeer> peer;  // null: nothing is known of it

    std::string_view identity() const {
      return peer == nullptr ? std::string_view() : peer->identity;
    }
    // What tells sessions from each other: a port changes, and so does a description.
    auto operator<=>(const Session& other) const {
      return std::tuple(front_vrf, inside_vrf, address, identity()) <=>
             std::tuple(other.front_vrf, other.inside_vrf, other.address, other.identity());
    }
    bool operator==(const Session& other) const { return (*this <=> other) == 0; }
  };
  static void Say(const Session& session, bool up, const Snapshot& snapshot, EventLog& events);

  std::vector<Session> up_;  // sorted
};

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_SESSION_LOG_H_
