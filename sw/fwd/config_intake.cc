#include "sw/fwd/config_intake.h"

#include "sw/base/check.h"
#include "sw/base/log.h"

namespace vam::fwd {

namespace {

constexpr const char* kOvertaken = "Another configuration has come since.";

}  // namespace

class ConfigIntake::ReadTask final : public ControlThread::Task {
 public:
  ReadTask(ConfigIntake& intake, api::Message message)
      : intake_(intake), request_(message.request), message_(std::move(message)) {}

  void Work() override {
    read_ = ReadPrepare(*message_);
    message_.reset();
  }
  void Done() override { intake_.Taken(request_, std::move(read_)); }

 private:
  ConfigIntake& intake_;
  uint32_t request_;
  std::optional<api::Message> message_;
  ReadConfiguration read_;
};

void ConfigIntake::SetGateway(Gateway* gateway, NeedsRestart needs_restart) {
  gateway_ = gateway;
  needs_restart_ = std::move(needs_restart);
}

void ConfigIntake::Refuse(uint32_t request, uint64_t generation, const char* why) {
  api::PrepareReply reply;
  reply.set_generation(generation);
  reply.set_error(why);
  answers_.push_back({request, std::move(reply)});
}

void ConfigIntake::AnswerCommit(uint32_t request, uint64_t generation, std::string error) {
  api::CommitReply reply;
  reply.set_generation(generation);
  reply.set_error(std::move(error));
  answers_.push_back({request, std::move(reply)});
}

void ConfigIntake::Free(std::unique_ptr<config::Running> running) {
  control_.Free(std::shared_ptr<const config::Running>(std::move(running)));
}

void ConfigIntake::Prepare(api::Message message) {
  if (!reading_) return Read(std::move(message));
  if (unread_) {
    // Not read, so nobody knows its generation.
    Refuse(unread_->request, 0, kOvertaken);
    control_.Free(std::make_shared<const api::Message>(std::move(*unread_)));
  }
  unread_ = std::move(message);
}

void ConfigIntake::Read(api::Message message) {
  reading_ = true;
  unwanted_ = false;
  control_.Add(std::make_unique<ReadTask>(*this, std::move(message)));
}

void ConfigIntake::Taken(uint32_t request, ReadConfiguration read) {
  reading_ = false;
  const bool overtaken = unread_.has_value();
  if (overtaken && !unwanted_) Refuse(request, read.generation, kOvertaken);
  if (overtaken || unwanted_) {
    Free(std::move(read.running));
    if (overtaken) Read(*std::exchange(unread_, std::nullopt));
    return;
  }
  api::PrepareReply reply;
  reply.set_generation(read.generation);
  if (read.running == nullptr) {
    reply.set_error(read.error);
  } else {
    if (gateway_ != nullptr) reply.set_restart_required(needs_restart_(*read.running));
    Free(std::move(prepared_.running));
    prepared_ = std::move(read);
  }
  answers_.push_back({request, std::move(reply)});
}

void ConfigIntake::Commit(const api::Message& message) {
  const Result<api::Commit> commit = api::ParseAs<api::Commit>(message.payload);
  const uint64_t generation = commit ? commit->generation() : 0;
  for (std::optional<Commitment>* under_way : {&committing_, &next_}) {
    if (!commit || !*under_way || (*under_way)->generation != generation) continue;
    (*under_way)->request = message.request;
    return;
  }
  if (commit && gateway_ != nullptr && generation == gateway_->generation()) {
    return AnswerCommit(message.request, generation, "");
  }
  if (!commit || gateway_ == nullptr || prepared() == nullptr ||
      prepared_.generation != generation) {
    return AnswerCommit(message.request, generation, "This generation was not prepared.");
  }
  if (next_) {
    if (next_->request) AnswerCommit(*next_->request, next_->generation, kOvertaken);
    Free(std::move(next_->running));
  }
  next_ = Commitment{generation, std::move(prepared_.running), message.request};
}

void ConfigIntake::Abort() {
  Free(std::move(prepared_.running));
  unwanted_ = true;
  if (!unread_) return;
  control_.Free(std::make_shared<const api::Message>(std::move(*unread_)));
  unread_.reset();
}

void ConfigIntake::ForgetAsker() {
  answers_.clear();
  unwanted_ = true;
  if (unread_) control_.Free(std::make_shared<const api::Message>(std::move(*unread_)));
  unread_.reset();
  if (committing_) committing_->request.reset();
  if (next_) next_->request.reset();
}

std::vector<ConfigIntake::Answer> ConfigIntake::TakeAnswers() {
  if (committing_ && gateway_->in_force()) {
    Log(LogLevel::kInfo, "configuration generation {} is in force", committing_->generation);
    if (committing_->request) {
      AnswerCommit(*committing_->request, committing_->generation, "");
    }
    committing_.reset();
  }
  if (next_ && !committing_ && !gateway_->committing()) {
    committing_ = std::exchange(next_, std::nullopt);
    gateway_->BeginCommit(std::move(committing_->running), committing_->generation);
  }
  return std::exchange(answers_, {});
}

}  // namespace vam::fwd
