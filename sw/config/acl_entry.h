// One line of an access list from the words of a statement.
#ifndef VAM_SW_CONFIG_ACL_ENTRY_H_
#define VAM_SW_CONFIG_ACL_ENTRY_H_

#include <variant>

#include "sw/config/statements.h"

namespace vam::config {

// Reads @entry, @standard-entry or @entry6 from token `at` on. The sequence number is 0 unless the
// line itself gives it (`sequence N` in IPv6).
std::variant<AclEntry, Fault> ReadAclEntry(AclKind kind, const Match& match, size_t at);

}  // namespace vam::config

#endif  // VAM_SW_CONFIG_ACL_ENTRY_H_
