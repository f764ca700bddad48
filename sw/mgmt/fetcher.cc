#include "sw/mgmt/fetcher.h"

#include <utility>

#include "sw/api/turn.h"
#include "sw/base/log.h"
#include "sw/mgmt/worker_keeper.h"

namespace vam::mgmt {
namespace {

constexpr uint64_t kAnswerNs = 15 * kNsPerSecond;    // the worker gives up after 10 s
constexpr uint64_t kResolvedNs = 60 * kNsPerSecond;  // six servers, twice (name_lookup.h)
constexpr size_t kMostPending = 256;

}  // namespace

void Fetcher::Ask(const api::Message& message) {
  TakeWorkers();
  const Pending pending{message.request, clock_.MonotonicNs() + kAnswerNs};
  if (!worker_.open()) return Fail(pending, "The process that fetches is not there.");
  if (pending_.size() >= kMostPending) return Fail(pending, "Too much is being fetched.");
  const uint32_t number = next_++;
  const Status sent = worker_.Send(api::MessageType::kFetchRequest, number, Bytes(message.payload));
  if (!sent) return Fail(pending, "The process that fetches takes no more.");
  pending_[number] = pending;
}

// Called by answers too, while the channel of the worker is read: it stays what it is.
bool Fetcher::Resolve(uint32_t request, const api::ResolveRequest& wanted, Resolved answer) {
  if (!worker_.open() || pending_.size() >= kMostPending) return false;
  const uint32_t number = next_++;
  if (!worker_.Send(api::MessageType::kResolveRequest, number, wanted)) return false;
  pending_[number] = {request, clock_.MonotonicNs() + kResolvedNs, std::move(answer)};
  return true;
}

void Fetcher::Forget() {
  std::erase_if(pending_, [](const auto& each) { return each.second.resolved == nullptr; });
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
    if (now >= pending.deadline_ns) Fail(pending, "There was no answer in time.");
  }
}

void Fetcher::TakeWorkers() {
  auto worker =
      TakeWorker(keeper_, "fetch: its keeper ended; CRLs and OCSP answers cannot be fetched");
  if (!worker) return;
  worker_ = std::move(*worker);
  FailAll();
}

void Fetcher::TakeReplies() {
  const auto take = [this](const api::Message& message) {
    const auto node = pending_.extract(message.request);
    if (!node.empty()) Take(node.mapped(), message);
  };
  static_cast<void>(api::TakeMessages(worker_, api::kAllMessages, take));
  if (worker_.fd() < 0 || worker_.open()) return;
  worker_ = api::Channel();
  FailAll();
}

void Fetcher::Take(const Pending& pending, const api::Message& message) {
  const Bytes payload(message.payload);
  if (pending.resolved) {
    const auto reply = api::ParseAs<api::ResolveReply>(payload);
    if (reply && message.type == api::MessageType::kResolveReply) {
      return pending.resolved(pending.request, *reply);
    }
  } else if (message.type == api::MessageType::kFetchReply) {
    if (const auto reply = api::ParseAs<api::FetchReply>(payload)) {
      return answer_(pending.request, *reply);
    }
  }
  Fail(pending, "The answer is malformed.");
}

void Fetcher::FailAll() {
  for (const auto& [number, pending] : std::exchange(pending_, {})) {
    Fail(pending, "The process that fetches ended.");
  }
}

void Fetcher::Fail(const Pending& pending, const char* why) {
  if (pending.resolved) {
    api::ResolveReply reply;
    reply.set_error(why);
    return pending.resolved(pending.request, reply);
  }
  api::FetchReply reply;
  reply.set_error(why);
  answer_(pending.request, reply);
}

}  // namespace vam::mgmt
