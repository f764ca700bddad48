// Redirection, the gateway's side (RFC 5685): callers that follow redirects are sent to another
// gateway by the answer to IKE_SA_INIT or to IKE_AUTH, as the configuration says, or later by an
// operator. All others are served here.
#ifndef VAM_SW_IKE_V2_EXCHANGE_REDIRECT_GATEWAY_H_
#define VAM_SW_IKE_V2_EXCHANGE_REDIRECT_GATEWAY_H_

#include <optional>

#include "sw/ike/v2/exchange/core.h"

namespace vam::ike::v2 {

// Who was sent on with IKE_AUTH has so long to delete the IKE SA; then we do.
inline constexpr uint64_t kSentOnNs = 30 * kNsPerSecond;

// What the caller says of redirection in its first message.
void NoteRedirectSupport(IkeSa& sa, const Incoming& request);

// The answer to a first message that brought `nonce`, which sends its caller on (section 3). It
// needs nothing of the caller and leaves nothing here. Nothing: the caller is served here.
std::optional<MessageBuilder> RedirectInit(Core& core, const Ends& ends, const Incoming& request,
                                           Bytes nonce);

// Where a caller goes that has proved who it is (section 6). Nothing: it is served here.
std::optional<net::Address> RedirectAfterAuth(const Core& core, const IkeSa& sa);
// The IKE SA is up and has told the caller so: nothing is done by it but its deletion, the caller's
// or, when that does not come, ours.
void AwaitLeaving(Core& core, IkeSa& sa, const net::Address& gateway);

// The peer was told, and goes; not one that was made anew since.
inline bool WasSentOn(const IkeSa& sa) { return sa.leaving && sa.successor == 0; }

// Tells a peer that called us (section 5). False: it is not one to tell, and stays as it is. When
// it does not go it stays too.
bool SendOn(Core& core, IkeSa& sa, const net::Address& gateway);

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_EXCHANGE_REDIRECT_GATEWAY_H_
