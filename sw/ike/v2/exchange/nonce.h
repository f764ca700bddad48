// Nonces (RFC 7296, 2.10) and their order, by which two exchanges that collide are settled (2.8.1).
#ifndef VAM_SW_IKE_V2_EXCHANGE_NONCE_H_
#define VAM_SW_IKE_V2_EXCHANGE_NONCE_H_

#include <cstdint>
#include <vector>

#include "sw/base/bytes.h"
#include "sw/base/rng.h"

namespace vam::ike::v2 {

// 32 bytes: at least half of the longest PRF's key.
std::vector<uint8_t> MakeNonce(Rng& rng);
// Byte by byte from the front; where one ends, the shorter is the lower.
bool LowerNonce(Bytes a, Bytes b);
std::vector<uint8_t> LowestNonce(Bytes a, Bytes b);

}  // namespace vam::ike::v2

#endif  // VAM_SW_IKE_V2_EXCHANGE_NONCE_H_
