// What comes from the roles that mgmt configures, and the answers that they owe.
#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "sw/api/turn.h"
#include "sw/base/log.h"
#include "sw/mgmt/server.h"
#include "sw/mgmt/version.h"

namespace vam::mgmt {
void Server::SetStates(api::RoleStates states) {
  states_ = std::move(states);
  for (const auto& state : states_.role()) {
    const auto role = vamd::FindRole(state.role());
    if (!role || std::ranges::count(kConfigured, *role) == 0) continue;
    const bool up = state.state() == "up";
    distributor_.SetReady(*role, up);
    if (up) SendDebugState(*role);
  }
}

void Server::ReadRole(vamd::Role role) {
  const bool is_fwd = role == vamd::Role::kFwd;
  api::Channel& channel = distributor_.channel(role);
  static_cast<void>(api::TakeMessages(channel, api::kAllMessages, [&](const api::Message& message) {
    if (OnRoleMessage(role, message) || (is_fwd && OnFwdMessage(message))) return;
    Log(LogLevel::kWarning, "{} sent a message that it should not", vamd::RoleName(role));
  }));
  if (channel.open()) {
    if (is_fwd) distributor_.AnswerReserves();
  } else if (channel.fd() >= 0) {
    Log(LogLevel::kWarning, "{} is gone", vamd::RoleName(role));
    distributor_.Disconnect(role);
    FailWaiting(role);
    if (role == vamd::Role::kIkev2 && fetcher_) fetcher_->Forget();
    if (metrics_) metrics_->Lose(role);
  }
}

// False: no message that every role sends.
bool Server::OnRoleMessage(vamd::Role role, const api::Message& message) {
  const Bytes payload(message.payload);
  switch (message.type) {
    case api::MessageType::kPrepareReply:
      if (auto m = api::ParseAs<api::PrepareReply>(payload)) distributor_.OnPrepareReply(role, *m);
      return true;
    case api::MessageType::kCommitReply:
      if (auto m = api::ParseAs<api::CommitReply>(payload)) distributor_.OnCommitReply(role, *m);
      return true;
    case api::MessageType::kShowReply:
      if (!metrics_ || !metrics_->OnReply(role, message)) OnShowReply(role, message);
      return true;
    case api::MessageType::kClearReply:
      OnClearReply(role, message);
      return true;
    case api::MessageType::kDebugRecord:
      if (auto m = api::ParseAs<api::DebugRecord>(payload)) {
        OnDebugRecord(std::string(vamd::RoleName(role)), *m);
      }
      return true;
    case api::MessageType::kKeyLog:
      if (role != vamd::Role::kIkev2) return false;
      TakeKey(message);
      return true;
    case api::MessageType::kFetchRequest:
      if (role != vamd::Role::kIkev2) return false;
      Fetch(message);
      return true;
    case api::MessageType::kPeerNameWanted:
      if (auto m = api::ParseAs<api::PeerNameWanted>(payload)) names_.Want(m->name());
      return true;
    case api::MessageType::kLogRecord:
      if (auto m = api::ParseAs<api::LogRecord>(payload)) log_.Post(*m);
      return true;
    default:
      return false;
  }
}

void Server::ConnectFetcher(api::Channel keeper) {
  fetcher_.emplace(std::move(keeper), clock_,
                   [this](uint32_t request, const api::FetchReply& m) { AnswerFetch(request, m); });
}
void Server::Fetch(const api::Message& message) {
  if (fetcher_) return fetcher_->Ask(message);
  api::FetchReply reply;
  reply.set_error("Nothing can be fetched here.");
  AnswerFetch(message.request, reply);
}
void Server::AnswerFetch(uint32_t request, const api::FetchReply& reply) {
  const Status sent =
      distributor_.channel(vamd::Role::kIkev2).Send(api::MessageType::kFetchReply, request, reply);
  if (!sent) Log(LogLevel::kWarning, "ikev2: an answer was not sent: {}", sent.error().text);
}

uint32_t Server::AskRole(vamd::Role role, const api::ShowRequest& request) {
  api::Channel& channel = distributor_.channel(role);
  const bool there = role == vamd::Role::kFwd ? channel.open() : distributor_.serves(role);
  if (!there) return 0;
  const uint32_t number = next_request_++;
  return channel.Send(api::MessageType::kShowRequest, number, request) ? number : 0;
}

void Server::ConnectMetrics(api::Channel keeper) {
  MetricsService::Hooks hooks;
  hooks.ask = [this](vamd::Role role, const api::ShowRequest& request) {
    return AskRole(role, request);
  };
  hooks.head = [this] {
    Gathered head;
    head.version = kVersion;
    head.started_wall_ns = clock_.WallNs() - (clock_.MonotonicNs() - started_ns_);
    head.roles = states_;
    return head;
  };
  hooks.problem = [this](const std::string& sentence) {
    log_.Post("SYS", config::Severity::kWarnings, "METRICS", sentence);
  };
  metrics_.emplace(std::move(keeper), clock_, std::move(hooks));
}

bool Server::OnFwdMessage(const api::Message& message) {
  switch (message.type) {
    case api::MessageType::kReserveNumbers:
      if (auto m = api::ParseAs<api::ReserveNumbers>(Bytes(message.payload))) {
        distributor_.OnReserve(message.request, std::move(*m));
      }
      return true;
    case api::MessageType::kPingReply:
      OnPingReply(message);
      return true;
    default:
      return false;
  }
}

bool Server::SendLog(const api::LogDatagram& datagram) {
  api::Channel& fwd = distributor_.fwd();
  return fwd.open() && distributor_.synchronised() &&
         fwd.Send(api::MessageType::kLogDatagram, 0, datagram).has_value();
}

namespace {

// Of `clear crypto ikev2 sa ... redirect`; nothing for all else.
std::string RedirectedText(const api::ClearReply& reply) {
  if (!reply.has_told()) return "";
  return fmt::format(
      "IKE SAs whose peer was told to go: {}\nIKE SAs that are left: {}{}\n", reply.told(),
      reply.left(),
      reply.left() == 0 ? "" : " (begun here, or the peer does not follow redirects or go there)");
}

}  // namespace

// A session is IKE's and fwd's: IKE first, so that it tells the peer, and makes no new SAs on an
// IKE SA that is about to go.
void Server::AskToClear(uint64_t id, const api::ClearRequest& clear) {
  constexpr vamd::Role kIke = vamd::Role::kIkev2;
  switch (clear.kind()) {
    case api::CLEAR_CRYPTO_SESSION:
      if (!distributor_.serves(kIke)) break;  // what it had has gone with it
      return AskRoleToClear(id, kIke, clear, clear);
    case api::CLEAR_IKEV2_SA:
    case api::CLEAR_IKEV2_STATS:
      return AskRoleToClear(id, kIke, clear, std::nullopt);
    default:
      break;
  }
  AskRoleToClear(id, vamd::Role::kFwd, clear, std::nullopt);
}

void Server::AskRoleToClear(uint64_t id, vamd::Role role, const api::ClearRequest& clear,
                            std::optional<api::ClearRequest> then) {
  const uint32_t request = next_request_++;
  api::Channel& channel = distributor_.channel(role);
  // fwd says itself what it cannot do yet.
  const bool there = role == vamd::Role::kFwd ? channel.open() : distributor_.serves(role);
  if (!there || !channel.Send(api::MessageType::kClearRequest, request, clear)) {
    return Answer(id, fmt::format("% {} is not running.\n", RoleTitle(role)), kFailed);
  }
  waiting_[request] = {id, role, clock_.MonotonicNs() + kAnswerNs, Waiting::For::kClear,
                       std::move(then)};
}

void Server::OnClearReply(vamd::Role role, const api::Message& message) {
  const auto at = waiting_.find(message.request);
  if (at == waiting_.end() || at->second.role != role) return;
  Waiting waiting = std::move(at->second);
  waiting_.erase(at);
  const auto reply = api::ParseAs<api::ClearReply>(Bytes(message.payload));
  const std::string error = reply ? reply->error() : "The answer is malformed.";
  if (!error.empty()) return Answer(waiting.client, "% " + error + "\n", kFailed);
  if (!waiting.then) return Answer(waiting.client, RedirectedText(*reply), 0);
  AskRoleToClear(waiting.client, vamd::Role::kFwd, *waiting.then, std::nullopt);
}

void Server::FailWaiting(std::optional<vamd::Role> gone) {
  const uint64_t now = clock_.MonotonicNs();
  std::vector<Waiting> failed;  // apart, since a job that goes on asks again
  for (auto at = waiting_.begin(); at != waiting_.end();) {
    if (at->second.role != gone && now < at->second.deadline_ns) {
      ++at;
      continue;
    }
    failed.push_back(std::move(at->second));
    at = waiting_.erase(at);
  }
  for (const Waiting& waiting : failed) {
    if (waiting.what == Waiting::For::kShow) {
      FailShow(waiting.client, waiting.role);
      continue;
    }
    const auto at = clients_.find(waiting.client);
    if (at != clients_.end()) at->second.ping.reset();
    Answer(waiting.client, fmt::format("% {} does not answer.\n", RoleTitle(waiting.role)),
           kFailed);
  }
}

}  // namespace vam::mgmt
