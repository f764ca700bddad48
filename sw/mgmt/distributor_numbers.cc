// Numbers of manual keys, for fwd.
#include <fmt/core.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "sw/base/log.h"
#include "sw/config/effective.h"
#include "sw/mgmt/distributor.h"

namespace vam::mgmt {
namespace {

constexpr uint64_t kSequenceEnd = uint64_t{1} << 32;
constexpr uint32_t kProtocolAh = 51;
// Answered by one write to the disk.
constexpr size_t kMostQuestions = 1024;

}  // namespace

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
  if (!fwd().open()) return;  // the channel broke with an earlier answer
  if (!fwd().Send(api::MessageType::kNumberBlock, question.request, block)) {
    Disconnect(kForwarder);
  }
}

}  // namespace vam::mgmt
