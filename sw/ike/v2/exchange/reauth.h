// Repeated authentication (RFC 4478): both prove again who they are, in time; and before what the
// peer proved itself by, its certificate and those it is trusted by, expires. The end that called
// makes another IKE SA beside the old one, moves the children over, and deletes the old one when
// nothing comes in by it any more. The other end deletes an IKE SA whose time is over.
#ifndef VAM_SW_IKE_V2_EXCHANGE_REAUTH_H_
#define VAM_SW_IKE_V2_EXCHANGE_REAUTH_H_

#include "sw/ike/v2/exchange/core.h"

namespace vam::ike::v2 {

// Responder, authenticated: AUTH_LIFETIME, where the profile asks for it; the time runs, that of
// the peer's certificate too.
void AddAuthLifetime(const Core& core, IkeSa& sa, MessageBuilder& message);
// The end that called, authenticated: the shorter of what the peer says and of what the profile
// does. Also of an INFORMATIONAL request, by which a peer may change it (RFC 4478, 3).
void NoteAuthLifetime(Core& core, IkeSa& sa, const Incoming& message);

// The IKE SA's time for it has come. True: it is being deleted, or waits for that.
bool OnReauthDue(Core& core, IkeSa& sa);

// ---- at the other end

// Another IKE SA with the peer carries the same: what goes out stays with the old child until the
// peer uses the new one (or kLaterNs has passed), for it may not have its SA yet. Returns false
// when nothing carries it.
bool WaitsForOld(Core& core, const IkeSa& sa, ChildSa& child,
                 const std::shared_ptr<const ChildKeys>& keys);
// The peer deletes the IKE SA: what waited for its children goes out now.
void ReleaseWaiting(Core& core, const IkeSa& sa);

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_EXCHANGE_REAUTH_H_
