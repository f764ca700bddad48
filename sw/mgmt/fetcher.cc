#include "sw/mgmt/fetcher.h"

#include <utility>

#include "sw/api/turn.h"
#include "sw/base/log.h"

namespace vam::mgmt {
namespace {

constexpr uint64_t kAnswerNs = 15 * kNsPerSecond;  // the worker gives up after 10 s
constexpr size_t kMostPending = 256;

}  // namespace

void Fetcher::Ask(const api::Message& message) {
  TakeWorkers();
  if (!worker_.open()) return Fail(message.request, "The process that fetches is not there.");
  if (pending_.size() >= kMostPending) return Fail(message.request, "Too much is being fetched.");
  const uint32_t number = next_++;
  const Status sent = worker_.Send(api::MessageType::kFetchRequest, number, Bytes(message.payload));
  if (!sent) return Fail(message.request, "The process that fetches takes no more.");
  pending_[number] = {message.request, clock_.MonotonicNs() + kAnswerNs};
}

void Fetcher::AddWaits(std::vector<pollfd>& waits) const {
  waits.push_back(api::WaitFor(keeper_));
  waits.push_back(api::WaitFor(worker_));
}

void Fetcher::Turn() {
  TakeReplies();
  TakeWorkers();
  const uint64_t now = clock_.MonotonicNs();
  for (auto at = pending_.begin(); at != pending_.end();) {
    const Pending pending = at->second;
    at = now < pending.deadline_ns ? std::next(at) : pending_.erase(at);
    if (now >= pending.deadline_ns) Fail(pending.request, "There was no answer in time.");
  }
}

// The keeper sends a channel for each worker that it starts.
void Fetcher::TakeWorkers() {
  while (keeper_.open()) {
    auto received = keeper_.Receive();
    if (!received) {
      Log(LogLevel::kError, "fetch: its keeper ended; CRLs and OCSP answers cannot be fetched");
      keeper_ = api::Channel();
      return;
    }
    if (!*received) return;
    if ((*received)->type != api::MessageType::kPeer || !(*received)->fd) continue;
    FailAll();
    worker_ = api::Channel(std::move((*received)->fd));
  }
}

void Fetcher::TakeReplies() {
  const auto take = [this](const api::Message& message) {
    const auto node = pending_.extract(message.request);
    if (node.empty() || message.type != api::MessageType::kFetchReply) return;
    const auto reply = api::ParseAs<api::FetchReply>(message.payload);
    if (!reply) return Fail(node.mapped().request, "The answer is malformed.");
    answer_(node.mapped().request, *reply);
  };
  static_cast<void>(api::TakeMessages(worker_, api::kAllMessages, take));
  if (worker_.fd() < 0 || worker_.open()) return;
  worker_ = api::Channel();
  FailAll();
}

void Fetcher::FailAll() {
  for (const auto& [number, pending] : std::exchange(pending_, {})) {
    Fail(pending.request, "The process that fetches ended.");
  }
}

void Fetcher::Fail(uint32_t request, const char* why) {
  api::FetchReply reply;
  reply.set_error(why);
  answer_(request, reply);
}

}  // namespace vam::mgmt
