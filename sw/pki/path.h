// Inside sw/pki only: the path from a certificate to an anchor (RFC 5280, section 6), and what CRLs
// say of each certificate on it. libcrypto does the work; here is what it is asked, and what it
// does not ask itself.
#ifndef VAM_SW_PKI_PATH_H_
#define VAM_SW_PKI_PATH_H_

#include <openssl/x509.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "sw/pki/certificate.h"
#include "sw/pki/finding.h"
#include "sw/pki/verify.h"

namespace vam::pki {

struct PathQuestion {
  const Certificate& leaf;
  std::span<const Certificate> others;
  const Trustpoint& trustpoint;
  int64_t now_s;
};

struct Path {
  std::vector<Certificate> certificates;  // the leaf first, the anchor last; none: refused
  std::string why;                        // a sentence
  bool stranger = false;                  // no anchor has to do with it
};

Path FindPath(const PathQuestion& question);

// By the CRLs at hand, for each certificate of `path` but the anchor. A CRL that is not believed or
// not current says nothing, but one that is only too old still revokes.
std::vector<Finding> CheckCrls(const PathQuestion& question, const Path& path,
                               std::span<X509_CRL* const> crls);

}  // namespace vam::pki

#endif  // VAM_SW_PKI_PATH_H_
