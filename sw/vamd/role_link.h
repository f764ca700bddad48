// A role's side of the supervisor's channel: ready, health, peers, stop.
#ifndef VAM_SW_VAMD_ROLE_LINK_H_
#define VAM_SW_VAMD_ROLE_LINK_H_

#include <optional>

#include "sw/api/channel.h"
#include "sw/base/result.h"
#include "sw/vamd/role.h"

namespace vam::vamd {

class SupervisorLink {
 public:
  SupervisorLink(api::Channel& channel, Role role) : channel_(channel), role_(role) {}

  // Tells that the role is initialised and confined.
  Status SendReady();

  struct Event {
    bool stop = false;
    std::optional<Role> peer;  // with `channel`, which replaces an older one to the same role
    api::Channel channel;
    std::optional<api::Message> other;  // anything else the supervisor says (kRoleStates)
    bool none() const { return !stop && !peer && !other; }
  };
  // Answers health checks; returns the next event, or one with none(). An error: the supervisor is
  // gone, the role must end.
  Result<Event> Poll();

 private:
  api::Channel& channel_;
  Role role_;
};

// The end of a role's start: confines the process and tells the supervisor. `libcrypto` is what
// came of setting it up, which a confined process cannot do any more. False: failed, and logged.
bool ConfineAndReport(RoleContext& context, SupervisorLink& link, const Status& libcrypto = Ok());

}  // namespace vam::vamd

#endif  // VAM_SW_VAMD_ROLE_LINK_H_
