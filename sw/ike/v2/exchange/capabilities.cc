#include "sw/ike/v2/exchange/capabilities.h"

#include <utility>

#include "sw/ike/v2/exchange/nat_detection.h"
#include "sw/net/ports.h"

namespace vam::ike::v2 {

namespace {

// A notify that does not parse is as none: what follows from it is decided by the signature.
PeerHashes HashesOf(const Incoming& message) {
  const NotifyPayload* notify = Find(message.notifies, NotifyType::kSignatureHashAlgorithms);
  if (notify == nullptr) return std::nullopt;
  auto hashes = ReadHashes(notify->data);
  return hashes ? PeerHashes(std::move(*hashes)) : std::nullopt;
}

}  // namespace

void AddCapabilities(MessageBuilder& message, const IkeSa& sa, const Settings& settings,
                     bool signatures) {
  AddNatDetection(message, sa.spi_i(), sa.spi_r(), sa.ends);
  if (settings.fragment_bytes != 0) AddNotify(message, NotifyType::kIkev2FragmentationSupported);
  if (signatures) AddOwnHashes(message);
}

void NoteCapabilities(IkeSa& sa, const Incoming& message, const Settings& settings) {
  sa.peer_fragments = settings.fragment_bytes != 0 &&
                      Find(message.notifies, NotifyType::kIkev2FragmentationSupported) != nullptr;
  // The answer has both SPIs in its hashes, the request none of ours.
  NoteNat(sa, message, message.header.response ? sa.spi_r() : 0);
  sa.peer_nat_traversal = Find(message.notifies, NotifyType::kNatDetectionDestinationIp) != nullptr;
  sa.setup->peer_hashes = HashesOf(message);
}

Exchanged ExchangedOf(const IkeSa& sa) {
  return {sa.setup->nonce_i, sa.setup->nonce_r, sa.spi_i(), sa.spi_r()};
}

void Float(IkeSa& sa) {
  const bool may_move = sa.profile->mobike && sa.peer_nat_traversal;
  if (!sa.nat_here && !sa.nat_there && !may_move) return;
  sa.ends.local_port = net::kNattPort;
  sa.ends.remote_port = net::kNattPort;
  sa.ends.encapsulated = true;
}

}  // namespace vam::ike::v2
