// Which signatures are too weak to be believed.
#ifndef VAM_SW_PKI_STRENGTH_H_
#define VAM_SW_PKI_STRENGTH_H_

#include <openssl/x509.h>

namespace vam::pki {

// Null for hashes that are believed: SHA-224 to SHA-512, SHA-3, and EdDSA, which has its own; else
// why not, as "is signed with SHA-1". Short RSA keys do not come so far: crypto::PublicKey refuses
// them.
const char* WeaknessOf(const X509* x509);
const char* WeaknessOf(const X509_CRL* crl);
const char* WeaknessOf(const X509_ALGOR* algorithm);  // of an OCSP answer

}  // namespace vam::pki

#endif  // VAM_SW_PKI_STRENGTH_H_
