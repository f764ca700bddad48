// From the PKI statements to what the exchanges prove and verify with.
#ifndef VAM_SW_IKE_V2_POLICY_COMPILE_PKI_H_
#define VAM_SW_IKE_V2_POLICY_COMPILE_PKI_H_

#include <map>
#include <memory>
#include <string>

#include "sw/config/running_ike.h"
#include "sw/config/running_pki.h"
#include "sw/ike/v2/policy/compile_parts.h"

namespace vam::ike::v2 {

// Of one `crypto pki trustpoint` with its certificate chain.
struct CompiledTrustpoint {
  std::shared_ptr<const pki::Trustpoint> trusted;  // null: it has no anchor
  std::shared_ptr<const Credential> own;           // null: it has no certificate of ours
};

struct CompiledPki {
  std::map<std::string, CompiledTrustpoint, std::less<>> trustpoints;
  std::map<std::string, std::shared_ptr<const CertificateMap>, std::less<>> maps;
};

// Certificates that do not parse are left out with a note.
CompiledPki CompilePki(const config::Pki& pki, Notes& notes);

// The parts of a profile that certificates decide: methods, credentials, trustpoints, maps. Why it
// cannot be used, as a sentence; "" when it can. A profile that names no trustpoint verifies by all
// of them (SY-185, EX-37) and signs by none.
std::string CompileAuthentication(const config::Ikev2Profile& said, const CompiledPki& pki,
                                  Profile& profile);

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_POLICY_COMPILE_PKI_H_
