#include "sw/ike/v2/policy/compile_pki.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "sw/ike/v2/auth/hash_and_url.h"

namespace vam::ike::v2 {

namespace {

// In the order of config::PkiRevocation.
constexpr std::array kChecks{pki::RevocationCheck::kNone, pki::RevocationCheck::kCrl,
                             pki::RevocationCheck::kOcsp};
static_assert(kChecks.size() == static_cast<size_t>(config::PkiRevocation::kOcsp) + 1);

// In the order of config::IkeAuth.
constexpr std::array kKinds{AuthKind::kSharedKey, AuthKind::kRsa, AuthKind::kEcdsa,
                            AuthKind::kEdDsa};
static_assert(kKinds.size() == static_cast<size_t>(config::IkeAuth::kEddsaSig) + 1);

AuthKind KindOf(config::IkeAuth method) { return kKinds.at(static_cast<size_t>(method)); }

// What `crypto pki certificate chain` holds, by what it is for.
struct OwnChain {
  std::vector<pki::Certificate> anchors, intermediates, own;
};

OwnChain ReadChain(const config::PkiChain& said, Notes& notes) {
  OwnChain chain;
  for (const config::PkiCertificate& from : said.certificates) {
    auto read = pki::Certificate::FromDer(from.der);
    if (!read) {
      notes.Add(fmt::format("crypto pki certificate chain {}: certificate {} is not used: {}",
                            said.name, from.serial, read.error().text));
      continue;
    }
    auto& list = !from.ca ? chain.own : read->self_issued() ? chain.anchors : chain.intermediates;
    list.push_back(std::move(*read));
  }
  return chain;
}

const pki::Certificate* IssuerOf(const pki::Certificate& of,
                                 const std::vector<pki::Certificate>& among) {
  const auto found = std::ranges::find_if(among, [&of](const pki::Certificate& certificate) {
    return std::ranges::equal(certificate.subject_der(), of.issuer_der());
  });
  return found == among.end() ? nullptr : &*found;
}

// Our certificate, and the way up from it.
std::shared_ptr<const Credential> MakeCredential(const config::PkiTrustpoint& said,
                                                 const OwnChain& chain) {
  if (chain.own.empty()) return nullptr;
  // The configuration takes one.
  Credential own{said.name, std::string(config::KeyLabelOf(said)), chain.own.front(), {}, {}, {}};
  if (!said.certificate_url.empty()) {
    own.hash_and_url = MakeHashAndUrl(own.leaf.der(), said.certificate_url);
  }
  // A path that comes back to itself ends by its length.
  const pki::Certificate* at = &own.leaf;
  while (!at->self_issued() && own.intermediates.size() < pki::kMaxPathLength) {
    if (const pki::Certificate* anchor = IssuerOf(*at, chain.anchors)) {
      own.authorities.push_back(anchor->key_hash());
      break;
    }
    at = IssuerOf(*at, chain.intermediates);
    if (at == nullptr) break;
    own.intermediates.push_back(*at);
    own.authorities.push_back(at->key_hash());
  }
  return std::make_shared<const Credential>(std::move(own));
}

std::shared_ptr<const pki::Trustpoint> MakeTrustpoint(const config::PkiTrustpoint& said,
                                                      OwnChain chain) {
  // A certificate that we signed ourselves is trusted by those alone who were given it.
  if (chain.anchors.empty()) return nullptr;
  auto made = std::make_shared<pki::Trustpoint>();
  made->name = said.name;
  made->anchors = std::move(chain.anchors);
  made->intermediates = std::move(chain.intermediates);
  for (const config::PkiRevocation check : said.revocation) {
    made->revocation.push_back(kChecks.at(static_cast<size_t>(check)));
  }
  made->ocsp_url = said.ocsp_url;
  made->crl_url = said.crl_url;
  return made;
}

struct Chosen {
  const CompiledTrustpoint* trustpoint;
  bool sign, verify;
};
// Those of a profile in their order. Names that are not defined make a profile incomplete.
std::vector<Chosen> TrustpointsOf(const config::Ikev2Profile& said, const CompiledPki& pki) {
  std::vector<Chosen> out;
  for (const config::IkeTrustpoint& use : said.trustpoints) {
    const auto found = pki.trustpoints.find(use.name);
    if (found != pki.trustpoints.end()) out.push_back({&found->second, use.sign, use.verify});
  }
  if (!said.trustpoints.empty()) return out;
  for (const auto& [name, trustpoint] : pki.trustpoints) out.push_back({&trustpoint, false, true});
  return out;
}

}  // namespace

CompiledPki CompilePki(const config::Pki& pki, Notes& notes) {
  CompiledPki out;
  for (const config::PkiTrustpoint& said : pki.trustpoints) {
    const config::PkiChain* const found = pki.chains.Find(said.name);
    OwnChain chain = found == nullptr ? OwnChain() : ReadChain(*found, notes);
    CompiledTrustpoint& made = out.trustpoints[said.name];
    made.own = MakeCredential(said, chain);
    made.trusted = MakeTrustpoint(said, std::move(chain));
  }
  for (const config::PkiMap& map : pki.maps) {
    out.maps.emplace(map.name, std::make_shared<const CertificateMap>(map));
  }
  return out;
}

std::string CompileAuthentication(const config::Ikev2Profile& said, const CompiledPki& pki,
                                  Profile& profile) {
  profile.local_auth = KindOf(*said.local_auth);
  profile.remote_auth.clear();
  for (const config::IkeAuth method : said.remote_auth) {
    profile.remote_auth.push_back(KindOf(method));
  }
  for (const std::string& name : said.certificate_maps) {
    const auto found = pki.maps.find(name);
    if (found != pki.maps.end()) profile.match_certificate.push_back(found->second);
  }
  const auto signature = std::ranges::find_if(said.remote_auth, [](config::IkeAuth method) {
    return method != config::IkeAuth::kPreShare;
  });
  const bool verifies = signature != said.remote_auth.end();
  for (const Chosen& use : TrustpointsOf(said, pki)) {
    const auto& own = use.trustpoint->own;
    if (use.sign && own != nullptr && AuthKindOf(own->leaf.key().type()) == profile.local_auth) {
      profile.credentials.push_back(own);
    }
    if (verifies && use.verify && use.trustpoint->trusted != nullptr) {
      profile.trustpoints.push_back(use.trustpoint->trusted);
    }
  }
  const bool signs = profile.local_auth != AuthKind::kSharedKey;
  if (signs && profile.credentials.empty()) {
    return fmt::format(
        "authentication local {}: no trustpoint has a certificate of ours with such "
        "a key",
        IkeAuthName(*said.local_auth));
  }
  // With none of them peers with shared keys go on.
  if (verifies && profile.trustpoints.empty() && !profile.Takes(AuthKind::kSharedKey)) {
    return fmt::format("authentication remote {}: no trustpoint has a certificate of a CA",
                       IkeAuthName(*signature));
  }
  return "";
}

}  // namespace vam::ike::v2
