#include "sw/mgmt/metrics_collector.h"

#include <utility>

namespace vam::mgmt {

void MetricsCollector::Begin(Gathered head) {
  gathered_ = std::move(head);
  questions_.clear();
  const auto add = [this](vamd::Role role, api::ShowKind kind) {
    api::ShowRequest request;
    request.set_kind(kind);
    // The engines stand in the first piece, before placements, which are counted apart.
    if (kind == api::SHOW_CRYPTO_ENGINE) request.set_limit(1);
    questions_.push_back({role, std::move(request)});
    gathered_.answered[std::string(vamd::RoleName(role))] = true;
  };
  add(vamd::Role::kFwd, api::SHOW_REASONS);
  add(vamd::Role::kFwd, api::SHOW_INTERFACES);
  add(vamd::Role::kFwd, api::SHOW_CRYPTO_ENGINE);
  add(vamd::Role::kFwd, api::SHOW_SA_PLACEMENTS);
  add(vamd::Role::kIkev2, api::SHOW_IKEV2_STATS);
  busy_ = true;
  done_ = false;
  deadline_ns_ = 0;
  Next();
}

void MetricsCollector::Next() {
  request_ = 0;
  while (!questions_.empty()) {
    const Question& question = questions_.front();
    if (deadline_ns_ == 0) deadline_ns_ = clock_.MonotonicNs() + kAnswerNs;
    request_ = ask_(question.role, question.request);
    if (request_ != 0) return;
    SkipRole();
  }
  busy_ = false;
  done_ = true;
}

void MetricsCollector::SkipRole() {
  const vamd::Role role = questions_.front().role;
  gathered_.answered[std::string(vamd::RoleName(role))] = false;
  while (!questions_.empty() && questions_.front().role == role) questions_.pop_front();
  deadline_ns_ = 0;
  cursor_.clear();
}

bool MetricsCollector::OnReply(vamd::Role role, const api::Message& message) {
  if (request_ == 0 || message.request != request_ || questions_.front().role != role) return false;
  const auto reply = api::ParseAs<api::ShowReply>(Bytes(message.payload));
  if (!reply || !Accept(*reply)) SkipRole();
  Next();
  return true;
}

// False: the role does not answer what it was asked.
bool MetricsCollector::Accept(const api::ShowReply& reply) {
  if (!reply.error().empty()) return false;
  Question& question = questions_.front();
  bool more = false;
  switch (question.request.kind()) {
    case api::SHOW_REASONS:
      gathered_.reasons = reply.reasons();
      break;
    case api::SHOW_INTERFACES:
      gathered_.interfaces = reply.interfaces();
      break;
    case api::SHOW_CRYPTO_ENGINE:
      gathered_.engines = reply.crypto_engine();
      gathered_.engines->clear_placement();
      break;
    case api::SHOW_SA_PLACEMENTS:
      gathered_.AddPlacements(reply.sa_placement_counts());
      more = reply.has_next();
      break;
    default:
      gathered_.ikev2 = reply.ikev2_stats();
      break;
  }
  if (more) {
    std::string cursor = reply.next().SerializeAsString();
    if (cursor == cursor_) return false;  // it would go on for ever
    cursor_ = std::move(cursor);
    *question.request.mutable_cursor() = reply.next();
    return true;
  }
  const vamd::Role role = question.role;
  questions_.pop_front();
  cursor_.clear();
  if (!questions_.empty() && questions_.front().role != role) deadline_ns_ = 0;
  return true;
}

void MetricsCollector::Lose(vamd::Role role) {
  if (request_ == 0 || questions_.front().role != role) return;
  SkipRole();
  Next();
}

void MetricsCollector::Turn() {
  if (request_ == 0 || clock_.MonotonicNs() < deadline_ns_) return;
  SkipRole();
  Next();
}

std::optional<Gathered> MetricsCollector::Take() {
  if (!std::exchange(done_, false)) return std::nullopt;
  return std::move(gathered_);
}

}  // namespace vam::mgmt
