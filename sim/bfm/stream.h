// Ready/valid stream ends for verilated blocks, with random gaps and back-pressure.
#ifndef VAM_SIM_BFM_STREAM_H_
#define VAM_SIM_BFM_STREAM_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <random>
#include <utility>
#include <vector>

namespace vam::bfm {

// How often an end is not ready (sink) or offers nothing (source): percent of cycles, 0 = never.
struct Gaps {
  unsigned percent = 0;
};

// Drives one stream input. Usage per clock: Drive() before the edge's eval, Sample() with the ready
// seen at the edge. Holds an item once offered, as the stream contract demands.
template <typename Item>
class StreamSource {
 public:
  StreamSource(uint64_t seed, Gaps gaps) : rng_(seed), gaps_(gaps) {}

  void Push(Item item) { queue_.push_back(std::move(item)); }
  [[nodiscard]] bool empty() const { return queue_.empty(); }

  // The item to offer in this cycle, or nullptr for a gap.
  const Item* Drive() {
    if (queue_.empty()) return nullptr;
    if (!offered_ && gaps_.percent != 0 && rng_() % 100 < gaps_.percent) return nullptr;
    offered_ = true;
    return &queue_.front();
  }

  // Call after the clock edge with whether ready was high at it.
  void Sample(bool ready) {
    if (offered_ && ready) {
      queue_.pop_front();
      offered_ = false;
    }
  }

 private:
  std::mt19937_64 rng_;
  Gaps gaps_;
  std::deque<Item> queue_;
  bool offered_ = false;
};

// Drives the ready of one stream output.
class StreamSink {
 public:
  StreamSink(uint64_t seed, Gaps gaps) : rng_(seed), gaps_(gaps) {}

  // The ready to drive in this cycle.
  bool Drive() { return gaps_.percent == 0 || rng_() % 100 >= gaps_.percent; }

 private:
  std::mt19937_64 rng_;
  Gaps gaps_;
};

}  // namespace vam::bfm

#endif  // VAM_SIM_BFM_STREAM_H_
