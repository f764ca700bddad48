#ifndef VAM_SW_CRYPTO_IKE_WARM_UP_H_
#define VAM_SW_CRYPTO_IKE_WARM_UP_H_

#include "sw/base/result.h"

namespace vam::crypto {

// Uses every pseudorandom function, key exchange and signature scheme once, signing too, and reads
// and writes a key of each kind. libcrypto reads its configuration, fetches algorithms and seeds
// its generator at their first use, which a confined role cannot do. kUnavailable, with the name,
// when one does not work. Takes about a tenth of a second.
Status UseEveryIkeAlgorithm();

}  // namespace vam::crypto

#endif  // VAM_SW_CRYPTO_IKE_WARM_UP_H_
