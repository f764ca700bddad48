// Message numbers of one IKE SA: which requests may be sent, which are taken, and what is sent
// again (RFC 7296, 2.1 to 2.3).
#ifndef VAM_SW_IKE_V2_SA_WINDOW_H_
#define VAM_SW_IKE_V2_SA_WINDOW_H_

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sw/base/bytes.h"
#include "sw/base/clock.h"

namespace vam::ike::v2 {

// One message as it went out: several with fragments.
using Packets = std::vector<std::vector<uint8_t>>;

// How often and when a request without an answer is sent again. The design of RFC 7296, 2.4: no
// conclusion before several tries over some time.
struct RetryPolicy {
  uint64_t first_ns = kNsPerSecond;
  unsigned factor_percent = 180;  // each wait against the one before
  unsigned tries = 6;             // sent so often in all
  uint64_t limit_ns = 0;          // the longest wait; 0: none

  // The wait behind one of `wait_ns`.
  uint64_t NextWait(uint64_t wait_ns) const;
  // From the first message until it is given up.
  uint64_t GivenUpAfterNs() const;
};

// Requests of ours. They go out in the order of their numbers, at most `window` at once.
class RequestWindow {
 public:
  explicit RequestWindow(uint32_t first_id = 0) : next_id_(first_id) {}

  // The peer's window (SET_WINDOW_SIZE); it never shrinks.
  void Widen(uint32_t size) { size_ = size > size_ ? size : size_; }
  uint32_t size() const { return size_; }
  bool HasRoom() const { return outstanding_.size() < size_ && next_id_ != kLastId; }
  bool empty() const { return outstanding_.empty(); }
  uint32_t outstanding() const { return static_cast<uint32_t>(outstanding_.size()); }

  // The number of the next request. Requires: HasRoom().
  uint32_t next_id() const { return next_id_; }
  // It went out. Requires: HasRoom().
  void Sent(Packets packets, uint64_t now_ns, const RetryPolicy& policy);
  // The answer to `id` is here: false when that number does not wait for one.
  bool Answered(uint32_t id);
  bool Waits(uint32_t id) const;

  // When the next request is to be sent again or given up; UINT64_MAX: nothing waits.
  uint64_t due_ns() const;
  struct Again {
    uint32_t id = 0;
    const Packets* packets = nullptr;  // null: given up
  };
  // One that is due.
  std::optional<Again> TakeDue(uint64_t now_ns);
  // Whether TakeDue would give one up.
  bool GivesUp(uint64_t now_ns) const;
  // All that wait are sent again now, as if for the first time: there is another way to the peer.
  void Restart(uint64_t now_ns);

 private:
  // The number before the one that would wrap: the IKE SA must be rekeyed long before.
  static constexpr uint32_t kLastId = UINT32_MAX;
  struct Outstanding {
    uint32_t id;
    Packets packets;
    uint64_t due_ns;
    RetryPolicy policy;
    uint64_t wait_ns;
    unsigned sent;
  };
  std::vector<Outstanding> outstanding_;
  uint32_t next_id_;
  uint32_t size_ = 1;
};

// Requests of the peer. Each number in the window is taken once; its answer is kept until the
// window has moved past it.
class ResponseWindow {
 public:
  static constexpr uint32_t kMaxSize = 20;
  // An answer may be forgotten after this time (2.1): retransmissions are over by then.
  static constexpr uint64_t kKeepNs = 180 * kNsPerSecond;

  // One request at a time until the peer was told otherwise (2.3).
  explicit ResponseWindow(uint32_t size = 1, uint32_t first_id = 0)
      : next_id_(first_id), size_(size) {}

  // The peer was told (SET_WINDOW_SIZE); it never shrinks.
  void Widen(uint32_t size) { size_ = size > size_ ? size : size_; }
  uint32_t size() const { return size_; }

  enum class Verdict : uint8_t {
    kNew,       // to be processed
    kRepeated,  // answer it as before
    kBusy,      // is being processed
    kOutside,   // too old, too new or forgotten: drop
  };
  Verdict Look(uint32_t id) const;
  // A new one was verified and is being processed. Requires: Look(id) == kNew.
  void Begin(uint32_t id);
  // Its answer went out. False: nobody began it.
  bool Answer(uint32_t id, Packets packets, uint64_t now_ns);
  // Null: not answered yet, or forgotten.
  const Packets* AnswerOf(uint32_t id) const;
  // Forgets answers that are old enough.
  void Forget(uint64_t now_ns);
  // When there is something to forget; UINT64_MAX: nothing.
  uint64_t due_ns() const;

  // All numbers below were begun.
  uint32_t next_id() const { return next_id_; }

 private:
  struct Entry {
    uint32_t id;
    bool answered = false;
    uint64_t answered_ns = 0;
    Packets packets;
  };
  const Entry* Find(uint32_t id) const;

  std::vector<Entry> entries_;  // in the order of their numbers
  uint32_t next_id_;            // the lowest that was not begun
  uint32_t size_;
};

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_SA_WINDOW_H_
