#include "sw/ike/v2/config_intake.h"

#include "sw/vamd/prepared.h"

namespace vam::ike::v2 {

namespace {

constexpr const char* kOvertaken = "Another configuration has come since.";

}  // namespace

PreparedPolicy ReadPolicy(const api::Message& message, config::VrfNumbers vrfs) {
  PreparedPolicy policy;
  policy.vrfs = std::move(vrfs);
  vamd::ReadConfiguration read = vamd::ReadPrepare(message);
  policy.generation = read.generation;
  policy.error = std::move(read.error);
  if (read.running == nullptr) return policy;
  const config::Running& running = *read.running;
  policy.vrfs.Follow(running);
  policy.names.vrfs = policy.vrfs.Names();
  for (const config::Interface* port : config::PortsOf(running)) {
    policy.names.interfaces.push_back(port->name);
  }
  policy.log = running.ike.globals.log;
  policy.compiled = Compile(running, policy.vrfs);
  return policy;
}

class ConfigIntake::ReadTask final : public ControlThread::Task {
 public:
  ReadTask(ConfigIntake& intake, api::Message message, config::VrfNumbers vrfs)
      : intake_(intake),
        request_(message.request),
        message_(std::move(message)),
        vrfs_(std::move(vrfs)) {}

  void Work() override {
    read_ = ReadPolicy(*message_, std::move(vrfs_));
    message_.reset();
  }
  void Done() override { intake_.Taken(request_, std::move(read_)); }

 private:
  ConfigIntake& intake_;
  uint32_t request_;
  std::optional<api::Message> message_;
  config::VrfNumbers vrfs_;
  PreparedPolicy read_;
};

void ConfigIntake::AnswerPrepare(uint32_t request, uint64_t generation, const std::string& error) {
  api::PrepareReply reply;
  reply.set_generation(generation);
  reply.set_error(error);
  answers_.push_back({request, std::move(reply)});
}

void ConfigIntake::AnswerCommit(uint32_t request, uint64_t generation, const char* error) {
  api::CommitReply reply;
  reply.set_generation(generation);
  reply.set_error(error);
  answers_.push_back({request, std::move(reply)});
}

void ConfigIntake::Prepare(api::Message message) {
  if (!reading_) return Read(std::move(message));
  // Not read, so nobody knows its generation.
  if (unread_) AnswerPrepare(unread_->request, 0, kOvertaken);
  unread_ = std::move(message);
}

void ConfigIntake::Read(api::Message message) {
  reading_ = true;
  unwanted_ = false;
  read_in_ = generation_;
  control_.Add(std::make_unique<ReadTask>(*this, std::move(message), vrfs_));
}

void ConfigIntake::Taken(uint32_t request, PreparedPolicy read) {
  reading_ = false;
  const bool overtaken = unread_.has_value();
  if (overtaken && !unwanted_) AnswerPrepare(request, read.generation, kOvertaken);
  if (overtaken || unwanted_) {
    control_.Free(std::move(read.compiled.policy));
    if (overtaken) Read(*std::exchange(unread_, std::nullopt));
    return;
  }
  if (read.compiled.policy == nullptr) return AnswerPrepare(request, read.generation, read.error);
  if (generation_ != read_in_) {
    // Its numbers are those of the configuration before.
    control_.Free(std::move(read.compiled.policy));
    return AnswerPrepare(request, read.generation, kOvertaken);
  }
  if (prepared_) control_.Free(std::move(prepared_->compiled.policy));
  prepared_ = std::move(read);
  AnswerPrepare(request, prepared_->generation, "");
}

void ConfigIntake::Commit(const api::Message& message) {
  const Result<api::Commit> commit = api::ParseAs<api::Commit>(message.payload);
  if (commit && generation_ != 0 && commit->generation() == generation_) {
    return AnswerCommit(message.request, generation_, "");
  }
  if (!commit || !prepared_ || prepared_->generation != commit->generation()) {
    return AnswerCommit(message.request, commit ? commit->generation() : 0,
                        "This generation was not prepared.");
  }
  const PreparedPolicy next = *std::exchange(prepared_, std::nullopt);
  generation_ = next.generation;
  vrfs_ = next.vrfs;
  use_(next);
  control_.Free(std::exchange(policy_, next.compiled.policy));
  AnswerCommit(message.request, generation_, "");
}

void ConfigIntake::Abort() {
  if (prepared_) control_.Free(std::move(prepared_->compiled.policy));
  prepared_.reset();
  unread_.reset();
  unwanted_ = true;
}

void ConfigIntake::ForgetAsker() {
  answers_.clear();
  unread_.reset();
  unwanted_ = true;
}

}  // namespace vam::ike::v2
