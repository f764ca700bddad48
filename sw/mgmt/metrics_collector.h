// Asks the roles for what the metrics show, one question after the other.
#ifndef VAM_SW_MGMT_METRICS_COLLECTOR_H_
#define VAM_SW_MGMT_METRICS_COLLECTOR_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>

#include "sw/api/channel.h"
#include "sw/base/clock.h"
#include "sw/mgmt/metrics_text.h"
#include "sw/vamd/role.h"

namespace vam::mgmt {

// Single-threaded; never waits. A role that is away, silent or wrong costs its metrics and nothing
// else.
class MetricsCollector {
 public:
  static constexpr uint64_t kAnswerNs = 4 * kNsPerSecond;  // that a role has for all its answers

  // Sends a question: its request number, which nobody else uses; 0: the role is not there.
  using Ask = std::function<uint32_t(vamd::Role role, const api::ShowRequest& request)>;

  MetricsCollector(const Clock& clock, Ask ask) : clock_(clock), ask_(std::move(ask)) {}

  // Requires: not busy.
  void Begin(Gathered head);
  bool busy() const { return busy_; }
  // False: not an answer to a question from here.
  bool OnReply(vamd::Role role, const api::Message& message);
  void Lose(vamd::Role role);
  // Gives up on what is late.
  void Turn();
  // What was gathered, once; nothing while it is busy.
  std::optional<Gathered> Take();

 private:
  struct Question {
    vamd::Role role;
    api::ShowRequest request;
  };
  void Next();
  void SkipRole();
  bool Accept(const api::ShowReply& reply);

  const Clock& clock_;
  Ask ask_;
  Gathered gathered_;
  std::deque<Question> questions_;  // the first one is under way
  uint32_t request_ = 0;            // its number; 0: none is under way
  uint64_t deadline_ns_ = 0;        // of all questions to its role
  std::string cursor_;              // that it goes on from
  bool busy_ = false;
  bool done_ = false;
};

}  // namespace vam::mgmt

#endif  // VAM_SW_MGMT_METRICS_COLLECTOR_H_
