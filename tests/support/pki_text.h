// Certificates as configurations hold them.
#ifndef VAM_TESTS_SUPPORT_PKI_TEXT_H_
#define VAM_TESTS_SUPPORT_PKI_TEXT_H_

#include <algorithm>
#include <string>
#include <vector>

#include "sw/base/bytes.h"
#include "sw/config/pki_text.h"
#include "tests/support/identity.h"

namespace vam::test {

// Lines of `crypto pki certificate chain`.
inline std::string ChainLines(const Identity& identity, bool ca) {
  const std::vector<uint8_t> der = identity.certificate();
  std::string text =
      std::string(" certificate ") + (ca ? "ca " : "") + *config::SerialOfCertificate(der) + "\n";
  constexpr size_t kPerLine = 16;
  for (Bytes rest(der); !rest.empty();) {
    const Bytes line = rest.first(std::min(rest.size(), kPerLine));
    text += "  " + FormatHex(line) + "\n";
    rest = rest.subspan(line.size());
  }
  return text + "  quit\n";
}

// A trustpoint with its certificates: `more` are lines of the trustpoint.
inline std::string TrustpointLines(const std::string& name, const std::string& more,
                                   const std::vector<Identity>& authorities,
                                   const std::vector<Identity>& own) {
  std::string text = "crypto pki trustpoint " + name + "\n" + more;
  text += "crypto pki certificate chain " + name + "\n";
  for (const Identity& one : authorities) text += ChainLines(one, true);
  for (const Identity& one : own) text += ChainLines(one, false);
  return text;
}

}  // namespace vam::test

#endif  // VAM_TESTS_SUPPORT_PKI_TEXT_H_
