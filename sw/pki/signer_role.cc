// The signer role of vamd: the only process that holds private keys. IKE asks it to sign, mgmt to
// make, keep and give out keys.
#include <fmt/core.h>
#include <poll.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "sw/api/channel.h"
#include "sw/api/pki.pb.h"
#include "sw/api/turn.h"
#include "sw/base/control_thread.h"
#include "sw/base/heap.h"
#include "sw/base/log.h"
#include "sw/crypto/ike_warm_up.h"
#include "sw/pki/key_operations.h"
#include "sw/vamd/role.h"
#include "sw/vamd/role_link.h"

namespace vam::pki {
namespace {

// What one turn takes from each peer: an RSA signature may take 100 ms, and the supervisor waits
// for a word each second.
constexpr size_t kMessagesPerTurn = 4;
constexpr int kBusyWaitMs = 2;

struct Opened {
  std::optional<KeyStore> store;
  std::string problem;
};
Opened OpenStore(const std::string& directory) {
  auto store = KeyStore::Open(directory);
  if (store) return {std::move(*store), ""};
  Log(LogLevel::kError, "{}/keys: {}", directory, store.error().text);
  return {std::nullopt,
          fmt::format("The signer has no keys: {} ({}/keys).", store.error().text, directory)};
}

class SignerRole {
 public:
  SignerRole(vamd::RoleContext& context, Opened opened)
      : context_(context),
        supervisor_(context.supervisor, context.role),
        control_(ShrinkThreadHeapOnce),
        operations_(std::move(opened.store), std::move(opened.problem), control_, *context.clock,
                    *context.rng) {}

  int Run();

 private:
  // A process that asks. Answers that come later hold it weakly: another one did not ask.
  struct Peer {
    api::Channel channel;
  };

  bool Initialise();
  void Wait();
  void PollSupervisor();
  void PollPeer(vamd::Role role);
  void From(vamd::Role role, const api::Message& message);
  void OnSign(Peer& peer, const api::Message& message);
  void OnKeys(const api::Message& message);
  std::shared_ptr<Peer>& At(vamd::Role role) { return peers_[static_cast<size_t>(role)]; }

  vamd::RoleContext& context_;
  vamd::SupervisorLink supervisor_;
  ControlThread control_;
  KeyOperations operations_;
  std::array<std::shared_ptr<Peer>, vamd::kRoles> peers_;
  bool more_ = false;  // messages, than one turn takes
  bool stop_ = false;
  bool failed_ = false;
};

// libcrypto reads its configuration and fetches its algorithms at the first use, which a confined
// role cannot do.
bool SignerRole::Initialise() {
  return vamd::ConfineAndReport(context_, supervisor_, crypto::UseEveryIkeAlgorithm());
}

int SignerRole::Run() {
  if (!Initialise()) return 1;
  while (!stop_) {
    Wait();
    more_ = false;
    PollSupervisor();
    for (const vamd::Role role : {vamd::Role::kIkev2, vamd::Role::kIkev1, vamd::Role::kMgmt}) {
      if (!stop_) PollPeer(role);
    }
    control_.Poll();
  }
  return failed_ ? 1 : 0;
}

void SignerRole::Wait() {
  std::array<pollfd, 1 + vamd::kRoles> fds;
  fds[0] = api::WaitFor(context_.supervisor);
  for (size_t i = 0; i < peers_.size(); ++i) {
    fds[1 + i] = peers_[i] ? api::WaitFor(peers_[i]->channel) : pollfd{-1, 0, 0};
  }
  poll(fds.data(), fds.size(), more_ ? 0 : control_.busy() ? kBusyWaitMs : -1);
}

void SignerRole::PollSupervisor() {
  while (!stop_) {
    auto event = supervisor_.Poll();
    if (!event) {
      Log(LogLevel::kError, "supervisor: {}", event.error().text);
      stop_ = failed_ = true;
      return;
    }
    if (event->none()) return;
    if (event->stop) stop_ = true;
    if (!event->peer) continue;
    if (*event->peer == vamd::Role::kFwd || *event->peer == vamd::Role::kSigner) {
      Log(LogLevel::kWarning, "a channel to role {}, which is no peer", RoleName(*event->peer));
      continue;
    }
    At(*event->peer) = std::make_shared<Peer>(Peer{std::move(event->channel)});
  }
}

void SignerRole::PollPeer(vamd::Role role) {
  const std::shared_ptr<Peer> peer = At(role);
  if (peer == nullptr) return;
  const Result<bool> more =
      api::TakeMessages(peer->channel, kMessagesPerTurn,
                        [this, role](const api::Message& message) { From(role, message); });
  if (!more) {
    Log(LogLevel::kWarning, "{}: {}", RoleName(role), more.error().text);
    At(role).reset();
  } else if (*more) {
    more_ = true;
  }
}

// Each asks what is its own to ask, and gets nothing else.
void SignerRole::From(vamd::Role role, const api::Message& message) {
  const bool of_mgmt = role == vamd::Role::kMgmt;
  if (of_mgmt && message.type == api::MessageType::kKeyRequest) return OnKeys(message);
  if (!of_mgmt && message.type == api::MessageType::kSignRequest) {
    return OnSign(*At(role), message);
  }
  Log(LogLevel::kWarning, "{} sent a message that is not its to send, type {}", RoleName(role),
      static_cast<unsigned>(message.type));
}

void SignerRole::OnSign(Peer& peer, const api::Message& message) {
  const auto request = api::ParseAs<api::SignRequest>(message.payload);
  api::SignReply reply;
  if (request) {
    reply = operations_.Sign(*request);
  } else {
    reply.set_error("The signer was sent a malformed request.");
  }
  const Status sent = peer.channel.Send(api::MessageType::kSignReply, message.request, reply);
  if (!sent) Log(LogLevel::kWarning, "a signature is not sent: {}", sent.error().text);
}

void SignerRole::OnKeys(const api::Message& message) {
  const KeyOperations::Answer answer = [peer = std::weak_ptr<Peer>(At(vamd::Role::kMgmt)),
                                        number = message.request](const api::KeyReply& reply) {
    const std::shared_ptr<Peer> asker = peer.lock();
    if (asker == nullptr) return;
    const Status sent = asker->channel.Send(api::MessageType::kKeyReply, number, reply);
    if (!sent) Log(LogLevel::kWarning, "an answer is not sent: {}", sent.error().text);
  };
  auto request = api::ParseAs<api::KeyRequest>(message.payload);
  if (request) return operations_.Do(std::move(*request), answer);
  api::KeyReply reply;
  reply.set_error("The signer was sent a malformed request.");
  answer(reply);
}

}  // namespace
}  // namespace vam::pki

namespace vam::vamd {

int RunSignerRole(RoleContext& context) {
  return pki::SignerRole(context, pki::OpenStore(context.options.state_dir)).Run();
}

}  // namespace vam::vamd
