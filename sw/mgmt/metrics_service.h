// mgmt's end of the metrics endpoint: tells the process that serves it where to listen, and makes
// the text that it asks for.
#ifndef VAM_SW_MGMT_METRICS_SERVICE_H_
#define VAM_SW_MGMT_METRICS_SERVICE_H_

#include <poll.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sw/api/channel.h"
#include "sw/api/metrics.pb.h"
#include "sw/base/clock.h"
#include "sw/config/running_metrics.h"
#include "sw/mgmt/metrics_collector.h"

namespace vam::mgmt {

// Single-threaded; never blocks. One text serves all who ask within kFreshNs, so the roles are not
// asked more often than that however many read.
class MetricsService {
 public:
  static constexpr uint64_t kFreshNs = kNsPerSecond;
  static constexpr size_t kMostWaiting = 64;

  struct Hooks {
    MetricsCollector::Ask ask;
    std::function<Gathered()> head;                   // what mgmt itself knows
    std::function<void(const std::string&)> problem;  // a sentence for operators
  };
  // `keeper`: of StartMetricsKeeper.
  MetricsService(api::Channel keeper, const Clock& clock, Hooks hooks)
      : keeper_(std::move(keeper)),
        clock_(clock),
        hooks_(std::move(hooks)),
        collector_(clock, hooks_.ask) {}

  // What is to be waited for.
  void AddWaits(std::vector<pollfd>& waits) const;
  // Reads what has come and answers what is ready; `wanted`: as configured now.
  void Turn(const std::optional<config::MetricsListen>& wanted);
  // False: not an answer to a question from here.
  bool OnReply(vamd::Role role, const api::Message& message) {
    return collector_.OnReply(role, message);
  }
  void Lose(vamd::Role role) { collector_.Lose(role); }

 private:
  void TakeWorkers();
  void TellWhere(const std::optional<config::MetricsListen>& wanted);
  void ReadWorker();
  void OnState(const api::Message& message);
  void Answer();
  void Send(uint32_t request, const api::MetricsReply& reply);

  api::Channel keeper_;
  api::Channel worker_;
  const Clock& clock_;
  Hooks hooks_;
  MetricsCollector collector_;
  bool told_ = false;                           // the present worker
  std::optional<config::MetricsListen> where_;  // it was told
  std::string problem_;                         // operators know of
  std::vector<uint32_t> waiting_;               // its numbers
  std::string text_;                            // the last one
  uint64_t made_ns_ = 0;                        // 0: none
};

}  // namespace vam::mgmt

#endif  // VAM_SW_MGMT_METRICS_SERVICE_H_
