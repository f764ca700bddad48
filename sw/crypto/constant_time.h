#ifndef VAM_SW_CRYPTO_CONSTANT_TIME_H_
#define VAM_SW_CRYPTO_CONSTANT_TIME_H_

#include "sw/base/bytes.h"

namespace vam::crypto {

// Compares without branching on the bytes; the lengths are public.
bool ConstantTimeEqual(Bytes a, Bytes b);

}  // namespace vam::crypto

#endif  // VAM_SW_CRYPTO_CONSTANT_TIME_H_
