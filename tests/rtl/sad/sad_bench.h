// Bench around the verilated SA database: queues of requests in, records of answers out.
#ifndef VAM_TESTS_RTL_SAD_SAD_BENCH_H_
#define VAM_TESTS_RTL_SAD_SAD_BENCH_H_

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <random>
#include <vector>

#include "driver/gen/vam_layouts.h"
#include "sw/base/gen/vam_reason.h"

class Vsad_v;

namespace vam::sad_test {

// As in the model that CMakeLists.txt verilates.
constexpr uint32_t kMaxSa = 1024;
constexpr uint32_t kTableRows = 1024;  // four banks of 256
constexpr uint32_t kResendCycles = 8192;
constexpr uint32_t kIndexMask = 0xfffff;

constexpr uint32_t IndexOf(uint32_t handle) { return handle & kIndexMask; }
constexpr uint32_t GenOf(uint32_t handle) { return handle >> 20; }

struct Lookup {
  bool skip = false;
  bool by_key = false;
  bool inbound = false;
  bool raw = false;
  uint32_t handle = 0;
  uint16_t vrf_tag = 0;
  std::array<uint8_t, 16> dst{};
  uint8_t proto = 50;
  uint32_t spi = 0;
  uint32_t seq_lo = 0;
};

struct LookupAnswer {
  Reason reason;
  uint32_t handle;
  uint64_t seq;
  uint32_t spi;
  std::array<uint8_t, 32> key;
  std::array<uint8_t, 4> salt;
  uint64_t cycle;
};

struct SeqAnswer {
  Reason reason;
  uint64_t seq;
  uint64_t cycle;
};

struct AdminAnswer {
  Reason reason;
  uint32_t handle;
  map::SaStats stats;
  uint64_t cycles;  // from request to answer
};

struct Event {
  map::EventType kind;
  uint32_t handle;
  uint64_t sa_id;
  uint64_t value;
  uint64_t cycle;
};

// A valid tunnel SA: AES-256, window 64 if inbound, no lifetimes.
map::SaCtx MakeCtx(bool inbound, uint32_t spi, uint64_t sa_id);
// The lookup that finds this inbound SA.
Lookup KeyOf(const map::SaCtx& ctx, uint32_t seq_lo);

class SadBench {
 public:
  explicit SadBench(uint64_t seed);
  ~SadBench();

  // One clock. Requests wait in the queues, answers collect in the vectors.
  void Step(unsigned cycles = 1);
  // Steps until `done` holds; false if it did not within `limit` cycles.
  bool StepUntil(const std::function<bool()>& done, unsigned limit = 100000);

  void PushLookup(const Lookup& lookup) { lookups_.push_back(lookup); }
  void PushSeq(uint32_t index, uint16_t text_len);
  void PushCommit(uint32_t index, uint64_t seq, uint16_t text_len);
  // Blocking forms.
  LookupAnswer AskLookup(const Lookup& lookup);
  SeqAnswer AskSeq(uint32_t index, uint16_t text_len);
  Reason AskCommit(uint32_t index, uint64_t seq, uint16_t text_len);
  AdminAnswer Admin(map::SqeOp op, uint32_t handle, const map::SaCtx& ctx = {},
                    uint16_t event_mask = 0);
  AdminAnswer Add(uint32_t index, const map::SaCtx& ctx) {
    return Admin(map::SqeOp::kSaAdd, index, ctx);
  }
  map::SaStats Query(uint32_t handle) { return Admin(map::SqeOp::kSaQuery, handle).stats; }

  // Starts an operation without waiting; its answer comes in admin_answers.
  void BeginAdmin(map::SqeOp op, uint32_t handle, const map::SaCtx& ctx = {},
                  uint16_t event_mask = 0);

  // Packets retire as soon as they are answered, or only when told.
  void SetAutoRetire(bool on) { auto_retire_ = on; }
  void Retire(unsigned packets) { to_retire_ += packets; }

  bool ready() const;
  bool idle() const;
  uint32_t sa_count() const;
  uint64_t cycle() const { return cycle_; }
  size_t lookups_waiting() const { return lookups_.size(); }
  size_t seqs_waiting() const { return seqs_.size(); }
  size_t commits_waiting() const { return commits_.size(); }

  // Percent of cycles without a request, or with an answer refused.
  unsigned gap_percent = 0;
  unsigned stall_percent = 0;
  bool event_ready = true;
  uint64_t refused_lookup_cycles = 0;  // request offered, not accepted
  uint64_t busy_commit_cycles = 0;     // cycles in which a commit was accepted
  std::function<void()> on_cycle;      // before each clock edge: keep traffic going

  std::deque<LookupAnswer> lookup_answers;
  std::deque<SeqAnswer> seq_answers;
  std::deque<Reason> commit_answers;
  std::deque<AdminAnswer> admin_answers;
  std::vector<Event> events;

 private:
  bool Chance(unsigned percent) { return percent != 0 && rng_() % 100 < percent; }
  void DriveInputs();
  void TakeAnswers();

  struct SeqRequest {
    uint32_t index;
    uint16_t text_len;
  };
  struct CommitRequest {
    uint32_t index;
    uint64_t seq;
    uint16_t text_len;
  };

  std::unique_ptr<Vsad_v> dut_;
  std::mt19937_64 rng_;
  uint64_t cycle_ = 0;
  std::deque<Lookup> lookups_;
  std::deque<SeqRequest> seqs_;
  std::deque<CommitRequest> commits_;
  bool admin_pending_ = false;
  uint64_t admin_start_ = 0;
  bool auto_retire_ = true;
  unsigned to_retire_ = 0;
  bool lookup_offered_ = false, seq_offered_ = false, commit_offered_ = false;
};

}  // namespace vam::sad_test

#endif  // VAM_TESTS_RTL_SAD_SAD_BENCH_H_
