// What an IKE SA is resumed from (RFC 5723, 5): the gateway has it in the ticket that it gives, the
// client beside the ticket that it holds.
#ifndef VAM_SW_IKE_V2_SA_TICKET_H_
#define VAM_SW_IKE_V2_SA_TICKET_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "sw/base/bytes.h"
#include "sw/base/result.h"
#include "sw/base/secret.h"
#include "sw/ike/identity.h"
#include "sw/ike/v2/keys/key_schedule.h"
#include "sw/ike/v2/keys/suite.h"
#include "sw/ike/v2/policy/profile.h"

namespace vam::ike::v2 {

// Of the end that has it. Times are of the monotonic clock: no ticket outlives the role.
struct TicketState {
  uint64_t expires_ns = 0;
  // Both must have proved themselves again (RFC 4478, and a certificate's end); 0: never.
  uint64_t reauth_by_ns = 0;
  uint64_t session = 0;  // IkeSa::session of the IKE SA that it is for
  PolicyMark policy{};   // what the configuration said of the peer
  IkeSuite suite;
  Key sk_d;
  AuthKind local_auth = AuthKind::kSharedKey;
  AuthKind peer_auth = AuthKind::kSharedKey;
  Identity local_identity;
  Identity peer_identity;
  std::string profile;
  std::string ppk;           // as IkeSa::ppk
  std::string peer_subject;  // as IkeSa::peer_subject
};

// The longest encoding; what does not fit gets no ticket.
inline constexpr size_t kMaxTicketText = 960;
using TicketText = Secret<kMaxTicketText>;

// The first byte is the version of this form; integers are big-endian, texts and identities have
// their length before them. kExhausted: it does not fit.
Result<TicketText> EncodeTicket(const TicketState& state);
// kTruncated, kMalformed for anything that EncodeTicket does not write: another version, numbers
// that are not known here, a key of another length than its PRF's, bytes at the end.
Result<TicketState> DecodeTicket(Bytes text);

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_SA_TICKET_H_
