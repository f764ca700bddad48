// A message of the peer that outlives the call that brought it, while another role is asked.
#ifndef VAM_SW_IKE_V2_EXCHANGE_HELD_MESSAGE_H_
#define VAM_SW_IKE_V2_EXCHANGE_HELD_MESSAGE_H_

#include <cstdint>
#include <vector>

#include "sw/ike/v2/exchange/request.h"

namespace vam::ike::v2 {

// Immutable. One for each IKE SA that is being set up; what is sent again meanwhile is "busy" to
// the window.
class HeldMessage {
 public:
  // Copies the payloads. Requires: notifies that parsed.
  explicit HeldMessage(const Incoming& message);
  HeldMessage(const HeldMessage&) = delete;
  HeldMessage& operator=(const HeldMessage&) = delete;

  const Incoming& message() const { return message_; }

 private:
  std::vector<uint8_t> bytes_;
  Incoming message_;
};

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_EXCHANGE_HELD_MESSAGE_H_
