// What we prove ourselves with: a certificate, those that lead to its anchor, and the name of its
// key, which the signer alone has.
#ifndef VAM_SW_IKE_V2_POLICY_CREDENTIAL_H_
#define VAM_SW_IKE_V2_POLICY_CREDENTIAL_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "sw/pki/certificate.h"

namespace vam::ike::v2 {

// SHA-1 of an authority's SubjectPublicKeyInfo: how a CERTREQ payload names it (RFC 7296, 3.7).
using KeyHash = std::array<uint8_t, 20>;

// Immutable.
struct Credential {
  std::string trustpoint;
  std::string key;  // label
  pki::Certificate leaf;
  std::vector<pki::Certificate> intermediates;  // sent with it, from the leaf upwards; no anchor
  std::vector<KeyHash> authorities;             // above the leaf, the anchor too
  // Stands for the leaf with peers that look it up (RFC 7296, 3.6); empty: it is sent itself.
  std::vector<uint8_t> hash_and_url;
};

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_POLICY_CREDENTIAL_H_
