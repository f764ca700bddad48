// Certificates, trustpoints and key pairs as show replies and as IOS prints them.
#ifndef VAM_SW_MGMT_SHOW_PKI_H_
#define VAM_SW_MGMT_SHOW_PKI_H_

#include <cstdint>
#include <string>

#include "sw/api/pki.pb.h"
#include "sw/api/show.pb.h"
#include "sw/config/running.h"
#include "sw/mgmt/show_options.h"
#include "sw/pki/certificate.h"

namespace vam::mgmt {

bool IsPkiShow(api::ShowKind kind);
// Requires: IsPkiShow. All trustpoints, or the one that `map` of `request` names; an error when
// there is none of that name. `now_s`: since 1970-01-01 UTC.
api::ShowReply ShowPki(const config::Running& running, const api::ShowRequest& request,
                       int64_t now_s);
// The same with what the signer has of their keys.
api::PkiTrustpoints ShowTrustpointStatus(const config::Running& running, int64_t now_s,
                                         const api::KeyReply& keys);
// Of the signer's keys those of the kind (KEY_NONE: any).
api::CryptoKeys ShowKeys(const api::KeyReply& keys, api::KeyKind kind);

std::string RenderPkiCertificates(const api::PkiCertificates& show, const ShowOptions& options);
// `status`: what is still to be done.
std::string RenderPkiTrustpoints(const api::PkiTrustpoints& show, bool status);
std::string RenderCryptoKeys(const api::CryptoKeys& show);

// "Fingerprint SHA256: ..." and so on, a line each: what is compared with what the CA says.
std::string FingerprintText(const pki::Certificate& certificate);
// "RSA", "EC", "Ed25519", "Ed448".
std::string_view KeyKindName(api::KeyKind kind);

}  // namespace vam::mgmt

#endif  // VAM_SW_MGMT_SHOW_PKI_H_
