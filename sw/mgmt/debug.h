// The debug commands: what is on, under which conditions, and what the roles have reported.
#ifndef VAM_SW_MGMT_DEBUG_H_
#define VAM_SW_MGMT_DEBUG_H_

#include <cstdint>
#include <deque>
#include <string>

#include "sw/api/debug.pb.h"
#include "sw/api/show.pb.h"

namespace vam::mgmt {

// One debug, undebug or no debug line.
struct DebugCommand {
  enum class Kind : uint8_t { kArea, kCondition, kUnmatched, kReset, kAll, kKeys };
  Kind kind = Kind::kArea;
  bool off = false;
  api::DebugArea area = api::DEBUG_NONE;  // kArea; kUnmatched: DEBUG_NONE is all three
  bool error = false;                     // kArea: errors alone
  api::DebugCondition condition;          // kCondition
};

// State of one mgmt role; it begins with everything off.
class DebugControl {
 public:
  static constexpr int kMostConditions = 128;  // SY-182: not for large numbers
  static constexpr size_t kMostRecords = 200;

  // What IOS prints after the command; begins with '%' when it was refused.
  std::string Apply(const DebugCommand& command);
  const api::DebugState& state() const { return state_; }

  // Whether keys are sent for the key log.
  void SetKeys(bool on) { state_.set_ikev2_keys(on); }

  // Keeps the record among the last ones; its line for the log.
  std::string Record(const std::string& role, const api::DebugRecord& record);
  api::Debugging Show() const;

 private:
  std::string SetArea(const DebugCommand& command);
  std::string SetCondition(const DebugCommand& command);
  std::string SetUnmatched(const DebugCommand& command);

  api::DebugState state_;
  std::deque<std::string> last_;
  uint64_t records_ = 0, dropped_ = 0;
};

}  // namespace vam::mgmt

#endif  // VAM_SW_MGMT_DEBUG_H_
