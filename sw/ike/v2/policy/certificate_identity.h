// Whether a certificate speaks for the identity that its holder shows (RFC 4945, 3.1; RFC 7296,
// 3.5). The subject's common name counts for nothing, and no name has wildcards.
#ifndef VAM_SW_IKE_V2_POLICY_CERTIFICATE_IDENTITY_H_
#define VAM_SW_IKE_V2_POLICY_CERTIFICATE_IDENTITY_H_

#include "sw/ike/identity.h"
#include "sw/pki/certificate.h"

namespace vam::ike::v2 {

// A distinguished name is the subject, byte for byte; a name, mailbox or address is a
// subjectAltName of its type. Key-ids are in no certificate.
bool SpeaksFor(const pki::Certificate& certificate, const Identity& shown);

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_POLICY_CERTIFICATE_IDENTITY_H_
