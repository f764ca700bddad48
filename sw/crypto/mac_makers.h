// Inside sw/crypto only: what Mac::Create chooses from.
#ifndef VAM_SW_CRYPTO_MAC_MAKERS_H_
#define VAM_SW_CRYPTO_MAC_MAKERS_H_

#include <memory>

#include "sw/crypto/mac.h"

namespace vam::crypto {

using MacResult = Result<std::unique_ptr<Mac>>;

// Each requires an algorithm of its family.
MacResult MakeHmac(MacAlgorithm algorithm, Bytes key);
MacResult MakeCbcMac(MacAlgorithm algorithm, Bytes key);
MacResult MakeGmac(Bytes key);

}  // namespace vam::crypto

#endif  // VAM_SW_CRYPTO_MAC_MAKERS_H_
