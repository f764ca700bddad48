// The bundle of certificates of RFC 7296, 3.6: what a URL of encoding 13 leads to.
#ifndef VAM_SW_PKI_CERTIFICATE_BUNDLE_H_
#define VAM_SW_PKI_CERTIFICATE_BUNDLE_H_

#include <vector>

#include "sw/base/bytes.h"
#include "sw/base/result.h"

namespace vam::pki {

// The certificates of a CertificateBundle in DER, in their order, as they stand there; CRLs are
// left out. Nothing of them is read. kMalformed; kExhausted: more than kMaxPeerCertificates.
Result<std::vector<Bytes>> ReadBundle(Bytes der);

}  // namespace vam::pki

#endif  // VAM_SW_PKI_CERTIFICATE_BUNDLE_H_
