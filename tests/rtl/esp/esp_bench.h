// Clocks the verilated esp with its neighbours played by C++: dma's two streams on both sides, and
// sad.
#ifndef VAM_TESTS_RTL_ESP_ESP_BENCH_H_
#define VAM_TESTS_RTL_ESP_ESP_BENCH_H_

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "Vesp_test_v.h"
#include "sim/bfm/stream.h"
#include "tests/rtl/esp/packet_builder.h"
#include "tests/rtl/esp/sad_stand_in.h"

namespace vam::esptest {

enum class Op : uint8_t { kOut = 1, kIn = 2, kSeal = 8, kOpen = 9 };

// One packet and what must become of it.
struct Job {
  Op op = Op::kOut;
  Reason fault = Reason::kOk;
  Bytes src;
  uint32_t dst_cap = 9728;
  uint16_t vrf_tag = 0;
  uint32_t handle = 0;
  uint16_t aad_len = 0;
  uint8_t tag_len = 16;
  std::array<uint8_t, 12> iv{};

  Reason want = Reason::kOk;
  Bytes want_out;
  std::string note;
};

struct Result {
  uint32_t job = 0;
  Reason reason = Reason::kOk;
  uint32_t handle = 0;
  Bytes out;
  uint64_t first_in = 0;  // cycle of the first beat (or of the meta if there is none)
  uint64_t done = 0;      // cycle of the last beat (or of the result)
};

struct BenchOptions {
  unsigned in_gaps = 0;  // percent of cycles without offer or readiness
  unsigned out_gaps = 0;
  unsigned sad_gaps = 0;
  unsigned lookup_latency = 6;  // cycles from request to answer
  unsigned commit_latency = 3;  // likewise, sequence numbers too
};

class EspBench {
 public:
  EspBench(uint64_t seed, const BenchOptions& options);

  SadStandIn sad;

  // Runs the jobs through the block and returns their results in order. Stops, with fewer results,
  // if nothing moves for 20000 cycles.
  std::vector<Result> Run(const std::vector<Job>& jobs);

  [[nodiscard]] uint64_t cycle() const { return cycle_; }
  [[nodiscard]] uint64_t bubbles() const { return bubbles_; }
  [[nodiscard]] uint64_t retired() const { return retired_; }
  [[nodiscard]] bool idle() const { return top_->idle_o != 0; }

 private:
  struct MetaBits {
    std::array<uint32_t, 7> words{};
  };
  struct Beat {
    std::array<uint32_t, 4> data{};
    bool last = false;
    uint32_t job = 0;
    bool first = false;
  };
  template <typename T>
  struct Timed {
    uint64_t due = 0;
    T item{};
  };

  void Load(const std::vector<Job>& jobs);
  void Clock();
  void DriveInputs();
  void SampleDma();
  void SampleSad();
  [[nodiscard]] SadRequest ReadSadRequest() const;
  void WriteSadAnswer(const SadAnswer& answer);

  std::unique_ptr<Vesp_test_v> top_;
  BenchOptions options_;
  bfm::StreamSource<MetaBits> metas_;
  bfm::StreamSource<Beat> beats_;
  bfm::StreamSink result_sink_, out_sink_, sad_sink_, seq_sink_, commit_sink_;
  std::deque<Timed<SadAnswer>> sad_answers_;
  std::deque<Timed<SeqAnswer>> seq_answers_;
  std::deque<Timed<Reason>> commit_answers_;
  std::vector<Result> results_;
  std::deque<size_t> out_pending_;  // results whose beats are to come
  std::vector<uint32_t> out_left_;  // bytes, by result
  std::vector<uint64_t> first_in_;  // by job
  uint64_t cycle_ = 0, bubbles_ = 0, retired_ = 0, moved_ = 0;
  size_t complete_ = 0;
};

}  // namespace vam::esptest

#endif  // VAM_TESTS_RTL_ESP_ESP_BENCH_H_
