// What the AUTH payload covers, and the AUTH payload of shared keys (RFC 7296, 2.15).
#ifndef VAM_SW_IKE_V2_AUTH_SIGNED_OCTETS_H_
#define VAM_SW_IKE_V2_AUTH_SIGNED_OCTETS_H_

#include <cstdint>
#include <vector>

#include "sw/base/bytes.h"
#include "sw/base/result.h"
#include "sw/ike/v2/keys/key_schedule.h"

namespace vam::ike::v2 {

// Of one side. All spans are the wire's bytes.
struct AuthInput {
  Bytes init_message;  // the side's IKE_SA_INIT message, from the header on, the last one sent
  Bytes peer_nonce;    // the other side's nonce
  Bytes rest_of_id;    // the side's ID payload behind the generic header
  Bytes intermediate;  // IntAuth of RFC 9242, 3.3.2; empty without IKE_INTERMEDIATE
};

// `message` | nonce | prf(SK_p, ID) | IntAuth. `sk_p` is SK_pi for the initiator's, SK_pr for the
// responder's octets.
Result<std::vector<uint8_t>> SignedOctets(PrfId prf, Bytes sk_p, const AuthInput& input);

// prf(prf(key, "Key Pad for IKEv2"), octets). `key` may have any length.
Result<std::vector<uint8_t>> SharedKeyAuth(PrfId prf, Bytes key, Bytes octets);

// prf(SK_p, octets): of a resumed IKE SA (RFC 5723, 4.3.3). `sk_p` as above.
Result<std::vector<uint8_t>> ResumedAuth(PrfId prf, Bytes sk_p, Bytes octets);

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_AUTH_SIGNED_OCTETS_H_
