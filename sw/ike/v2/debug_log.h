// `debug crypto ikev2 [packet | error | internal]`: what happens, as records for mgmt.
#ifndef VAM_SW_IKE_V2_DEBUG_LOG_H_
#define VAM_SW_IKE_V2_DEBUG_LOG_H_

#include <string>
#include <utility>
#include <vector>

#include "sw/api/debug_queue.h"
#include "sw/ike/v2/exchange/core.h"
#include "sw/ike/v2/names.h"

namespace vam::ike::v2 {

// One thread. Nothing is written where nothing is debugged. No record holds a key, a nonce or
// payload bytes: of an encrypted message the header alone is told.
class DebugLog final : public Journal {
 public:
  explicit DebugLog(const Clock& clock) : queue_(clock) {}

  // kDebugState of mgmt.
  void Set(const api::DebugState& state) { queue_.Set(state); }
  void SetNames(Names names) { names_ = std::move(names); }
  bool empty() const { return queue_.empty(); }
  // To be sent to mgmt, each as a kDebugRecord.
  std::vector<api::DebugRecord> Take() { return queue_.Take(); }

  void IkeUp(const IkeSa& sa) override;
  void IkeDown(const IkeSa& sa, Cause cause, bool was_up) override;
  void ChildUp(const IkeSa& sa, const ChildSa& child) override;
  void ChildDown(const IkeSa& sa, const ChildSa& child, Cause cause) override;
  void StateChange(const IkeSa& sa, IkeSa::State next) override;
  void Packet(const Ends& ends, bool sent, Bytes message) override;
  void SentOn(const Ends& ends, RedirectPhase phase, const net::Address& gateway) override;
  void Refused(const Ends& ends, Cause cause) override;

 private:
  api::DebugContext ContextOf(const Ends& ends) const;
  api::DebugContext ContextOf(const IkeSa& sa, const ChildSa* child = nullptr) const;

  api::DebugQueue queue_;
  Names names_;
};

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_DEBUG_LOG_H_
