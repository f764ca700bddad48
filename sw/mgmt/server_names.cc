// Names of peers: who asks, and who is told.
#include "sw/api/names.pb.h"
#include "sw/base/log.h"
#include "sw/mgmt/server.h"

namespace vam::mgmt {

bool Server::Resolve(uint32_t request, const api::ResolveRequest& wanted) {
  if (!fetcher_) return false;
  return fetcher_->Resolve(
      request, wanted,
      [this](uint32_t number, const api::ResolveReply& reply) { names_.Answer(number, reply); });
}

void Server::SendNames(vamd::Role role, const api::PeerNames& names) {
  api::Channel& channel = distributor_.channel(role);
  if (!channel.open() || names.name_size() == 0) return;  // it is told when it comes
  const Status sent = channel.Send(api::MessageType::kPeerNames, 0, names);
  if (sent) return;
  Log(LogLevel::kWarning, "{}: names of peers were not sent: {}", vamd::RoleName(role),
      sent.error().text);
}

void Server::TellNames(vamd::Role role) { SendNames(role, names_.All()); }

void Server::TurnNames() {
  if (names_generation_ == distributor_.generation()) return names_.Turn();
  names_generation_ = distributor_.generation();
  names_.Configure(distributor_.running());
}

}  // namespace vam::mgmt
