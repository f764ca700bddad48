#include "sw/config/effective_pki.h"

#include <fmt/core.h>

#include <algorithm>

namespace vam::config {
namespace {

bool IsSignature(IkeAuth method) { return method != IkeAuth::kPreShare; }

const PkiCertificate* FindCertificate(const Pki& pki, std::string_view trustpoint, bool ca) {
  const PkiChain* chain = pki.chains.Find(trustpoint);
  if (chain == nullptr) return nullptr;
  const auto at = std::ranges::find(chain->certificates, ca, &PkiCertificate::ca);
  return at == chain->certificates.end() ? nullptr : &*at;
}

// Of the trustpoints of a profile at least one must be able to do its part.
std::string WhyNotSigned(const Pki& pki, const Ikev2Profile& profile) {
  const auto at =
      std::ranges::find_if(profile.trustpoints, [](const auto& point) { return point.sign; });
  if (at == profile.trustpoints.end()) {
    return fmt::format("authentication local {} needs a trustpoint that signs",
                       IkeAuthName(*profile.local_auth));
  }
  for (const IkeTrustpoint& point : profile.trustpoints) {
    if (point.sign && OwnCertificate(pki, point.name) != nullptr) return "";
  }
  return fmt::format("trustpoint {} has no certificate of this system", at->name);
}
// Where a profile names none, all trustpoints verify, as in IOS.
std::string WhyNotVerified(const Pki& pki, const Ikev2Profile& profile, IkeAuth method) {
  if (profile.trustpoints.empty()) {
    const bool any = std::ranges::any_of(
        pki.trustpoints, [&](const auto& point) { return HasCaCertificate(pki, point.name); });
    if (any) return "";
  }
  const auto at =
      std::ranges::find_if(profile.trustpoints, [](const auto& point) { return point.verify; });
  if (at == profile.trustpoints.end()) {
    return fmt::format("authentication remote {} needs a trustpoint that verifies",
                       IkeAuthName(method));
  }
  for (const IkeTrustpoint& point : profile.trustpoints) {
    if (point.verify && HasCaCertificate(pki, point.name)) return "";
  }
  return fmt::format("trustpoint {} has no certificate of a CA", at->name);
}

}  // namespace

const PkiCertificate* OwnCertificate(const Pki& pki, std::string_view trustpoint) {
  return FindCertificate(pki, trustpoint, /*ca=*/false);
}
bool HasCaCertificate(const Pki& pki, std::string_view trustpoint) {
  return FindCertificate(pki, trustpoint, /*ca=*/true) != nullptr;
}

std::string WhyNoCertificates(const Pki& pki, const Ikev2Profile& profile) {
  for (const std::string& map : profile.certificate_maps) {
    if (pki.maps.Find(map) == nullptr) {
      return fmt::format("certificate map {} is not defined", map);
    }
  }
  for (const IkeTrustpoint& point : profile.trustpoints) {
    if (pki.trustpoints.Find(point.name) == nullptr) {
      return fmt::format("trustpoint {} is not defined", point.name);
    }
  }
  if (profile.local_auth && IsSignature(*profile.local_auth)) {
    if (std::string why = WhyNotSigned(pki, profile); !why.empty()) return why;
  }
  const auto signed_by = std::ranges::find_if(profile.remote_auth, IsSignature);
  if (signed_by == profile.remote_auth.end()) return "";
  return WhyNotVerified(pki, profile, *signed_by);
}

}  // namespace vam::config
