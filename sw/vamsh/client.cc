#include "sw/vamsh/client.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

#include "sw/api/log.pb.h"
#include "sw/api/turn.h"

namespace vam::vamsh {
namespace {

constexpr int kAnswerMs = 60'000;

}  // namespace

Result<Client> Client::Connect(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return Err(ErrorCode::kInvalidArgument, "the socket's path is too long");
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  api::OwnedFd fd(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  if (!fd) return Err(ErrorCode::kIo, "socket failed");
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return errno == ENOENT || errno == ECONNREFUSED
               ? Err(ErrorCode::kNotFound, "vamd does not run there")
               : Err(ErrorCode::kIo, "the connection is refused (are you allowed to use it?)");
  }
  return Client(api::Channel(std::move(fd)));
}

Result<api::Message> Client::Ask(api::MessageType type,
                                 const google::protobuf::MessageLite& message) {
  const uint32_t request = next_request_++;
  VAM_TRY_STATUS(channel_.Send(type, request, message));
  return Await(request);
}

Result<api::Message> Client::Await(uint32_t request, const Watch* live) {
  bool keys = live != nullptr && live->keys >= 0 && live->on_keys;
  for (;;) {
    VAM_TRY(auto received, channel_.Receive());
    if (received && received->request == request) return std::move(*received);
    if (received) {
      Keep(*received);
      continue;
    }
    pollfd waits[] = {api::WaitFor(channel_), {keys ? live->keys : -1, POLLIN, 0}};
    if (poll(waits, 2, kAnswerMs) == 0) return Err(ErrorCode::kTimedOut, "vamd does not answer");
    if (waits[1].revents != 0 && live->on_keys()) {
      keys = false;
      VAM_TRY_STATUS(channel_.Send(api::MessageType::kCliInterrupt, request, Bytes()));
    }
    if (channel_.pending()) VAM_TRY_STATUS(channel_.Flush());
  }
}

void Client::Keep(const api::Message& message) {
  if (message.type != api::MessageType::kLogRecord) return;
  auto record = api::ParseAs<api::LogRecord>(Bytes(message.payload));
  if (!record) return;
  messages_.push_back(std::move(*record->mutable_text()));
  if (messages_.size() > kMostMessages) messages_.pop_front();
}

Status Client::ReadMessages() {
  for (;;) {
    VAM_TRY(const auto received, channel_.Receive());
    if (!received) return Ok();
    Keep(*received);
  }
}

std::optional<std::string> Client::TakeMessage() {
  if (messages_.empty()) return std::nullopt;
  std::string line = std::move(messages_.front());
  messages_.pop_front();
  return line;
}

Result<api::CliReply> Client::Run(const std::string& line) {
  api::CliRequest request;
  request.set_line(line);
  return Run(request);
}

Result<api::CliReply> Client::Run(const api::CliRequest& request, const Watch& watch) {
  VAM_TRY(api::Message message, Ask(api::MessageType::kCliRequest, request));
  std::string before;
  for (;;) {
    VAM_TRY(api::CliReply reply, api::ParseAs<api::CliReply>(Bytes(message.payload)));
    if (!reply.more()) {
      if (!before.empty()) reply.set_text(before + reply.text());
      return reply;
    }
    const OnText& show = reply.live() && watch.on_live ? watch.on_live : watch.on_text;
    if (show) {
      show(reply.text());
    } else {
      before += reply.text();
    }
    VAM_TRY(message, Await(message.request, reply.live() ? &watch : nullptr));
  }
}

Result<api::CliHelpReply> Client::Help(const std::string& line) {
  api::CliHelpRequest request;
  request.set_line(line);
  VAM_TRY(const api::Message reply, Ask(api::MessageType::kCliHelpRequest, request));
  return api::ParseAs<api::CliHelpReply>(Bytes(reply.payload));
}

}  // namespace vam::vamsh
