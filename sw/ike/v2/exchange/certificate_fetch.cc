#include "sw/ike/v2/exchange/certificate_fetch.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "sw/ike/v2/auth/certificates.h"

namespace vam::ike::v2 {

namespace {

// Nothing: none is wanted, or may be.
std::vector<pki::FetchNeed> NeedsOf(Core& core, const IkeSa& sa, const ClaimPlace& place,
                                    const PeerClaim& claim) {
  std::vector<pki::FetchNeed> needs;
  const bool trusts = std::ranges::any_of(
      sa.profile->trustpoints, [](const auto& trustpoint) { return !trustpoint->anchors.empty(); });
  const bool proves = IsSignature(claim.auth.method) && sa.profile->UsesSignatures() && trusts;
  if (!core.policy().settings().http_url_cert || !proves) return needs;
  std::vector<HashAndUrl> missing =
      MissingCertificates(place.message.payloads, core.revocation().certificates(), core.now_s());
  const auto count = static_cast<uint32_t>(missing.size());
  if (count == 0 || !core.revocation().budget().Take(sa.ends.remote, count, core.now_ns())) {
    return needs;
  }
  for (HashAndUrl& each : missing) {
    pki::FetchNeed& need = needs.emplace_back();
    need.kind = pki::RevocationCheck::kNone;
    need.urls.push_back(std::move(each.url));
    need.key = pki::CertificateKey(each.hash);
  }
  return needs;
}

}  // namespace

void AddCertificateLookup(const Core& core, bool signatures, MessageBuilder& message) {
  if (signatures && core.policy().settings().http_url_cert) {
    AddNotify(message, NotifyType::kHttpCertLookupSupported);
  }
}

void NoteCertificateRequest(IkeSa& sa, const Incoming& message) {
  sa.setup->peer_authorities = ReadAuthorities(message.payloads);
  sa.setup->peer_looks_up = Find(message.notifies, NotifyType::kHttpCertLookupSupported) != nullptr;
}

Result<PeerClaim> ReadPeerClaim(Core& core, const Incoming& message, PayloadType id_type) {
  const Settings& settings = core.policy().settings();
  pki::CertificateCache& fetched = core.revocation().certificates();
  fetched.SetKept(settings.certificate_cache);
  return ReadClaim(message, id_type, settings.http_url_cert ? &fetched : nullptr, core.now_s());
}

void WithCertificates(Core& core, IkeSa& sa, const ClaimPlace& place, const PeerClaim& claim,
                      ClaimDone done) {
  const std::vector<pki::FetchNeed> needs = NeedsOf(core, sa, place, claim);
  if (needs.empty()) return done(core, sa, claim);
  Hold(core, sa);
  core.revocation().Fetch(needs, [&core, &message = place.message, id_type = place.id_type,
                                  spi = sa.spi, done = std::move(done)] {
    IkeSa* const found = Resume(core, spi);
    if (found == nullptr) return;
    const auto whole = ReadPeerClaim(core, message, id_type);
    // It was read before.
    if (!whole) return core.End(*found, Cause::kMalformed);
    done(core, *found, *whole);
  });
}

}  // namespace vam::ike::v2
