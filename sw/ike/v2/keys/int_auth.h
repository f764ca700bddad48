// What IKE_INTERMEDIATE adds to AUTH (RFC 9242, 3.3.2).
#ifndef VAM_SW_IKE_V2_KEYS_INT_AUTH_H_
#define VAM_SW_IKE_V2_KEYS_INT_AUTH_H_

#include <cstdint>
#include <vector>

#include "sw/base/bytes.h"
#include "sw/base/result.h"
#include "sw/ike/v2/keys/key_schedule.h"
#include "sw/ike/v2/wire/header.h"
#include "sw/ike/v2/wire/message.h"

namespace vam::ike::v2 {

// A | P of one message: header and generic header of the Encrypted payload as if nothing but
// `inner` were in it, then `inner`. Of a message that goes out: as a whole one, fragmented or not.
std::vector<uint8_t> CoveredByIntAuth(const Header& header, PayloadType first, Bytes inner);
// The same of one that came: `message` is it, or any of its fragments. Requires: that `part` is in
// it, and alone.
std::vector<uint8_t> CoveredByIntAuth(Bytes message, const EncryptedPart& part, PayloadType first,
                                      Bytes inner);

// prf(SK_p, before | covered). `sk_p` is of the side that sent the message, from before its keys
// change; `before` of the same side's last message, empty for the first.
Result<std::vector<uint8_t>> NextIntAuth(PrfId prf, Bytes sk_p, Bytes before, Bytes covered);

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_KEYS_INT_AUTH_H_
