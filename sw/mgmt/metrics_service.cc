#include "sw/mgmt/metrics_service.h"

#include <utility>

#include "sw/api/turn.h"
#include "sw/base/log.h"
#include "sw/mgmt/worker_keeper.h"

namespace vam::mgmt {

void MetricsService::AddWaits(std::vector<pollfd>& waits) const {
  waits.push_back(api::WaitFor(keeper_));
  waits.push_back(api::WaitFor(worker_));
}

void MetricsService::Turn(const std::optional<config::MetricsListen>& wanted) {
  TakeWorkers();
  TellWhere(wanted);
  ReadWorker();
  collector_.Turn();
  Answer();
}

// Who waited for the worker before is gone.
void MetricsService::TakeWorkers() {
  auto worker = TakeWorker(keeper_, "metrics: the keeper ended; no metrics can be served");
  if (!worker) return;
  worker_ = std::move(*worker);
  waiting_.clear();
  told_ = false;
}

void MetricsService::TellWhere(const std::optional<config::MetricsListen>& wanted) {
  if (!worker_.open() || (told_ && wanted == where_)) return;
  if (!told_ && !wanted) return;  // it listens nowhere by itself
  api::MetricsListen listen;
  if (wanted) {
    listen.set_address(net::ToString(wanted->address));
    listen.set_port(wanted->port);
  }
  if (!worker_.Send(api::MessageType::kMetricsListen, 0, listen)) return;
  told_ = true;
  where_ = wanted;
  problem_.clear();
}

void MetricsService::ReadWorker() {
  const auto take = [this](const api::Message& message) {
    if (message.type == api::MessageType::kMetricsState) {
      OnState(message);
    } else if (message.type == api::MessageType::kMetricsRequest &&
               waiting_.size() < kMostWaiting) {
      waiting_.push_back(message.request);
    }
  };
  static_cast<void>(api::TakeMessages(worker_, api::kAllMessages, take));
  if (worker_.fd() < 0 || worker_.open()) return;
  worker_ = api::Channel();
  waiting_.clear();
}

// Told once, not at each try.
void MetricsService::OnState(const api::Message& message) {
  const auto state = api::ParseAs<api::MetricsState>(Bytes(message.payload));
  if (!state || state->error() == problem_) return;
  problem_ = state->error();
  if (!problem_.empty()) hooks_.problem(problem_);
}

void MetricsService::Answer() {
  if (auto gathered = collector_.Take()) {
    text_ = MetricsText(*gathered);
    made_ns_ = clock_.MonotonicNs();
  } else if (!waiting_.empty() && !collector_.busy() &&
             (made_ns_ == 0 || clock_.MonotonicNs() - made_ns_ >= kFreshNs)) {
    collector_.Begin(hooks_.head());
    if (!collector_.busy()) return Answer();  // no role is there
  }
  if (waiting_.empty() || collector_.busy()) return;
  api::MetricsReply reply;
  reply.set_text(text_);
  for (const uint32_t request : std::exchange(waiting_, {})) Send(request, reply);
}

void MetricsService::Send(uint32_t request, const api::MetricsReply& reply) {
  const Status sent = worker_.Send(api::MessageType::kMetricsReply, request, reply);
  if (!sent) Log(LogLevel::kWarning, "metrics: an answer was not sent: {}", sent.error().text);
}

}  // namespace vam::mgmt
