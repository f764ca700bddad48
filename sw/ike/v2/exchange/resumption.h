// Tickets of IKE SAs that are up (RFC 5723, 4.1, 4.2 and 6.2): asked for, given, kept. How an IKE
// SA is resumed by one: session_resume.h.
#ifndef VAM_SW_IKE_V2_EXCHANGE_RESUMPTION_H_
#define VAM_SW_IKE_V2_EXCHANGE_RESUMPTION_H_

#include <memory>

#include "sw/ike/v2/exchange/core.h"

namespace vam::ike::v2 {

// ---- client

// TICKET_REQUEST in IKE_AUTH, where the profile wants tickets.
void AskForTicket(Core& core, const IkeSa& sa, MessageBuilder& request);
// What the answer says to it: a ticket is kept, TICKET_ACK asked again later. Of an IKE SA that is
// up.
void NoteTicket(Core& core, IkeSa& sa, const Incoming& answer);
// Its time to ask for another has come.
void OnTicketDue(Core& core, IkeSa& sa);
// A new IKE SA stands in the place of an old one by rekeying: tickets of that are for nothing.
void InheritTickets(Core& core, const IkeSa& from, IkeSa& to);

// The ticket for the peer that `sa` calls, if it can be used still; it is not held any more then.
std::unique_ptr<HeldTicket> TakeTicket(Core& core, const IkeSa& sa);
// The try failed without a word that the peer alone can have said: for the next one.
void PutBack(Core& core, const IkeSa& sa, std::unique_ptr<HeldTicket> ticket);
// It ends in good order, or is about to (6.2).
void ForgetTicket(Core& core, const IkeSa& sa);
// That of `sa`, or null.
const HeldTicket* HeldFor(const Core& core, const IkeSa& sa);

// ---- gateway

// TICKET_LT_OPAQUE or TICKET_NACK, where the request asks for one. Of an IKE SA that is up, once
// its times are set.
void AnswerTicketRequest(Core& core, IkeSa& sa, const Incoming& request, MessageBuilder& answer);

// ---- both

// A new configuration: the key's life, and which tickets are for nothing now.
void FollowTickets(Core& core);
// Whether an IKE SA of this suite could be negotiated between these ends now.
bool StillOffered(const Policy& policy, const Ends& ends, const IkeSuite& suite);

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_EXCHANGE_RESUMPTION_H_
