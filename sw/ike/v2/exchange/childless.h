// IKE SAs that come up without a child (RFC 6023): children follow, each by an exchange of its own,
// so that the first one too may have a key exchange of its own.
#ifndef VAM_SW_IKE_V2_EXCHANGE_CHILDLESS_H_
#define VAM_SW_IKE_V2_EXCHANGE_CHILDLESS_H_

#include "sw/ike/v2/exchange/core.h"

namespace vam::ike::v2 {

// Responder's IKE_SA_INIT: CHILDLESS_IKEV2_SUPPORTED, unless no profile takes it.
void OfferChildless(const Core& core, MessageBuilder& message);

// Initiator: when its first child is asked for.
enum class FirstChild : uint8_t {
  kWithIkeSa,
  kLater,
  kImpossible,  // the profile wants it otherwise than the peer can; Setup::why says so
};
FirstChild WhenFirstChild(const IkeSa& sa);

// Responder: IKE_AUTH asks for no child.
bool IsChildless(const Incoming& request);

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_EXCHANGE_CHILDLESS_H_
