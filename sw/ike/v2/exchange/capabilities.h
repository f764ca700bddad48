// What both sides say of themselves in the first messages, IKE_SA_INIT or IKE_SESSION_RESUME.
#ifndef VAM_SW_IKE_V2_EXCHANGE_CAPABILITIES_H_
#define VAM_SW_IKE_V2_EXCHANGE_CAPABILITIES_H_

#include "sw/ike/v2/exchange/core.h"

namespace vam::ike::v2 {

// Beside proposal, key exchange and nonce. `signatures`: which we take.
void AddCapabilities(MessageBuilder& message, const IkeSa& sa, const Settings& settings,
                     bool signatures);
// What the peer said.
void NoteCapabilities(IkeSa& sa, const Incoming& message, const Settings& settings);
// As initiator: whoever is behind a NAT, both go to port 4500 from IKE_AUTH on (RFC 7296, 2.23).
// Those that may move go in any case, for they may come behind one (RFC 4555, 3.3).
void Float(IkeSa& sa);
// Of the first messages: both nonces and SPIs.
Exchanged ExchangedOf(const IkeSa& sa);

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_EXCHANGE_CAPABILITIES_H_
