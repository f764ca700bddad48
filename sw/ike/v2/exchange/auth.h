// IKE_AUTH (RFC 7296, 1.2, 2.15, 2.16): who is who, and the first child.
#ifndef VAM_SW_IKE_V2_EXCHANGE_AUTH_H_
#define VAM_SW_IKE_V2_EXCHANGE_AUTH_H_

#include <vector>

#include "sw/ike/v2/exchange/child.h"
#include "sw/ike/v2/exchange/core.h"

namespace vam::ike::v2 {

// Initiator. Waits for the SPI of the first child; without a child the IKE SA comes up alone (RFC
// 6023) only where the peer said that it may, else it ends.
class AuthRequest final : public Request {
 public:
  ExchangeType type() const override { return ExchangeType::kIkeAuth; }
  bool Ready(const IkeSa& sa) const override;
  bool Write(Core& core, IkeSa& sa, MessageBuilder& message) override;
  void OnAnswer(Core& core, IkeSa& sa, const Incoming& answer) override;

 private:
  void TakeChild(Core& core, IkeSa& sa, const Incoming& answer, Bytes nonce_i, Bytes nonce_r);

  std::vector<uint8_t> rest_of_id_;  // of our ID payload
  std::vector<Proposal> proposals_;
  uint32_t child_ = 0;
};

// Responder. An IKE SA that fails here ends; the initiator is told why, encrypted.
void OnAuth(Core& core, IkeSa& sa, const Incoming& request);

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_EXCHANGE_AUTH_H_
