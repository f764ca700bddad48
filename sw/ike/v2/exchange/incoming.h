// What several exchanges read from a message of the peer.
#ifndef VAM_SW_IKE_V2_EXCHANGE_INCOMING_H_
#define VAM_SW_IKE_V2_EXCHANGE_INCOMING_H_

#include <cstdint>
#include <span>
#include <vector>

#include "sw/crypto/key_exchange.h"
#include "sw/ike/v2/exchange/cause.h"
#include "sw/ike/v2/exchange/request.h"
#include "sw/ike/v2/wire/payload_sa.h"

namespace vam::ike::v2 {

// The first error notify, or null.
const NotifyPayload* FindRefusal(const Incoming& answer);
// As which a child that was refused so is counted.
Cause CauseOf(const NotifyPayload& refusal);

// What both kinds of request for a new IKE SA hold. Spans belong to the message.
struct KeyOffer {
  std::vector<Proposal> proposals;
  KeyExchangePayload ke;
  Bytes nonce;
};
Result<KeyOffer> ReadKeyOffer(const Incoming& request);
Result<Bytes> ReadNonce(const Incoming& message);

// What is kept of a message, which goes.
inline std::vector<uint8_t> Copy(Bytes bytes) { return {bytes.begin(), bytes.end()}; }

// Whether any of our proposals has the group.
bool OffersGroup(std::span<const Proposal> proposals, uint16_t group);
// Whether any has a transform for an additional key exchange.
bool OffersAdditional(std::span<const Proposal> proposals);
// The secret of the answer's KE payload, which is of the group that was agreed on and that `own` is
// of; kMalformed else.
Result<crypto::SharedSecret> FinishExchange(const Incoming& answer, uint16_t group,
                                            const crypto::KeyExchange& own);

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_EXCHANGE_INCOMING_H_
