// Questions to another role that may be away, slow or end in the middle: each gets an answer or an
// error, and each in its time.
#ifndef VAM_SW_IKE_ANSWER_TABLE_H_
#define VAM_SW_IKE_ANSWER_TABLE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <utility>
#include <vector>

#include "sw/base/clock.h"
#include "sw/base/result.h"

namespace vam::ike {

// What waits for whom, and how long.
struct AnswerLimits {
  uint64_t patience_ns = 0;
  size_t most = 0;
};

// One thread. An answer comes in a later call of Receive or Poll, never from within Ask. A callback
// may ask again, and must find its SA by a number: by then it may be gone. A question waits for a
// role that is away, and is asked again when there is a new one.
template <typename Question, typename Answer>
class AnswerTable {
 public:
  // Carries one question to the other role. False: it is not there.
  using Send = std::function<bool(uint32_t request, const Question&)>;
  // kUnavailable: the other role was not there all the time. kTimedOut: it had the question.
  // kExhausted: too many wait.
  using Done = std::function<void(const Result<Answer>&)>;

  AnswerTable(const Clock& clock, Send send, AnswerLimits limits)
      : clock_(clock), send_(std::move(send)), limits_(limits) {}

  void Ask(Question question, Done done) {
    if (waiting_.size() >= limits_.most) return refused_.push_back(std::move(done));
    // Numbers come again after 2^32 questions; the table is far smaller, and old ones are gone.
    Waiting entry{++last_, clock_.MonotonicNs() + limits_.patience_ns, false, std::move(question),
                  std::move(done)};
    entry.sent = send_(entry.request, entry.question);
    waiting_.push_back(std::move(entry));
  }

  // False: nobody waits for it.
  bool Receive(uint32_t request, const Result<Answer>& answer) {
    const auto found = std::ranges::find(waiting_, request, &Waiting::request);
    if (found == waiting_.end()) return false;
    const Done done = std::move(found->done);
    waiting_.erase(found);
    done(answer);
    return true;
  }

  // There is a new one, which knows of nothing.
  void Meet() {
    for (Waiting& entry : waiting_) entry.sent = send_(entry.request, entry.question);
  }

  // Ends what has waited long enough.
  void Poll() {
    for (const Done& done : std::exchange(refused_, {})) {
      done(Err(ErrorCode::kExhausted, "too many questions wait for another role"));
    }
    // All have the same patience: the oldest is the first that is due.
    while (!waiting_.empty() && waiting_.front().due_ns <= clock_.MonotonicNs()) {
      const Waiting entry = std::move(waiting_.front());
      waiting_.pop_front();
      entry.done(entry.sent ? Err(ErrorCode::kTimedOut, "another role has not answered")
                            : Err(ErrorCode::kUnavailable, "another role is away"));
    }
  }
  // When Poll has something to do; UINT64_MAX: never.
  uint64_t next_ns() const {
    if (!refused_.empty()) return 0;
    return waiting_.empty() ? UINT64_MAX : waiting_.front().due_ns;
  }

  size_t pending() const { return waiting_.size(); }

 private:
  struct Waiting {
    uint32_t request;
    uint64_t due_ns;
    bool sent;
    Question question;
    Done done;
  };

  const Clock& clock_;
  Send send_;
  AnswerLimits limits_;
  std::deque<Waiting> waiting_;
  std::vector<Done> refused_;
  uint32_t last_ = 0;
};

}  // namespace vam::ike

#endif  // VAM_SW_IKE_ANSWER_TABLE_H_
