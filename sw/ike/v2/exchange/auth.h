// IKE_AUTH (RFC 7296, 1.2, 2.15, 2.16): who is who, and the first child.
#ifndef VAM_SW_IKE_V2_EXCHANGE_AUTH_H_
#define VAM_SW_IKE_V2_EXCHANGE_AUTH_H_

#include <vector>

#include "sw/ike/v2/exchange/child.h"
#include "sw/ike/v2/exchange/core.h"

namespace vam::ike::v2 {

// Initiator, after IKE_SA_INIT: makes the own proof, then asks. A proof that cannot be made ends
// the IKE SA.
void BeginAuth(Core& core, IkeSa& sa);

// The request itself. Waits for the SPI of the first child; without a child the IKE SA ends. Where
// the profile wants it so and the peer can, the child follows by an exchange of its own (RFC 6023).
class AuthRequest final : public Request {
 public:
  ExchangeType type() const override { return ExchangeType::kIkeAuth; }
  bool Ready(const IkeSa& sa) const override;
  bool Write(Core& core, IkeSa& sa, MessageBuilder& message) override;
  void OnAnswer(Core& core, IkeSa& sa, const Incoming& answer) override;

 private:
  std::vector<Proposal> proposals_;
  uint32_t child_ = 0;
  bool later_ = false;  // the child is asked for when the IKE SA is up
};

// Responder. The request is held while other roles are asked. An IKE SA that fails here ends; the
// initiator is told that it did, encrypted.
void OnAuth(Core& core, IkeSa& sa, const Incoming& request);

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_EXCHANGE_AUTH_H_
