// Takes configurations from mgmt in two phases (sw/api/control.proto, Prepare) while packets flow.
#ifndef VAM_SW_FWD_CONFIG_INTAKE_H_
#define VAM_SW_FWD_CONFIG_INTAKE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "sw/api/channel.h"
#include "sw/api/control.pb.h"
#include "sw/base/control_thread.h"
#include "sw/config/running.h"
#include "sw/fwd/gateway.h"
#include "sw/vamd/prepared.h"

namespace vam::fwd {

using vamd::PrepareControlThread;
using vamd::ReadConfiguration;
using vamd::ReadPrepare;

// A Prepare is answered when its text has been parsed, a Commit when the whole generation is in
// force. One of each is under way at a time and one waits: of more the newest, and those that it
// overtakes are answered with an error. A Commit of the generation that is in force or under way
// changes nothing. Belongs to the packet thread; only texts and configurations go to the control
// thread.
class ConfigIntake {
 public:
  // Must outlive this, and is not polled after its end.
  explicit ConfigIntake(ControlThread& control) : control_(control) {}

  // Whether a configuration needs other ports than those that are open.
  using NeedsRestart = std::function<bool(const config::Running&)>;
  // Commits begin to be possible. Requires: made with the same control thread; it outlives this.
  void SetGateway(Gateway* gateway, NeedsRestart needs_restart);

  // The messages of mgmt.
  void Prepare(api::Message message);
  void Commit(const api::Message& message);
  // Of whatever generation: what is prepared or being read is forgotten.
  void Abort();
  // mgmt has gone: nobody waits for answers. What it has committed goes on.
  void ForgetAsker();

  // What has been read and not been committed; nullptr: nothing. Until the next call.
  const config::Running* prepared() const {
    return prepared_.running.get();  // null when there is none
  }

  struct Answer {
    uint32_t request = 0;  // of the message that it answers
    std::variant<api::PrepareReply, api::CommitReply> reply;
  };
  // What has been decided since the last call. Call every turn, after ControlThread::Poll.
  std::vector<Answer> TakeAnswers();

 private:
  class ReadTask;
  struct Commitment {
    uint64_t generation = 0;
    std::unique_ptr<config::Running> running;  // null: the gateway has it
    std::optional<uint32_t> request;           // nothing: nobody waits for the answer
  };

  void Read(api::Message message);
  void Taken(uint32_t request, ReadConfiguration read);
  void Refuse(uint32_t request, uint64_t generation, const char* why);
  void AnswerCommit(uint32_t request, uint64_t generation, std::string error);
  void Free(std::unique_ptr<config::Running> running);

  ControlThread& control_;
  Gateway* gateway_ = nullptr;
  NeedsRestart needs_restart_;
  bool reading_ = false;
  bool unwanted_ = false;  // what is being read is for nobody any more
  std::optional<api::Message> unread_;
  ReadConfiguration prepared_;
  std::optional<Commitment> committing_, next_;
  std::vector<Answer> answers_;
};

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_CONFIG_INTAKE_H_
