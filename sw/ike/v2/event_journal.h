// What operators are told of IKE SAs: system messages, `crypto logging ikev2`.
#ifndef VAM_SW_IKE_V2_EVENT_JOURNAL_H_
#define VAM_SW_IKE_V2_EVENT_JOURNAL_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sw/base/clock.h"
#include "sw/ike/v2/exchange/core.h"

namespace vam::ike::v2 {

struct SystemEvent {
  std::string_view facility;
  uint32_t severity = 0;  // 0 to 7 (RFC 5424, 6.2.1)
  std::string_view mnemonic;
  std::string text;
};

// One thread. Never waits: a message for which there is no room is counted, and the next that is
// taken tells of it. That sessions come and go is said by fwd (MG-13), whatever version of IKE made
// them. Nothing of keys, nonces or payloads is said.
class EventJournal final : public Journal {
 public:
  static constexpr size_t kMostQueued = 256;
  // A second, of one name, where messages of anyone cause it.
  static constexpr uint32_t kPerSecond = 10;

  explicit EventJournal(const Clock& clock) : clock_(clock) {}

  // `crypto logging ikev2`: without it nothing is said, but where it says so.
  void Enable(bool on) { on_ = on; }

  void IkeUp(const IkeSa& sa) override;
  void IkeDown(const IkeSa& sa, Cause cause, bool was_up) override;
  void ChildUp(const IkeSa& sa, const ChildSa& child) override;
  void ChildDown(const IkeSa& sa, const ChildSa& child, Cause cause) override;
  void IkeMoved(const IkeSa& sa) override;
  // Said without `crypto logging ikev2` too, in the words of ASA (ASA-25).
  void WrongSelectors(const IkeSa& sa, const ChildSa& child, Bytes packet) override;
  void Refused(const Ends& ends, Cause cause) override;

  // A message that was taken and did not get there.
  void CountLost() { ++dropped_; }
  // What was lost is told once a second at most.
  bool empty() const { return queue_.empty() && !MayTellLost(); }
  std::vector<SystemEvent> Take();

 private:
  enum class Name : uint8_t {
    kUp,
    kDown,
    kAborted,
    kChildUp,
    kChildDown,
    kDropped,
    kMoved,
    kSelectors,
    kNumber
  };
  struct Limit {
    uint64_t second_ns = 0;  // when its present second began
    uint32_t said = 0;       // in it
  };
  bool Allowed(Name name);
  bool MayTellLost() const {
    return dropped_ != 0 && clock_.MonotonicNs() - told_lost_ns_ >= kNsPerSecond;
  }
  void Say(Name name, std::string text);

  const Clock& clock_;
  bool on_ = false;
  std::vector<SystemEvent> queue_;
  std::array<Limit, static_cast<size_t>(Name::kNumber)> limits_;
  uint64_t dropped_ = 0;
  uint64_t told_lost_ns_ = 0;
};

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_EVENT_JOURNAL_H_
