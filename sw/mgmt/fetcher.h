// mgmt's end of the fetch worker: what the ikev2 role asks for, and the answers it is owed.
#ifndef VAM_SW_MGMT_FETCHER_H_
#define VAM_SW_MGMT_FETCHER_H_

#include <poll.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "sw/api/channel.h"
#include "sw/api/pki.pb.h"
#include "sw/base/clock.h"

namespace vam::mgmt {

// Single-threaded; never blocks. Each question is answered once: by the worker, or with the reason
// why not when the worker ends, is silent, or is not there.
class Fetcher {
 public:
  using Answer = std::function<void(uint32_t request, const api::FetchReply& reply)>;

  // `keeper`: of StartFetchKeeper; not open: nothing can be fetched.
  Fetcher(api::Channel keeper, const Clock& clock, Answer answer)
      : keeper_(std::move(keeper)), clock_(clock), answer_(std::move(answer)) {}

  // A kFetchRequest of the ikev2 role as it came.
  void Ask(const api::Message& message);
  // What is to be waited for.
  void AddWaits(std::vector<pollfd>& waits) const;
  // Reads what has come, and gives up on what is late.
  void Turn();
  // The ikev2 role is gone, and with it whoever asked.
  void Forget() { pending_.clear(); }

 private:
  struct Pending {
    uint32_t request;  // the ikev2 role's number
    uint64_t deadline_ns;
  };
  void TakeWorkers();
  void TakeReplies();
  void FailAll();
  void Fail(uint32_t request, const char* why);

  api::Channel keeper_;
  api::Channel worker_;
  const Clock& clock_;
  Answer answer_;
  std::map<uint32_t, Pending> pending_;  // by the number that the worker knows
  uint32_t next_ = 1;
};

}  // namespace vam::mgmt

#endif  // VAM_SW_MGMT_FETCHER_H_
