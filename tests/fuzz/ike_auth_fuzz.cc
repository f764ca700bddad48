// What IKE_AUTH says of who a peer is: identity, certificates, requests for them, AUTH. The first
// byte is the type of the first payload, the rest the decrypted payloads; a notify's data is read
// as hashes, too.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "sw/base/check.h"
#include "sw/ike/v2/auth/certificates.h"
#include "sw/ike/v2/exchange/held_message.h"
#include "sw/ike/v2/exchange/peer_proof.h"
#include "sw/ike/v2/policy/certificate_identity.h"
#include "sw/pki/certificate_bundle.h"
#include "sw/pki/certificate_cache.h"
#include "sw/pki/verify.h"

namespace vam::ike::v2 {
namespace {

constexpr size_t kMaxInput = 32'768;
constexpr std::array kKeys{crypto::KeyType::kRsa,       crypto::KeyType::kEcdsaP256,
                           crypto::KeyType::kEcdsaP384, crypto::KeyType::kEcdsaP521,
                           crypto::KeyType::kEd25519,   crypto::KeyType::kEd448};

void Signatures(const AuthPayload& auth) {
  for (const crypto::KeyType key : kKeys) {
    for (const bool legacy : {false, true}) {
      const auto read = ReadSignature(auth, key, legacy);
      if (!read) continue;
      VAM_CHECK(crypto::SchemeFits(read->scheme, key));
      VAM_CHECK(read->signature.size() <= auth.data.size());
      VAM_CHECK(legacy || read->scheme.hash != crypto::Hash::kSha1);
    }
  }
}

void Certificates(const PeerClaim& claim) {
  VAM_CHECK(claim.certificates.size() <= pki::kMaxPeerCertificates);
  VAM_CHECK(claim.certificates.empty() || !claim.bad_certificates.has_value());
  for (const pki::Certificate& certificate : claim.certificates) {
    const Bytes subject = certificate.subject_der();
    VAM_CHECK(SpeaksFor(certificate, {IdentityType::kDn, {subject.begin(), subject.end()}}));
    static_cast<void>(SpeaksFor(certificate, claim.identity));
  }
}

// What is named by hash and URL is fetched: the rest of the payload stands for what comes back,
// too.
void HashesAndUrls(std::span<const RawPayload> payloads) {
  pki::CertificateCache fetched;
  const auto missing = MissingCertificates(payloads, fetched, 0);
  VAM_CHECK(missing.size() <= kMostLookups);
  for (const HashAndUrl& each : missing) {
    VAM_CHECK(each.url.size() <= kMaxHashedUrl);
    fetched.Fail(pki::CertificateKey(each.hash), 1);
  }
  VAM_CHECK(MissingCertificates(payloads, fetched, 0).empty());
  static_cast<void>(ReadCertificates(payloads, &fetched, 0));
  for (const RawPayload& payload : payloads) {
    const auto bundle = pki::ReadBundle(payload.body);
    VAM_CHECK(!bundle || bundle->size() <= pki::kMaxPeerCertificates);
  }
}

void Message(PayloadType first, Bytes text) {
  Incoming incoming;
  auto payloads = ParseInner(first, text);
  if (!payloads) return;
  incoming.payloads = std::move(*payloads);
  auto notifies = ParseNotifies(incoming.payloads);
  if (!notifies) return;
  incoming.notifies = std::move(*notifies);
  for (const NotifyPayload& notify : incoming.notifies) {
    const auto hashes = ReadHashes(notify.data);
    VAM_CHECK(!hashes.has_value() || hashes->size() <= 5);
  }
  VAM_CHECK(ReadAuthorities(incoming.payloads).size() <= kMaxAuthorities);
  const HeldMessage held(incoming);
  VAM_CHECK(held.message().notifies.size() == incoming.notifies.size());
  VAM_CHECK(std::ranges::equal(held.message().payloads, incoming.payloads,
                               [](const RawPayload& a, const RawPayload& b) {
                                 return a.type == b.type && std::ranges::equal(a.body, b.body);
                               }));
  HashesAndUrls(incoming.payloads);
  const auto claim = ReadClaim(held.message(), PayloadType::kIdInitiator);
  if (!claim) return;
  Signatures(claim->auth);
  Certificates(*claim);
}

}  // namespace
}  // namespace vam::ike::v2

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0 || size > vam::ike::v2::kMaxInput) return 0;
  vam::ike::v2::Message(static_cast<vam::ike::v2::PayloadType>(data[0]), {data + 1, size - 1});
  return 0;
}
