// What follows from PKI statements for IKE: which certificates a profile may use, and what is
// missing.
#ifndef VAM_SW_CONFIG_EFFECTIVE_PKI_H_
#define VAM_SW_CONFIG_EFFECTIVE_PKI_H_

#include <string>
#include <string_view>

#include "sw/config/running.h"

namespace vam::config {

// That of this system; nullptr when the trustpoint has none.
const PkiCertificate* OwnCertificate(const Pki& pki, std::string_view trustpoint);
bool HasCaCertificate(const Pki& pki, std::string_view trustpoint);

// Why a profile that asks for certificates cannot have them, as a sentence; "" when it can, or asks
// for none. The same profile may be missing other things (effective_ike.h).
std::string WhyNoCertificates(const Pki& pki, const Ikev2Profile& profile);

}  // namespace vam::config

#endif  // VAM_SW_CONFIG_EFFECTIVE_PKI_H_
