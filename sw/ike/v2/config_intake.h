// Takes configurations from mgmt in two phases (sw/api/control.proto, Prepare) while IKE goes on.
#ifndef VAM_SW_IKE_V2_CONFIG_INTAKE_H_
#define VAM_SW_IKE_V2_CONFIG_INTAKE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "sw/api/channel.h"
#include "sw/api/control.pb.h"
#include "sw/base/control_thread.h"
#include "sw/config/numbering.h"
#include "sw/ike/v2/names.h"
#include "sw/ike/v2/policy/compile.h"

namespace vam::ike::v2 {

// What a Prepare asks for, read and compiled in the control thread.
struct PreparedPolicy {
  uint64_t generation = 0;
  CompiledPolicy compiled;  // without a policy: refused
  config::VrfNumbers vrfs;
  Names names;
  bool log = false;   // `crypto logging ikev2`
  std::string error;  // why it is refused, a full sentence
};
// `vrfs`: those of the configuration that is in force.
PreparedPolicy ReadPolicy(const api::Message& message, config::VrfNumbers vrfs);

// One Prepare is under way at a time and one waits: of more the newest, and those that it overtakes
// are answered with an error. A Commit of the generation that is in force changes nothing. Belongs
// to the thread of the role.
class ConfigIntake {
 public:
  // A configuration is in force from now on.
  using Use = std::function<void(const PreparedPolicy&)>;
  // `control` must outlive this, and is not polled after its end.
  ConfigIntake(ControlThread& control, Use use) : control_(control), use_(std::move(use)) {}

  // The messages of mgmt.
  void Prepare(api::Message message);
  void Commit(const api::Message& message);
  // Of whatever generation: what is prepared or being read is forgotten.
  void Abort();
  // mgmt has gone: nobody waits for answers. What it has committed goes on.
  void ForgetAsker();

  struct Answer {
    uint32_t request = 0;  // of the message that it answers
    std::variant<api::PrepareReply, api::CommitReply> reply;
  };
  // What has been decided since the last call. Call every turn, after ControlThread::Poll.
  std::vector<Answer> TakeAnswers() { return std::exchange(answers_, {}); }

  // 0: none yet.
  uint64_t generation() const { return generation_; }

 private:
  class ReadTask;

  void Read(api::Message message);
  void Taken(uint32_t request, PreparedPolicy read);
  void AnswerPrepare(uint32_t request, uint64_t generation, const std::string& error);
  void AnswerCommit(uint32_t request, uint64_t generation, const char* error);

  ControlThread& control_;
  Use use_;
  config::VrfNumbers vrfs_;
  uint64_t generation_ = 0;
  uint64_t read_in_ = 0;                  // the generation in force when what is being read began
  std::shared_ptr<const Policy> policy_;  // in force: it ends in the control thread
  bool reading_ = false;
  bool unwanted_ = false;  // what is being read is for nobody any more
  std::optional<api::Message> unread_;
  std::optional<PreparedPolicy> prepared_;
  std::vector<Answer> answers_;
};

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_CONFIG_INTAKE_H_
