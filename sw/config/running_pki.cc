#include "sw/config/running_pki.h"

namespace vam::config {

std::string_view KeyLabelOf(const PkiTrustpoint& trustpoint) {
  if (!trustpoint.ec_key.empty()) return trustpoint.ec_key;
  return trustpoint.rsa_key.empty() ? kDefaultRsaLabel : std::string_view(trustpoint.rsa_key);
}

}  // namespace vam::config
