#include "sw/ike/v2/exchange/incoming.h"

#include <algorithm>

namespace vam::ike::v2 {

const NotifyPayload* FindRefusal(const Incoming& answer) {
  const auto found = std::ranges::find_if(
      answer.notifies, [](const NotifyPayload& notify) { return IsError(notify.type); });
  return found == answer.notifies.end() ? nullptr : &*found;
}

Cause CauseOf(const NotifyPayload& refusal) {
  if (refusal.type == NotifyType::kTsUnacceptable) return Cause::kTsUnacceptable;
  if (refusal.type == NotifyType::kNoProposalChosen) return Cause::kNoProposal;
  if (refusal.type == NotifyType::kInternalAddressFailure) return Cause::kNoAddress;
  if (refusal.type == NotifyType::kFailedCpRequired) return Cause::kAddressNotAsked;
  return Cause::kRefusedByPeer;
}

Result<Bytes> ReadNonce(const Incoming& message) {
  VAM_TRY(const Bytes body, Only(message.payloads, PayloadType::kNonce));
  return ParseNonce(body);
}

Result<KeyOffer> ReadKeyOffer(const Incoming& request) {
  KeyOffer offer;
  VAM_TRY(const Bytes sa_body, Only(request.payloads, PayloadType::kSa));
  VAM_TRY(const Bytes ke_body, Only(request.payloads, PayloadType::kKe));
  VAM_TRY(offer.proposals, ParseSa(sa_body));
  VAM_TRY(offer.ke, ParseKe(ke_body));
  VAM_TRY(offer.nonce, ReadNonce(request));
  return offer;
}

bool OffersGroup(std::span<const Proposal> proposals, uint16_t group) {
  return std::ranges::any_of(proposals, [group](const Proposal& proposal) {
    return std::ranges::any_of(proposal.transforms, [group](const Transform& transform) {
      return transform.type == TransformType::kKeyExchange && transform.id == group;
    });
  });
}

bool OffersAdditional(std::span<const Proposal> proposals) {
  return std::ranges::any_of(proposals, [](const Proposal& proposal) {
    return std::ranges::any_of(proposal.transforms, [](const Transform& transform) {
      return transform.type >= TransformType::kAdditionalKe1 &&
             transform.type <= TransformType::kAdditionalKe7;
    });
  });
}

Result<crypto::SharedSecret> FinishExchange(const Incoming& answer, uint16_t group,
                                            const crypto::KeyExchange& own) {
  VAM_TRY(const Bytes body, Only(answer.payloads, PayloadType::kKe));
  VAM_TRY(const KeyExchangePayload ke, ParseKe(body));
  if (ke.group != group || ke.group != static_cast<uint16_t>(own.group())) {
    return Err(ErrorCode::kMalformed, "the answer's key exchange is of another group");
  }
  return own.Finish(ke.data);
}

}  // namespace vam::ike::v2
