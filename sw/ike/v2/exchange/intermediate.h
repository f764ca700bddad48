// IKE_INTERMEDIATE (RFC 9242) for additional key exchanges (RFC 9370, 2.2.2): between IKE_SA_INIT
// and IKE_AUTH one for each method that was agreed on, no more and no fewer. Nobody is
// authenticated yet: what the peer sends here AUTH covers.
#ifndef VAM_SW_IKE_V2_EXCHANGE_INTERMEDIATE_H_
#define VAM_SW_IKE_V2_EXCHANGE_INTERMEDIATE_H_

#include <vector>

#include "sw/ike/v2/exchange/core.h"

namespace vam::ike::v2 {

// Initiator, after IKE_SA_INIT and after each round: the next round, or IKE_AUTH after the last.
void BeginIntermediate(Core& core, IkeSa& sa);

// Responder: whether another round must come before IKE_AUTH.
bool AwaitsIntermediate(const IkeSa& sa);
// Requires: AwaitsIntermediate. An IKE SA that fails here ends; the initiator is told, encrypted.
// `request.raw` is what IntAuth covers (CoveredByIntAuth).
void OnIntermediate(Core& core, IkeSa& sa, const Incoming& request);

// What the peer's request `id` is encrypted with.
SkKeys InboundKeysOf(const IkeSa& sa, uint32_t id);
// A message of ours goes out with these payloads.
Status NoteSentIntermediate(IkeSa& sa, const Header& header, PayloadType first, Bytes inner);
// IntAuth of both sides as AUTH covers it; empty without IKE_INTERMEDIATE.
std::vector<uint8_t> IntAuthOf(const IkeSa& sa);

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_EXCHANGE_INTERMEDIATE_H_
