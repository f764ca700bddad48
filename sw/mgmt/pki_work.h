// What commands about certificates do to the configuration, as pure functions.
#ifndef VAM_SW_MGMT_PKI_WORK_H_
#define VAM_SW_MGMT_PKI_WORK_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sw/api/pki.pb.h"
#include "sw/config/running.h"
#include "sw/pki/certificate.h"

namespace vam::mgmt {

inline constexpr uint32_t kDefaultRsaBits = 2048;  // of a new key pair

// Certificates in pasted text (pki_paste.h), or why they cannot be read: a sentence without its
// end. Blocks that are no certificates are a problem.
struct PastedCertificates {
  std::vector<pki::Certificate> certificates;
  std::string problem;
};
PastedCertificates CertificatesIn(std::string_view text);

config::PkiCertificate Configured(const pki::Certificate& certificate, bool ca);
// The chain of the trustpoint with `own` in the place of this system's certificate, and with the
// CA's of `more` that it does not have.
config::PkiChain ChainWith(const config::Pki& pki, const std::string& trustpoint,
                           const std::optional<pki::Certificate>& own,
                           const std::vector<pki::Certificate>& more);
// The statements that make the chain of its trustpoint this one; they end in global mode.
std::vector<std::string> ChainStatements(const config::Pki& now, const config::PkiChain& next);

// The first certificate of `next` that is not in `now` and cannot be used, as a sentence; "": none.
std::string WhyBadCertificate(const config::Pki& next, const config::Pki& now);
// Why this is not the certificate of the key pair, issued by a CA of the trustpoint; "" when it is.
// `now_s`: since 1970-01-01 UTC.
std::string WhyNotIssued(const pki::Certificate& certificate, const api::KeyInfo& key,
                         const config::Pki& pki, const std::string& trustpoint, int64_t now_s);

// What the signer is asked for by `enroll`.
api::KeyRequest::Certify CertifyFor(const config::Running& running,
                                    const config::PkiTrustpoint& trustpoint,
                                    const api::KeyInfo& key, int64_t now_s);

}  // namespace vam::mgmt

#endif  // VAM_SW_MGMT_PKI_WORK_H_
