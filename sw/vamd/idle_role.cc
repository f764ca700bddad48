// The role that has no work yet: present, confined and answering, so that the supervisor and the
// channels are as they will be.
#include <poll.h>

#include <array>

#include "sw/vamd/role.h"
#include "sw/vamd/role_link.h"

namespace vam::vamd {

int RunIdleRole(RoleContext& context) {
  SupervisorLink link(context.supervisor, context.role);
  if (!ConfineAndReport(context, link)) return 1;
  // Nothing is read from the peers: a message to a role without work is not lost in silence, its
  // channel fills up.
  std::array<api::Channel, kRoles> peers;
  while (true) {
    pollfd wait{context.supervisor.fd(), POLLIN, 0};
    poll(&wait, 1, -1);
    auto event = link.Poll();
    if (!event) return 1;
    if (event->stop) return 0;
    if (event->peer) peers[static_cast<size_t>(*event->peer)] = std::move(event->channel);
  }
}

}  // namespace vam::vamd
