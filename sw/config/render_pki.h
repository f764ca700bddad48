// The PKI part of a configuration as statements.
#ifndef VAM_SW_CONFIG_RENDER_PKI_H_
#define VAM_SW_CONFIG_RENDER_PKI_H_

#include <string>
#include <string_view>

#include "sw/config/running_pki.h"

namespace vam::config {

// Certificates are public: they are shown whole.
std::string RenderPki(const Pki& pki);

// "sha256".
std::string_view PkiHashName(PkiHash hash);
// "subject-name co example"
std::string RenderPkiRule(const PkiMapRule& rule);

}  // namespace vam::config

#endif  // VAM_SW_CONFIG_RENDER_PKI_H_
