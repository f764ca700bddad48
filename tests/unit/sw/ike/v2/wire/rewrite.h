// Writes again what was read: the round trip of any payload, for tests and the fuzz target.
#ifndef VAM_TESTS_UNIT_SW_IKE_V2_WIRE_REWRITE_H_
#define VAM_TESTS_UNIT_SW_IKE_V2_WIRE_REWRITE_H_

#include "sw/ike/v2/wire/message.h"

namespace vam::ike::v2::test {

enum class Rewritten {
  kRefused,     // does not parse
  kOpaque,      // has no parser
  kUnwritable,  // parses, and the builder refuses what it holds
  kWritten,
};
// Parses one payload and appends what its builder makes of the result.
Rewritten Rewrite(MessageBuilder& message, const RawPayload& payload);

}  // namespace vam::ike::v2::test

#endif  // VAM_TESTS_UNIT_SW_IKE_V2_WIRE_REWRITE_H_
