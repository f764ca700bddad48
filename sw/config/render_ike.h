// The IKE part of a configuration as statements.
#ifndef VAM_SW_CONFIG_RENDER_IKE_H_
#define VAM_SW_CONFIG_RENDER_IKE_H_

#include <string>

#include "sw/config/pending.h"
#include "sw/config/running_ike.h"

namespace vam::config {

// `write_key` gives what stands in the place of a pre-shared key, its form included: "0 sesame".
std::string RenderIke(const Ike& ike, const WriteSecret& write_key);
std::string RenderAuthorization(const Ikev2Authorization& policy);
// A key in clear: "0 TEXT" where that reads back as it is, else "hex DIGITS".
std::string ClearIkeKey(Bytes key);

// As statements write it: "address 10.0.0.0 255.0.0.0", "fqdn domain example.com", "any".
std::string RenderIkeIdentity(const IkeIdentity& identity);
// "10.0.0.1", "10.0.0.0 255.0.0.0", "2001:db8::/32".
std::string RenderIkeRange(const net::Prefix& range);
// "10 2 periodic".
std::string RenderIkeDpd(const IkeDpd& dpd);

}  // namespace vam::config

#endif  // VAM_SW_CONFIG_RENDER_IKE_H_
