// How a decompression ended.
#ifndef VAM_SW_IPSEC_DECOMPRESSED_H_
#define VAM_SW_IPSEC_DECOMPRESSED_H_

#include <cstddef>

#include "sw/base/gen/vam_reason.h"

namespace vam::ipsec {

// Nothing but `reason` holds unless it is kOk; the others are kIpcompMalformed and kIpcompTooLong.
struct Decompressed {
  Reason reason = Reason::kIpcompMalformed;
  size_t bytes = 0;  // written to the front of the output
};

}  // namespace vam::ipsec

#endif  // VAM_SW_IPSEC_DECOMPRESSED_H_
