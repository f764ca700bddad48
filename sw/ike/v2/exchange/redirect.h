// Redirection, the client's side (RFC 5685): a gateway sends us to another one, before, with or
// after IKE_AUTH. The entry of the crypto map stays that of the gateway that it names
// (IkeSa::home).
//
// The new gateway is an address of our own address's family and proves who it is as any peer: the
// profile must mean it, and a keyring must have its address. Names are refused.
#ifndef VAM_SW_IKE_V2_EXCHANGE_REDIRECT_H_
#define VAM_SW_IKE_V2_EXCHANGE_REDIRECT_H_

#include "sw/ike/v2/exchange/core.h"

namespace vam::ike::v2 {

// REDIRECT or REDIRECTED_FROM (RFC 5685, 9.2 and 9.3) that names a gateway by its address.
void AddRedirectTo(MessageBuilder& message, NotifyType type, const net::Address& gateway,
                   Bytes nonce = {});

// The one that rekeying has made of it, which has its children now. Null: there is none that is up.
IkeSa* MadeOf(Core& core, const IkeSa& sa);

// ---- IKE_SA_INIT

// REDIRECT_SUPPORTED, and REDIRECTED_FROM where it was sent here.
void OfferRedirect(const Core& core, const IkeSa& sa, MessageBuilder& request);
// Whether a REDIRECT in an answer, which nothing protects, is one to our request: it has our nonce
// (section 3). True when there is none.
bool MayBeRedirected(const IkeSa& sa, const Incoming& answer);
// True: the answer was a REDIRECT that we asked for, and is done with. Requires: MayBeRedirected.
bool TakeInitRedirect(Core& core, IkeSa& sa, const Incoming& answer);

// ---- IKE_AUTH

// True: the gateway, which has proved who it is, sends us on (section 6), and the answer is done
// with.
bool TakeAuthRedirect(Core& core, IkeSa& sa, const Incoming& answer);

// ---- INFORMATIONAL

// The gateway sends us on (section 5): the children are made with the new one, then the IKE SA with
// the old one is deleted. When the new one cannot be had, the old one stays.
void TakeRedirect(Core& core, IkeSa& sa, const Incoming& request);

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_EXCHANGE_REDIRECT_H_
