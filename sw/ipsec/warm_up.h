#ifndef VAM_SW_IPSEC_WARM_UP_H_
#define VAM_SW_IPSEC_WARM_UP_H_

#include "sw/base/result.h"

namespace vam::ipsec {

// Sends one packet through the software engine under every algorithm, out and in. libcrypto reads
// its configuration and fetches algorithms at their first use, which a confined role cannot do.
// kUnavailable when one does not work.
Status UseEveryAlgorithm();

}  // namespace vam::ipsec

#endif  // VAM_SW_IPSEC_WARM_UP_H_
