// `ping`: asked of fwd, and shown piece by piece while it goes on.
#include <utility>

#include "sw/base/log.h"
#include "sw/mgmt/local_show.h"
#include "sw/mgmt/render.h"
#include "sw/mgmt/server.h"
#include "sw/mgmt/show_sink.h"

namespace vam::mgmt {
namespace {

std::string Sentence(const std::string& error) { return "% " + error + "\n"; }

}  // namespace

void Server::RunPing(uint64_t id, const PipedCommand& piped, const ExecCommand& command) {
  Client& client = clients_.at(id);
  api::PingRequest start = command.ping;
  start.set_id(next_ping_++);
  start.set_source_interface(
      ResolveInterface(distributor_.running(), command.ping.source_interface()));
  pings_[start.id()] = id;
  client.ping = std::make_unique<PingJob>(piped, start);
  AskPing(id, start);
}

void Server::AskPing(uint64_t id, const api::PingRequest& message) {
  const uint32_t request = next_request_++;
  api::Channel& fwd = distributor_.fwd();
  if (!fwd.open() || !fwd.Send(api::MessageType::kPingRequest, request, message)) {
    return EndPing(id, "% The forwarder is not running.\n", kFailed);
  }
  clients_.at(id).ping->waiting = request;
  waiting_[request] = {id, vamd::Role::kFwd, clock_.MonotonicNs() + kAnswerNs, Waiting::For::kPing};
}

void Server::TellPing(const api::PingRequest& ping, api::PingRequest::Kind kind) {
  api::PingRequest message;
  message.set_kind(kind);
  message.set_id(ping.id());
  // A forwarder that is gone has no pings.
  const Status sent = distributor_.fwd().Send(api::MessageType::kPingRequest, 0, message);
  if (!sent) Log(LogLevel::kDebug, "ping {}: fwd is gone", ping.id());
}

// Answers the client. FinishPings sees to it that fwd forgets what it may still know.
void Server::EndPing(uint64_t id, std::string text, int exit_code) {
  clients_.at(id).ping.reset();
  Answer(id, std::move(text), exit_code);
}

// An empty text too: the client sees that somebody is at it.
void Server::ShowPing(Client& client, std::string text) {
  api::CliReply reply;
  reply.set_text(std::move(text));
  reply.set_more(true);
  reply.set_live(true);
  const Status sent = client.channel.Send(api::MessageType::kCliReply, client.request, reply);
  if (!sent) Log(LogLevel::kDebug, "a client that pinged is gone");
}

void Server::OnPingReply(const api::Message& message) {
  const auto node = waiting_.extract(message.request);
  if (node.empty()) return;  // its client has been told
  const uint64_t id = node.mapped().client;
  const auto at = clients_.find(id);
  if (at == clients_.end() || at->second.ping == nullptr) return;
  Client& client = at->second;
  PingJob& job = *client.ping;
  if (job.waiting != message.request) return;
  job.waiting = 0;
  const auto reply = api::ParseAs<api::PingReply>(Bytes(message.payload));
  if (!reply || !reply->error().empty()) {
    const std::string error = reply ? reply->error() : "The answer is malformed.";
    return EndPing(id, job.json ? ErrorText(error, true) : Sentence(error), kFailed);
  }
  std::string text;
  if (!job.json) {
    if (!std::exchange(job.begun, true)) text = RenderPingHead(job.start, reply->ping());
    text += job.marks.Add(reply->marks());
    if (reply->done()) text += job.marks.Finish() + RenderPingTail(reply->ping());
    text = job.filters.Feed(text);
    if (reply->done()) text += job.filters.Finish();
  } else if (reply->done()) {
    api::ShowReply whole;
    *whole.mutable_ping() = reply->ping();
    text = job.filters.Feed(RenderJson(whole)) + job.filters.Finish();
  }
  ShowPing(client, std::move(text));
  if (!reply->done()) return AdvancePing(id);
  pings_.erase(job.start.id());
  EndPing(id, "", reply->ping().received() > 0 ? 0 : kFailed);
}

// The next piece is asked for when the client has taken the one before.
void Server::AdvancePing(uint64_t id) {
  const Client& client = clients_.at(id);
  if (client.ping->waiting != 0 || client.channel.pending()) return;
  api::PingRequest next;
  next.set_kind(api::PingRequest::NEXT);
  next.set_id(client.ping->start.id());
  AskPing(id, next);
}

// What a client says while its ping goes on: that it should end. False: the client is gone.
bool Server::ReadWhilePinging(uint64_t id) {
  Client& client = clients_.at(id);
  while (client.ping != nullptr) {
    const auto received = client.channel.Receive();
    if (!received) return false;
    if (!*received) break;
    if ((*received)->type != api::MessageType::kCliInterrupt) return false;
    TellPing(client.ping->start, api::PingRequest::STOP);
  }
  if (client.ping != nullptr) AdvancePing(id);
  return true;
}

// Pings whose operator has gone, or has been answered without them.
void Server::FinishPings() {
  for (auto at = pings_.begin(); at != pings_.end();) {
    const auto& [ping, client] = *at;
    const auto owner = clients_.find(client);
    const bool wanted = owner != clients_.end() && owner->second.ping != nullptr &&
                        owner->second.ping->start.id() == ping;
    if (wanted) {
      ++at;
      continue;
    }
    api::PingRequest gone;
    gone.set_id(ping);
    TellPing(gone, api::PingRequest::FORGET);
    at = pings_.erase(at);
  }
}

}  // namespace vam::mgmt
