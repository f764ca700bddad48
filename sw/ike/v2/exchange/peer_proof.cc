#include "sw/ike/v2/exchange/peer_proof.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "sw/ike/v2/auth/certificates.h"
#include "sw/ike/v2/auth/signed_octets.h"
#include "sw/ike/v2/policy/certificate_identity.h"

namespace vam::ike::v2 {

namespace {

// What is fetched may name more that is to be fetched: once.
constexpr unsigned kMostRounds = 2;

Cause CauseOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::kNotFound:
      return Cause::kNoPeerCertificate;
    case ErrorCode::kExhausted:
      return Cause::kTooManyCertificates;
    case ErrorCode::kUnavailable:
      return Cause::kCertificateNotFetched;
    default:
      return Cause::kBadCertificate;
  }
}

void ReadCertificates(const Incoming& message, const pki::CertificateCache* fetched, int64_t now_s,
                      PeerClaim& claim) {
  auto read = ReadCertificates(message.payloads, fetched, now_s);
  if (read) {
    claim.certificates = std::move(*read);
    return;
  }
  claim.why = read.error().text;
  const auto cert = Find(message.payloads, PayloadType::kCert);
  const auto parsed = cert == nullptr ? Result<CertPayload>(read.error()) : ParseCert(cert->body);
  const bool by_url = fetched == nullptr && parsed && IsHashAndUrl(parsed->encoding);
  claim.bad_certificates = by_url ? Cause::kCertificateEncoding : CauseOf(read.error().code);
}

const SharedKey* RemoteKeyOf(const IkeSa& sa) {
  if (!sa.profile->remote_key.empty()) return &sa.profile->remote_key;
  const KeyringPeer* peer = KeyringPeerOf(sa);
  return peer == nullptr || peer->remote.empty() ? nullptr : &peer->remote;
}

std::optional<Cause> VerifySharedKey(IkeSa& sa, const PeerClaim& claim) {
  if (claim.auth.method != AuthMethod::kSharedKey || !sa.profile->Takes(AuthKind::kSharedKey)) {
    return Cause::kAuthMethod;
  }
  const SharedKey* key = RemoteKeyOf(sa);
  if (key == nullptr) return Cause::kNoSharedKey;
  const auto octets = OctetsOf(sa, !sa.initiator, claim.rest_of_id);
  if (!octets) return Cause::kInternal;
  const auto expected = SharedKeyAuth(sa.suite.prf, key->bytes(), *octets);
  if (!expected) return Cause::kInternal;
  if (!ConstantTimeEqual(*expected, claim.auth.data)) return Cause::kAuthFailed;
  sa.peer_auth = AuthKind::kSharedKey;
  return std::nullopt;
}

// That the holder of the certificate made the message, and that the certificate speaks for the
// identity; not that anybody trusts it.
std::optional<Cause> VerifySignature(const Core& core, IkeSa& sa, const PeerClaim& claim) {
  if (claim.bad_certificates) {
    sa.setup->why = claim.why;
    return claim.bad_certificates;
  }
  const pki::Certificate& leaf = claim.certificates.front();
  const AuthKind kind = AuthKindOf(leaf.key().type());
  if (!sa.profile->Takes(kind)) return Cause::kAuthMethod;
  const auto received =
      ReadSignature(claim.auth, leaf.key().type(), core.policy().settings().legacy);
  if (!received) {
    sa.setup->why = received.error().text;
    return received.error().code == ErrorCode::kUnsupported ? Cause::kAuthMethod
                                                            : Cause::kAuthFailed;
  }
  const auto octets = OctetsOf(sa, !sa.initiator, claim.rest_of_id);
  if (!octets) return Cause::kInternal;
  if (!leaf.key().Verify(received->scheme, *octets, received->signature)) {
    return Cause::kAuthFailed;
  }
  // A key-id stands in no certificate: then a map must say that this certificate is meant.
  const bool named =
      SpeaksFor(leaf, sa.peer_identity) || (sa.peer_identity.type == IdentityType::kKeyId &&
                                            sa.profile->MatchesCertificate(CertificateTexts(leaf)));
  if (!named) return Cause::kIdentityNotInCertificate;
  sa.peer_auth = kind;
  return std::nullopt;
}

// A path that is being looked at.
struct Path {
  std::vector<pki::Certificate> certificates;
  ProofDone done;
  unsigned rounds = 0;
};

void CheckTrust(Core& core, IkeSa& sa, const std::shared_ptr<Path>& path) {
  const std::span<const pki::Certificate> all(path->certificates);
  pki::Verification verified = pki::Verify(all.front(), all.subspan(1), sa.profile->trustpoints,
                                           core.now_s(), core.revocation().cache());
  switch (verified.verdict) {
    case pki::Verdict::kTrusted:
      sa.peer_subject = all.front().subject();
      sa.trusted_until_s = verified.until_s;
      return path->done(core, sa, std::nullopt);
    case pki::Verdict::kRefused:
      sa.setup->why = std::move(verified.why);
      return path->done(core, sa, Cause::kCertificateRefused);
    case pki::Verdict::kNeedsRevocation:
      break;
  }
  if (++path->rounds > kMostRounds || verified.needs.empty()) {
    return path->done(core, sa, Cause::kRevocationUnknown);
  }
  Hold(core, sa);
  core.revocation().Fetch(verified.needs, [&core, spi = sa.spi, path] {
    IkeSa* const found = Resume(core, spi);
    if (found != nullptr) CheckTrust(core, *found, path);
  });
}

}  // namespace

Result<PeerClaim> ReadClaim(const Incoming& message, PayloadType id_type,
                            const pki::CertificateCache* fetched, int64_t now_s) {
  VAM_TRY(const Bytes id_body, Only(message.payloads, id_type));
  VAM_TRY(const Bytes auth_body, Only(message.payloads, PayloadType::kAuth));
  VAM_TRY(const IdPayload id, ParseId(id_body));
  PeerClaim claim;
  VAM_TRY(claim.identity, Identity::FromWire(static_cast<uint8_t>(id.type), id.data));
  claim.rest_of_id = id.rest_of_id;
  VAM_TRY(claim.auth, ParseAuth(auth_body));
  if (IsSignature(claim.auth.method)) ReadCertificates(message, fetched, now_s, claim);
  return claim;
}

bool Means(const Profile& profile, const PeerClaim& claim) {
  return profile.match.Has(claim.identity) ||
         (!claim.certificates.empty() &&
          profile.MatchesCertificate(CertificateTexts(claim.certificates.front())));
}

std::shared_ptr<const Profile> ProfileFor(const Core& core, const IkeSa& sa,
                                          const PeerClaim& claim) {
  const Policy& policy = core.policy();
  auto profile = policy.FindProfile(claim.identity, sa.ends.local, sa.ends.front_vrf);
  if (profile != nullptr || claim.certificates.empty()) return profile;
  return policy.FindProfile(claim.certificates.front(), sa.ends.local, sa.ends.front_vrf);
}

void VerifyPeer(Core& core, IkeSa& sa, const PeerClaim& claim, ProofDone done) {
  if (!IsSignature(claim.auth.method)) return done(core, sa, VerifySharedKey(sa, claim));
  if (const auto failed = VerifySignature(core, sa, claim)) return done(core, sa, failed);
  CheckTrust(core, sa, std::make_shared<Path>(Path{claim.certificates, std::move(done)}));
}

}  // namespace vam::ike::v2
