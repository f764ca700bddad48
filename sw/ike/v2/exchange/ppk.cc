#include "sw/ike/v2/exchange/ppk.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "sw/base/text.h"
#include "sw/ike/v2/keys/key_schedule.h"
#include "sw/ike/v2/wire/notify_data.h"

namespace vam::ike::v2 {

namespace {

constexpr uint8_t kFixedId = 2;  // PPK_ID_FIXED (RFC 8784, 5.1)

// Of the peer, as far as it is known. Null: none.
const Ppk* PpkOf(const IkeSa& sa) {
  const KeyringPeer* peer = KeyringPeerOf(sa);
  return peer == nullptr ? nullptr : peer->ppk.get();
}

bool Names(const PpkIdentity& identity, const Ppk& ppk) {
  return identity.type == kFixedId && std::ranges::equal(identity.data, ppk.id);
}

std::optional<Cause> Mix(IkeSa& sa, const Ppk& ppk) {
  if (!MixPpk(sa.suite, ppk.key.bytes(), sa.keys)) return Cause::kInternal;
  sa.ppk = ppk.id;
  return std::nullopt;
}

std::optional<Cause> Lacks(IkeSa& sa, std::string_view why) {
  sa.setup->why = why;
  return Cause::kNoPpk;
}

}  // namespace

// ---- IKE_SA_INIT

void OfferPpk(const IkeSa& sa, MessageBuilder& message) {
  if (PpkOf(sa) != nullptr) AddNotify(message, NotifyType::kUsePpk);
}

void AnswerPpk(const Core& core, IkeSa& sa, const Incoming& request, MessageBuilder& message) {
  if (!core.policy().uses_ppks() || Find(request.notifies, NotifyType::kUsePpk) == nullptr) return;
  sa.setup->ppk.agreed = true;
  AddNotify(message, NotifyType::kUsePpk);
}

bool NotePpkAnswer(IkeSa& sa, const Incoming& answer) {
  const Ppk* const ppk = PpkOf(sa);
  if (ppk == nullptr) return true;  // not offered: an answer to nothing says nothing
  sa.setup->ppk.agreed = Find(answer.notifies, NotifyType::kUsePpk) != nullptr;
  return sa.setup->ppk.agreed || !ppk->required ||
         !Lacks(sa, "the peer knows nothing of post-quantum preshared keys").has_value();
}

// ---- IKE_AUTH, initiator

void MakeProofWithPpk(Core& core, IkeSa& sa, ProofDone done) {
  PpkUse& use = sa.setup->ppk;
  const Ppk* const ppk = use.agreed ? PpkOf(sa) : nullptr;
  if (ppk == nullptr) return MakeOwnProof(core, sa, std::move(done));
  const auto with_it = [done = std::move(done)](Core& c, IkeSa& s) {
    // Looked up again: the signer may have been waited for.
    const Ppk* const key = PpkOf(s);
    const auto failed = key == nullptr ? std::optional(Cause::kInternal) : Mix(s, *key);
    if (failed) return done(c, s, failed);
    MakeOwnProof(c, s, done);
  };
  if (ppk->required) return with_it(core, sa);
  MakeOwnProof(core, sa, [with_it](Core& c, IkeSa& s, std::optional<Cause> failed) {
    PpkUse& kept = s.setup->ppk;
    if (!failed) {
      kept.plain_keys = s.keys.Clone();
      kept.plain_auth = std::move(s.setup->own.data);
    }
    // What fails without the key fails with it, and is told by that.
    with_it(c, s);
  });
}

void WritePpk(const IkeSa& sa, MessageBuilder& message) {
  if (sa.ppk.empty()) return;
  const Bytes id = BytesOf(sa.ppk);
  AddPpkIdentity(message, {kFixedId, id});
  const std::vector<uint8_t>& plain = sa.setup->ppk.plain_auth;
  if (!plain.empty()) AddNotify(message, NotifyType::kNoPpkAuth, plain);
}

std::optional<Cause> TakePpkAnswer(IkeSa& sa, const Incoming& answer) {
  if (sa.ppk.empty() || Find(answer.notifies, NotifyType::kPpkIdentity) != nullptr) {
    return std::nullopt;
  }
  PpkUse& use = sa.setup->ppk;
  if (!use.plain_keys) return Lacks(sa, "the peer answers without the post-quantum preshared key");
  sa.keys = std::move(*use.plain_keys);
  use.plain_keys.reset();
  sa.ppk.clear();
  return std::nullopt;
}

// ---- IKE_AUTH, responder

// The table of RFC 8784, 3.
std::optional<Cause> TakePpkRequest(IkeSa& sa, const Incoming& request, PeerClaim& claim) {
  const Ppk* const ppk = PpkOf(sa);
  const NotifyPayload* const named = Find(request.notifies, NotifyType::kPpkIdentity);
  const bool required = ppk != nullptr && ppk->required;
  if (!sa.setup->ppk.agreed || named == nullptr) {
    return required ? Lacks(sa, "the peer does not use its post-quantum preshared key")
                    : std::nullopt;
  }
  const auto identity = ParsePpkIdentity(named->data);
  if (!identity) return Lacks(sa, "the identity of the post-quantum preshared key is malformed");
  if (ppk != nullptr && Names(*identity, *ppk)) return Mix(sa, *ppk);
  const NotifyPayload* const without = Find(request.notifies, NotifyType::kNoPpkAuth);
  if (required || without == nullptr) {
    return Lacks(sa, "the peer names a post-quantum preshared key that is not known for it");
  }
  claim.auth.data = without->data;
  return std::nullopt;
}

void ConfirmPpk(const IkeSa& sa, MessageBuilder& message) {
  // Without data (RFC 8784, 3).
  if (!sa.ppk.empty()) AddNotify(message, NotifyType::kPpkIdentity);
}

}  // namespace vam::ike::v2
