#include "sw/vamd/role_link.h"

#include "sw/api/control.pb.h"
#include "sw/base/log.h"

namespace vam::vamd {

Status SupervisorLink::SendReady() {
  api::Ready ready;
  ready.set_role(std::string(RoleName(role_)));
  return channel_.Send(api::MessageType::kReady, 0, ready);
}

Result<SupervisorLink::Event> SupervisorLink::Poll() {
  Event event;
  for (;;) {
    if (channel_.pending()) VAM_TRY_STATUS(channel_.Flush());
    VAM_TRY(auto received, channel_.Receive());
    if (!received) return event;
    switch (received->type) {
      case api::MessageType::kHealth:
        VAM_TRY_STATUS(channel_.Send(api::MessageType::kHealthReply, received->request,
                                     Bytes(received->payload)));
        break;
      case api::MessageType::kStop:
        event.stop = true;
        return event;
      case api::MessageType::kPeer: {
        VAM_TRY(const auto peer, api::ParseAs<api::Peer>(Bytes(received->payload)));
        event.peer = FindRole(peer.role());
        if (!event.peer || !received->fd) {
          return Err(ErrorCode::kMalformed, "peer message without a role or a descriptor");
        }
        event.channel = api::Channel(std::move(received->fd));
        return event;
      }
      default:
        event.other = std::move(received);
        return event;
    }
  }
}

bool ConfineAndReport(RoleContext& context, SupervisorLink& link, const Status& libcrypto) {
  if (!libcrypto) {
    Log(LogLevel::kError, "libcrypto: {}", libcrypto.error().text);
    return false;
  }
  if (const Status confined = context.confine(); !confined) {
    Log(LogLevel::kError, "not confined: {}", confined.error().text);
    return false;
  }
  return link.SendReady().has_value();
}

}  // namespace vam::vamd
