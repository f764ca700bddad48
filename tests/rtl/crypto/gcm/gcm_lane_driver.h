// Drives a verilated gcm_lane: packets in, texts, tags and cycle counts out. No GoogleTest in it,
// so that benches can use it too.
#ifndef VAM_TESTS_RTL_CRYPTO_GCM_GCM_LANE_DRIVER_H_
#define VAM_TESTS_RTL_CRYPTO_GCM_GCM_LANE_DRIVER_H_

#include <verilated.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <random>
#include <vector>

#include "sim/bfm/stream.h"
#include "tests/rtl/bench.h"

namespace vam::test {

struct GcmPacket {
  bool decrypt = false;
  std::vector<uint8_t> key;         // 16, 24 or 32 bytes
  std::array<uint8_t, 12> nonce{};  // J0 without its counter
  std::vector<uint8_t> aad;
  std::vector<uint8_t> text;  // plaintext, or cipher text if decrypt

  // Cycles of the lane back to back (contract of gcm_lane).
  [[nodiscard]] uint64_t SlotCount() const {
    return 1 + std::max<uint64_t>(1, (aad.size() + 15) / 16) + (text.size() + 15) / 16;
  }
};

struct GcmAnswer {
  std::vector<uint8_t> text;
  Block tag{};
  uint64_t command_cycle = 0;  // in which the command was taken
  uint64_t text_cycle = 0;     // in which the first text block was taken
  uint64_t tag_cycle = 0;      // in which the tag was taken
};

// Percent of cycles in which each stream end pauses.
struct GcmGaps {
  unsigned cmd = 0;
  unsigned in = 0;
  unsigned out = 0;
  unsigned tag = 0;
};

template <typename Model>
class GcmLaneDriver {
 public:
  explicit GcmLaneDriver(uint64_t seed, GcmGaps gaps = {})
      : rng_(seed),
        commands_(seed + 1, {gaps.cmd}),
        blocks_(seed + 2, {gaps.in}),
        text_sink_(seed + 3, {gaps.out}),
        tag_sink_(seed + 4, {gaps.tag}) {
    context_.randReset(2);
    context_.randSeed(static_cast<int>(seed % 0x7fffffff) + 1);
    model_ = std::make_unique<Model>(&context_);
    model_->clk_i = 0;
    model_->rst_ni = 0;
    model_->cmd_valid_i = 0;
    model_->in_valid_i = 0;
    model_->out_ready_i = 0;
    model_->tag_ready_i = 0;
    for (int i = 0; i < 4; ++i) {
      model_->eval();
      Clock();
    }
    model_->rst_ni = 1;
  }
  ~GcmLaneDriver() { model_->final(); }
  GcmLaneDriver(const GcmLaneDriver&) = delete;
  GcmLaneDriver& operator=(const GcmLaneDriver&) = delete;

  // Queues a packet. The bytes past the lengths, which the lane must ignore, are random.
  void Push(const GcmPacket& packet) {
    commands_.Push(Command(packet));
    PushBlocks(packet.aad);
    PushBlocks(packet.text);
    text_sizes_.push_back(packet.text.size());
  }

  // Runs until every packet pushed so far is answered and the lane is idle. False if the lane makes
  // no progress for `patience` cycles, loses order or puts a last flag or a byte in a wrong place.
  bool Run(uint64_t patience = 10000) {
    uint64_t last_progress = cycle_;
    while (broken_ == nullptr && (tags_ < text_sizes_.size() || model_->idle_o == 0)) {
      if (Step()) last_progress = cycle_;
      if (cycle_ - last_progress > patience) broken_ = "no progress";
    }
    if (broken_ == nullptr && (!commands_.empty() || !blocks_.empty() || TextsOwed())) {
      broken_ = "idle with input or output owed";
    }
    return broken_ == nullptr;
  }

  // One clock with nothing else. True if any stream moved.
  bool Step() {
    const std::vector<uint32_t>* command = commands_.Drive();
    const Block* block = blocks_.Drive();
    model_->cmd_valid_i = command != nullptr;
    if (command != nullptr) std::copy(command->begin(), command->end(), &model_->cmd_i[0]);
    model_->in_valid_i = block != nullptr;
    if (block != nullptr) PutBytes(model_->in_data_i, 0, *block);
    model_->out_ready_i = text_sink_.Drive();
    model_->tag_ready_i = tag_sink_.Drive();
    model_->eval();

    const bool cmd_ready = model_->cmd_ready_o != 0;
    const bool in_ready = model_->in_ready_o != 0;
    bool moved = (command != nullptr && cmd_ready) || (block != nullptr && in_ready);
    if (command != nullptr && cmd_ready) answers_.emplace_back().command_cycle = cycle_;
    if (model_->out_valid_o != 0 && model_->out_ready_i != 0) {
      TakeText();
      moved = true;
    }
    if (model_->tag_valid_o != 0 && model_->tag_ready_i != 0) {
      TakeTag();
      moved = true;
    }
    bubbles_ += model_->bubble_o;
    Clock();
    commands_.Sample(cmd_ready);
    blocks_.Sample(in_ready);
    return moved;
  }

  // In the order of Push.
  [[nodiscard]] const std::deque<GcmAnswer>& answers() const { return answers_; }
  [[nodiscard]] uint64_t cycles() const { return cycle_; }
  [[nodiscard]] uint64_t bubbles() const { return bubbles_; }
  // Why Run failed, or nullptr.
  [[nodiscard]] const char* broken() const { return broken_; }
  [[nodiscard]] bool idle() const { return model_->idle_o != 0; }

 private:
  [[nodiscard]] bool TextsOwed() const {
    for (size_t i = 0; i < answers_.size(); ++i) {
      if (answers_[i].text.size() != text_sizes_[i]) return true;
    }
    return false;
  }

  static constexpr size_t kCommandWords = 13;  // gcm_cmd_t has 387 bits

  // gcm_cmd_t, last member in the low bits.
  static std::vector<uint32_t> Command(const GcmPacket& packet) {
    std::vector<uint32_t> words(kCommandWords);
    words[0] = static_cast<uint32_t>(packet.text.size() | packet.aad.size() << 16);
    PutBytes(words, 4, packet.nonce);
    PutBytes(words, 16, packet.key);
    const uint32_t size = static_cast<uint32_t>(packet.key.size() / 8 - 2);
    words[12] = size | (packet.decrypt ? 4u : 0u);
    return words;
  }

  void PushBlocks(const std::vector<uint8_t>& bytes) {
    for (size_t at = 0; at < bytes.size(); at += 16) {
      Block block;
      for (size_t i = 0; i < 16; ++i) {
        block[i] = at + i < bytes.size() ? bytes[at + i] : static_cast<uint8_t>(rng_());
      }
      blocks_.Push(block);
    }
  }

  void Clock() {
    model_->clk_i = 1;
    model_->eval();
    model_->clk_i = 0;  // the next Step evaluates it together with its inputs
    ++cycle_;
  }

  void TakeText() {
    while (text_index_ < answers_.size() && text_sizes_[text_index_] == 0) ++text_index_;
    if (text_index_ >= answers_.size()) {
      broken_ = "text without a packet";
      return;
    }
    GcmAnswer& answer = answers_[text_index_];
    const size_t left = text_sizes_[text_index_] - answer.text.size();
    const size_t take = std::min<size_t>(left, 16);
    if (answer.text.empty()) answer.text_cycle = cycle_;
    const Block block = GetBlock(model_->out_data_o);
    answer.text.insert(answer.text.end(), block.begin(),
                       block.begin() + static_cast<std::ptrdiff_t>(take));
    if (!std::all_of(block.begin() + static_cast<std::ptrdiff_t>(take), block.end(),
                     [](uint8_t b) { return b == 0; })) {
      broken_ = "bytes past the text are not zero";
    }
    if ((model_->out_last_o != 0) != (left <= 16)) broken_ = "last flag in the wrong place";
    if (left <= 16) ++text_index_;
  }

  void TakeTag() {
    if (tags_ >= answers_.size()) {
      broken_ = "tag without a packet";
      return;
    }
    answers_[tags_].tag = GetBlock(model_->tag_o);
    answers_[tags_].tag_cycle = cycle_;
    ++tags_;
  }

  VerilatedContext context_;
  std::unique_ptr<Model> model_;
  std::mt19937_64 rng_;
  bfm::StreamSource<std::vector<uint32_t>> commands_;
  bfm::StreamSource<Block> blocks_;
  bfm::StreamSink text_sink_;
  bfm::StreamSink tag_sink_;
  std::deque<size_t> text_sizes_;
  std::deque<GcmAnswer> answers_;
  size_t text_index_ = 0;
  size_t tags_ = 0;
  uint64_t cycle_ = 0;
  uint64_t bubbles_ = 0;
  const char* broken_ = nullptr;
};

}  // namespace vam::test

#endif  // VAM_TESTS_RTL_CRYPTO_GCM_GCM_LANE_DRIVER_H_
