#include "sw/mgmt/server.h"

#include <fmt/core.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <utility>

#include "sw/api/turn.h"
#include "sw/base/log.h"

namespace vam::mgmt {
namespace {

constexpr size_t kMaxClients = 32;
constexpr size_t kHistoryLines = 20;

void ForgetSecret(std::optional<std::string>& secret) {
  if (!secret) return;
  std::string& text = *secret;
  OPENSSL_cleanse(text.data(), text.size());
  secret.reset();
}
}  // namespace

Result<api::OwnedFd> ListenAt(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return Err(ErrorCode::kInvalidArgument, "the socket's path is too long");
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  api::OwnedFd fd(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const api::OwnedFd probe(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  if (!fd || !probe) return Err(ErrorCode::kIo, "socket failed");
  struct stat status {};
  if (lstat(path.c_str(), &status) == 0) {
    if (!S_ISSOCK(status.st_mode)) {
      return Err(ErrorCode::kExists, "the socket's path is another file");
    }
    if (connect(probe.get(), generic, sizeof address) == 0) {
      return Err(ErrorCode::kExists, "another process serves the socket");
    }
    unlink(path.c_str());
  }
  const mode_t before = umask(0177);
  const int bound = bind(fd.get(), generic, sizeof address);
  umask(before);
  if (bound != 0) return Err(ErrorCode::kIo, "the socket cannot be made");
  if (listen(fd.get(), 16) != 0) return Err(ErrorCode::kIo, "listen failed");
  return fd;
}

void Server::RunOnce(api::Channel& supervisor, int timeout_ms) {
  std::vector<pollfd> waits{api::WaitFor(supervisor), {listener_.get(), POLLIN, 0}};
  for (const vamd::Role role : kConfigured) {
    waits.push_back(api::WaitFor(distributor_.channel(role)));
  }
  waits.push_back(api::WaitFor(signer_));
  if (fetcher_) fetcher_->AddWaits(waits);
  if (metrics_) metrics_->AddWaits(waits);
  for (const auto& [id, client] : clients_) {
    waits.push_back(api::WaitFor(client.channel));
    const bool listens = !client.busy || client.ping != nullptr;
    if (!listens) waits.back().events = client.channel.pending() ? POLLOUT : 0;
  }
  poll(waits.data(), waits.size(), timeout_ms);
  if ((waits[1].revents & POLLIN) != 0) Accept();
  for (const vamd::Role role : kConfigured) ReadRole(role);
  ReadSigner();
  if (fetcher_) fetcher_->Turn();
  TurnNames();
  if (metrics_) metrics_->Turn(distributor_.running().metrics);
  std::vector<uint64_t> ids;
  for (const auto& [id, client] : clients_) ids.push_back(id);
  for (uint64_t id : ids) ReadClient(id);
  FinishPings();
  distributor_.Tick();
  FailWaiting(std::nullopt);
}

void Server::Accept() {
  for (;;) {
    api::OwnedFd fd(accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd) return;
    if (clients_.size() >= kMaxClients) {
      Log(LogLevel::kWarning, "client refused: {} are connected", kMaxClients);
      continue;
    }
    Client& client = clients_[next_client_++];
    client.channel = api::Channel(std::move(fd));
    client.last_line_ns = clock_.MonotonicNs();
  }
}

void Server::ReadClient(uint64_t id) {
  while (true) {
    const auto at = clients_.find(id);
    if (at == clients_.end()) return;
    Client& client = at->second;
    if (client.channel.pending() && !client.channel.Flush()) {
      clients_.erase(at);
      return;
    }
    if (client.ping != nullptr) {
      if (!ReadWhilePinging(id)) clients_.erase(id);
      return;
    }
    if (client.busy) return Advance(id);
    auto received = client.channel.Receive();
    if (!received) {
      clients_.erase(at);  // its candidate goes with it: nothing is half applied
      return;
    }
    if (!*received) return;
    if ((*received)->type == api::MessageType::kCliInterrupt) {
      continue;  // what it should have ended had ended by itself
    }
    client.request = (*received)->request;
    if ((*received)->type == api::MessageType::kCliRequest) {
      auto request = api::ParseAs<api::CliRequest>(Bytes((*received)->payload));
      if (!request) {
        clients_.erase(at);
        return;
      }
      client.busy = true;
      ForgetSecret(client.file);
      if (request->has_file()) client.file = request->file();
      client.confirmed = request->confirmed();
      client.secret.reset();
      if (request->has_secret()) {
        client.secret = request->secret();
        OPENSSL_cleanse(request->mutable_secret()->data(), request->secret().size());
      }
      ForgetSecret(client.lines);
      if (request->has_lines()) {
        client.lines = request->lines();
        OPENSSL_cleanse(request->mutable_lines()->data(), request->lines().size());
      }
      client.sensitive = false;
      client.line = request->line();
      client.last_line_ns = clock_.MonotonicNs();
      OnLine(id, request->line());
    } else if ((*received)->type == api::MessageType::kCliHelpRequest) {
      OnHelp(client, **received);
    } else {
      clients_.erase(at);
      return;
    }
  }
}

std::string Server::Prompt(const Client& client) const {
  const std::string& host = distributor_.running().hostname;
  if (!client.privileged) return host + ">";
  if (!client.candidate) return host + "#";
  return fmt::format("{}({})#", host, config::ModeName(client.candidate->mode()));
}

void Server::Answer(uint64_t id, std::string text, int exit_code, bool closed) {
  api::CliReply reply;
  reply.set_text(std::move(text));
  reply.set_exit_code(exit_code);
  reply.set_closed(closed);
  Reply(id, std::move(reply));
}

// For show history: never a line that may hold a secret.
void Server::Remember(Client& client) {
  std::string line = std::exchange(client.line, {});
  if (client.sensitive) return OPENSSL_cleanse(line.data(), line.size());
  if (line.find_first_not_of(" \t") == std::string::npos) return;
  client.history.push_back(line);
  if (client.history.size() > kHistoryLines) client.history.pop_front();
}

void Server::Reply(uint64_t id, api::CliReply reply) {
  const auto at = clients_.find(id);
  if (at == clients_.end()) return;
  Client& client = at->second;
  client.busy = false;
  ForgetSecret(client.file);
  ForgetSecret(client.secret);
  ForgetSecret(client.lines);
  Remember(client);
  reply.set_prompt(Prompt(client));
  reply.set_page_length(client.page_length);
  reply.set_sensitive(client.sensitive);
  Status sent = client.channel.Send(api::MessageType::kCliReply, client.request, reply);
  if (!sent && sent.error().code == ErrorCode::kExhausted) {
    reply.set_text("% The answer is too long; use a filter.\n");
    reply.set_exit_code(kFailed);
    sent = client.channel.Send(api::MessageType::kCliReply, client.request, reply);
  }
  // A client that is gone is erased at its next turn.
  if (!sent) Log(LogLevel::kDebug, "client {} is gone", id);
}

}  // namespace vam::mgmt
