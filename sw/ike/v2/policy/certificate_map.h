// `crypto pki certificate map`: which certificates a profile is for (IOS; ASA-36, ASA-38).
#ifndef VAM_SW_IKE_V2_POLICY_CERTIFICATE_MAP_H_
#define VAM_SW_IKE_V2_POLICY_CERTIFICATE_MAP_H_

#include <cstdint>
#include <string>
#include <vector>

#include "sw/config/running_pki.h"
#include "sw/pki/certificate.h"

namespace vam::ike::v2 {

// What the rules look at, made once for all maps that a certificate is held against.
class CertificateTexts {
 public:
  explicit CertificateTexts(const pki::Certificate& certificate);

 private:
  friend class CertificateMap;
  std::vector<std::string> subject_, issuer_, alt_names_, names_, serial_;
  int64_t not_before_s_ = 0;
  int64_t not_after_s_ = 0;
};

// Immutable. An entry matches when all of its rules hold, the map when any entry does; an entry
// without rules matches nothing. Text is compared without regard to case and to spaces around
// commas and equals signs. A name that is there several times (subjectAltName) is equal or contains
// when one of them does; a rule that says "not" holds when the opposite does not. `name` looks at
// the subject and all alternative names, `unstructured-subject-name` at the whole subject.
class CertificateMap {
 public:
  explicit CertificateMap(const config::PkiMap& map);

  const std::string& name() const { return name_; }
  bool Matches(const CertificateTexts& certificate) const;

 private:
  static bool Holds(const config::PkiMapRule& rule, const CertificateTexts& certificate);

  std::string name_;
  std::vector<std::vector<config::PkiMapRule>> entries_;  // texts as they are compared
};

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_POLICY_CERTIFICATE_MAP_H_
