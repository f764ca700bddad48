// The ICMP and ICMPv6 errors that the gateway sends: one name for both.
#ifndef VAM_SW_FWD_ICMP_ERRORS_H_
#define VAM_SW_FWD_ICMP_ERRORS_H_

#include <cstdint>

#include "sw/net/icmp.h"
#include "sw/net/icmp6.h"

namespace vam::fwd {

enum class IcmpErrorKind : uint8_t {
  kHopsExceeded,
  kReassemblyExpired,
  kNoRoute,
  kHostUnreachable,
  kProtocolUnknown,  // `rest` for IPv6: where the next-header field stands
  kPortUnreachable,
  kTooBig,  // `rest`: the MTU
  kProhibited,
  kBeyondScope,         // IPv6
  kBadHeaderField,      // IPv6; `rest`: where
  kFirstFragmentShort,  // IPv6
};

struct IcmpErrorCodes {
  uint8_t v4_type, v4_code;  // 0, 0: IPv4 has no such message
  uint8_t v6_type, v6_code;
};

constexpr IcmpErrorCodes CodesOf(IcmpErrorKind kind) {
  using namespace net;  // NOLINT(google-build-using-namespace): a table of its names
  switch (kind) {
    case IcmpErrorKind::kHopsExceeded:
      return {kIcmpTimeExceeded, 0, kIcmp6TimeExceeded, kIcmp6CodeHopLimit};
    case IcmpErrorKind::kReassemblyExpired:
      return {kIcmpTimeExceeded, 1, kIcmp6TimeExceeded, kIcmp6CodeReassembly};
    case IcmpErrorKind::kNoRoute:
      return {kIcmpUnreachable, kIcmpCodeNetUnreachable, kIcmp6Unreachable, kIcmp6CodeNoRoute};
    case IcmpErrorKind::kHostUnreachable:
      return {kIcmpUnreachable, kIcmpCodeHostUnreachable, kIcmp6Unreachable,
              kIcmp6CodeAddressUnreachable};
    case IcmpErrorKind::kProtocolUnknown:
      return {kIcmpUnreachable, 2, kIcmp6ParameterProblem, kIcmp6CodeNextHeader};
    case IcmpErrorKind::kPortUnreachable:
      return {kIcmpUnreachable, kIcmpCodePortUnreachable, kIcmp6Unreachable,
              kIcmp6CodePortUnreachable};
    case IcmpErrorKind::kTooBig:
      return {kIcmpUnreachable, kIcmpCodeFragmentationNeeded, kIcmp6PacketTooBig, 0};
    case IcmpErrorKind::kProhibited:
      return {kIcmpUnreachable, kIcmpCodeProhibited, kIcmp6Unreachable, kIcmp6CodeProhibited};
    case IcmpErrorKind::kBeyondScope:
      return {0, 0, kIcmp6Unreachable, kIcmp6CodeBeyondScope};
    case IcmpErrorKind::kBadHeaderField:
      return {0, 0, kIcmp6ParameterProblem, kIcmp6CodeField};
    case IcmpErrorKind::kFirstFragmentShort:
      return {0, 0, kIcmp6ParameterProblem, kIcmp6CodeFirstFragment};
  }
  return {};
}

}  // namespace vam::fwd

#endif  // VAM_SW_FWD_ICMP_ERRORS_H_
