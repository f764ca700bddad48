// What the tables of IKE statements have in common. Internal to sw/config.
#ifndef VAM_SW_CONFIG_STATEMENTS_IKE_H_
#define VAM_SW_CONFIG_STATEMENTS_IKE_H_

#include <variant>

#include "sw/config/running_ike.h"
#include "sw/config/statements.h"

namespace vam::config {

// The key of `@psk`: what is typed, hexadecimal digits, or what is sealed.
std::variant<IkeKey, Fault> IkeKeyOf(Editor& editor, const Match& match);
// Of `@ike-range`: host bits are cleared, and 0.0.0.0 alone is every address, as in IOS.
net::Prefix IkeRangeOf(const Match& match);
// Of `@ike-remote` or `@ike-own`.
IkeIdentity IkeIdentityOf(const Match& match);
// Of `@ike-dpd`.
IkeDpd IkeDpdOf(const Match& match);
// Of `<address>` or `<address6>`.
net::Address IkeAddressOf(const Match& match);

}  // namespace vam::config

#endif  // VAM_SW_CONFIG_STATEMENTS_IKE_H_
