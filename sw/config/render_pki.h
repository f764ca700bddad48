// The PKI part of a configuration as statements.
#ifndef VAM_SW_CONFIG_RENDER_PKI_H_
#define VAM_SW_CONFIG_RENDER_PKI_H_

#include <array>
#include <string>
#include <string_view>

#include "sw/config/running_pki.h"

namespace vam::config {

// Certificates are public: they are shown whole.
std::string RenderPki(const Pki& pki);

// As statements have them: "sha256", "terminal pem" (of none: ""), "crl".
std::string_view PkiHashName(PkiHash hash);
std::string_view PkiEnrollmentName(PkiEnrollment enrollment);
std::string_view PkiRevocationName(PkiRevocation check);
// Of PkiField and PkiOperator, in their order.
inline constexpr std::array<std::string_view, 8> kPkiFieldNames{
    "subject-name",  "issuer-name", "alt-subject-name", "name", "unstructured-subject-name",
    "serial-number", "valid-start", "expires-on"};
inline constexpr std::array<std::string_view, 6> kPkiOperatorNames{"eq", "ne", "co",
                                                                   "nc", "lt", "ge"};
// "subject-name co example"
std::string RenderPkiRule(const PkiMapRule& rule);

}  // namespace vam::config

#endif  // VAM_SW_CONFIG_RENDER_PKI_H_
