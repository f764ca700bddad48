// mgmt's end of the fetch worker: what the ikev2 role and mgmt itself ask for, and the answers that
// are owed.
#ifndef VAM_SW_MGMT_FETCHER_H_
#define VAM_SW_MGMT_FETCHER_H_

#include <poll.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "sw/api/channel.h"
#include "sw/api/names.pb.h"
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
  // mgmt's own question. False: there is no worker, or it takes no more; else `answer` is called
  // once, in a later Turn.
  using Resolved = std::function<void(uint32_t request, const api::ResolveReply& reply)>;
  bool Resolve(uint32_t request, const api::ResolveRequest& wanted, Resolved answer);
  // What is to be waited for.
  void AddWaits(std::vector<pollfd>& waits) const;
  // Reads what has come, and gives up on what is late.
  void Turn();
  // The ikev2 role is gone, and with it whoever asked.
  void Forget();

 private:
  struct Pending {
    uint32_t request;  // the asker's number
    uint64_t deadline_ns;
    Resolved resolved{};  // of mgmt's own; else the ikev2 role's
  };
  void TakeWorkers();
  void TakeReplies();
  void FailAll();
  void Take(const Pending& pending, const api::Message& message);
  void Fail(const Pending& pending, const char* why);

  api::Channel keeper_;
  api::Channel worker_;
  const Clock& clock_;
  Answer answer_;
  std::map<uint32_t, Pending> pending_;  // by the number that the worker knows
  uint32_t next_ = 1;
};

}  // namespace vam::mgmt

#endif  // VAM_SW_MGMT_FETCHER_H_
