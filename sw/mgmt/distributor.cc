#include "sw/mgmt/distributor.h"

#include <fmt/core.h>

#include <algorithm>
#include <vector>

#include "sw/base/log.h"
#include "sw/config/effective.h"
#include "sw/config/render.h"

namespace vam::mgmt {
namespace {

constexpr uint64_t kAnswerNs = 30 * kNsPerSecond;
constexpr uint64_t kSequenceEnd = uint64_t{1} << 32;
constexpr uint32_t kProtocolAh = 51;
// Answered by one write to the disk.
constexpr size_t kMostQuestions = 1024;

}  // namespace

void Distributor::Connect(api::Channel channel) {
  Disconnect();
  fwd_ = std::move(channel);
  SendPrepare();
}

void Distributor::Disconnect() {
  const bool committing = state_ == State::kCommitting && next_;
  fwd_ = api::Channel();
  questions_.clear();
  state_ = State::kDisconnected;
  ready_ = false;
  if (!next_) return;
  // A role that accepted may have committed before it ended: the change stands.
  if (committing) {
    Adopt();
    Finish("");
  } else {
    Finish("The forwarder ended; nothing is changed.");
  }
}

void Distributor::SetReady(bool ready) {
  const bool became = ready && !ready_;
  ready_ = ready;
  if (became && state_ == State::kPrepared) SendCommit();
}

void Distributor::Change(config::Running next, Done done) {
  if (next_ || (state_ != State::kSynchronised && state_ != State::kDisconnected)) {
    return done("Another change is under way; nothing is changed.");
  }
  if (state_ != State::kSynchronised) {
    return done("The forwarder is not running; nothing is changed.");
  }
  next_ = std::move(next);
  done_ = std::move(done);
  SendPrepare();
}

void Distributor::SendPrepare() {
  api::Prepare prepare;
  prepare.set_generation(WantedGeneration());
  prepare.set_configuration(config::Render(Wanted(), config::Keys::kShown));
  state_ = State::kPreparing;
  deadline_ns_ = clock_.MonotonicNs() + kAnswerNs;
  const Status sent = fwd_.Send(api::MessageType::kPrepare, 0, prepare);
  OPENSSL_cleanse(prepare.mutable_configuration()->data(), prepare.configuration().size());
  if (!sent) Disconnect();
}

std::variant<Demand, std::string> Distributor::DemandOf(const api::ReserveNumbers& wanted) const {
  const auto entry = config::FindEffectiveEntry(running_, wanted.map(), wanted.sequence());
  if (!entry || entry->kind != config::EntryKind::kManual) {
    return fmt::format("Crypto map {} {} has no such key.", wanted.map(), wanted.sequence());
  }
  if (!entry->incomplete.empty()) {
    return "The crypto map entry is incomplete: " + entry->incomplete + ".";
  }
  if (!numbers_) return numbers_problem_;
  const bool ah = wanted.protocol() == kProtocolAh;
  const Bytes key = config::NumberedKey(*entry, wanted.inbound(),
                                        ah ? config::SaProtocol::kAh : config::SaProtocol::kEsp);
  if (key.empty()) return "The entry has no such key.";
  return Demand{.key = key,
                .inbound = wanted.inbound(),
                .limit = entry->entry->esn ? UINT64_MAX : kSequenceEnd,
                .beyond = wanted.beyond()};
}

void Distributor::OnPrepareReply(const api::PrepareReply& reply) {
  if (state_ != State::kPreparing || reply.generation() != WantedGeneration()) return;
  if (!reply.error().empty()) {
    if (next_) {
      api::Abort abort;
      abort.set_generation(reply.generation());
      const Status sent = fwd_.Send(api::MessageType::kAbort, 0, abort);
      state_ = State::kSynchronised;
      Finish("The forwarder refuses: " + reply.error());
      if (!sent) Disconnect();
      return;
    }
    // It keeps what it has: nothing after a start, so no packet passes.
    Log(LogLevel::kError, "fwd refuses the running configuration: {}", reply.error());
    state_ = State::kSynchronised;
    return;
  }
  restart_required_ = reply.restart_required();
  state_ = State::kPrepared;
  if (ready_) SendCommit();
}

void Distributor::SendCommit() {
  api::Commit commit;
  commit.set_generation(WantedGeneration());
  state_ = State::kCommitting;
  deadline_ns_ = clock_.MonotonicNs() + kAnswerNs;
  if (!fwd_.Send(api::MessageType::kCommit, 0, commit)) Disconnect();
}

void Distributor::OnCommitReply(const api::CommitReply& reply) {
  if (state_ != State::kCommitting || reply.generation() != WantedGeneration()) return;
  state_ = State::kSynchronised;
  const bool changed = next_.has_value();
  if (changed) Adopt();
  if (!reply.error().empty()) {
    // It promised and did not keep it: only a restart makes its state known again.
    Log(LogLevel::kError, "fwd does not commit generation {}: {}", generation_, reply.error());
    restart_required_ = true;
  } else {
    Log(LogLevel::kInfo, "configuration generation {} committed", generation_);
  }
  if (changed) Finish("");
  if (std::exchange(restart_required_, false)) hooks_.restart_fwd();
}

void Distributor::OnReserve(uint32_t request, api::ReserveNumbers wanted) {
  questions_.push_back({request, std::move(wanted)});
  if (questions_.size() >= kMostQuestions) AnswerReserves();
}

void Distributor::AnswerReserves() {
  std::vector<Question> questions = std::exchange(questions_, {});
  // Numbers belong to a key. fwd may hold the keys of a generation that this role does not have:
  // one that an earlier mgmt committed just before it ended.
  std::erase_if(questions,
                [this](const Question& q) { return q.wanted.generation() != generation_; });
  std::vector<api::NumberBlock> answers(questions.size());
  std::vector<Demand> demands;
  std::vector<size_t> asked;  // of each demand: its question
  for (size_t i = 0; i < questions.size(); ++i) {
    auto demand = DemandOf(questions[i].wanted);
    if (auto* why = std::get_if<std::string>(&demand)) {
      answers[i].set_problem(std::move(*why));
    } else {
      demands.push_back(std::get<Demand>(demand));
      asked.push_back(i);
    }
  }
  if (!demands.empty()) {
    const std::vector<Result<Block>> blocks = numbers_->Reserve(demands, clock_.MonotonicNs());
    for (size_t i = 0; i < blocks.size(); ++i) {
      if (blocks[i]) {
        answers[asked[i]].set_first(blocks[i]->first);
        answers[asked[i]].set_end(blocks[i]->end);
      } else {
        answers[asked[i]].set_problem(
            fmt::format("No sequence numbers: {}.", blocks[i].error().text));
      }
    }
  }
  for (size_t i = 0; i < questions.size(); ++i) Answer(questions[i], answers[i]);
}

void Distributor::Answer(const Question& question, const api::NumberBlock& block) {
  if (!block.problem().empty()) {
    Log(LogLevel::kError, "crypto map {} {} {}: {}", question.wanted.map(),
        question.wanted.sequence(), question.wanted.inbound() ? "inbound" : "outbound",
        block.problem());
  }
  if (!fwd_.open()) return;  // the channel broke with an earlier answer
  if (!fwd_.Send(api::MessageType::kNumberBlock, question.request, block)) Disconnect();
}

void Distributor::Tick() {
  // A fwd that initialises (opens ports, starts the card) is watched by the supervisor.
  const bool waiting = state_ == State::kPreparing || state_ == State::kCommitting;
  if (!waiting || !ready_ || clock_.MonotonicNs() < deadline_ns_) return;
  Log(LogLevel::kError, "fwd does not answer; it is restarted");
  Disconnect();
  hooks_.restart_fwd();
}

void Distributor::Adopt() {
  running_ = std::move(*next_);
  ++generation_;
  if (hooks_.committed) hooks_.committed(running_);
}

void Distributor::Finish(const std::string& error) {
  next_.reset();
  const Done done = std::exchange(done_, nullptr);
  if (done) done(error);
}

}  // namespace vam::mgmt
