#include "sw/ike/v2/exchange/childless.h"

namespace vam::ike::v2 {

using config::IkeChildless;

void OfferChildless(const Core& core, MessageBuilder& message) {
  if (core.policy().takes_childless()) AddNotify(message, NotifyType::kChildlessIkev2Supported);
}

FirstChild WhenFirstChild(const IkeSa& sa) {
  const IkeChildless wanted = sa.profile->childless;
  const bool can = sa.setup->peer_childless && wanted != IkeChildless::kNever;
  if (wanted == IkeChildless::kForce && !can) {
    sa.setup->why = "the peer does not make IKE SAs without a child (RFC 6023)";
    return FirstChild::kImpossible;
  }
  const bool later = wanted == IkeChildless::kForce || wanted == IkeChildless::kPrefer;
  return can && later ? FirstChild::kLater : FirstChild::kWithIkeSa;
}

bool IsChildless(const Incoming& request) {
  return Find(request.payloads, PayloadType::kSa) == nullptr &&
         Find(request.payloads, PayloadType::kTsInitiator) == nullptr &&
         Find(request.payloads, PayloadType::kTsResponder) == nullptr;
}

}  // namespace vam::ike::v2
