// How mlkem-native is built: all three parameter sets in one unit, nothing visible outside of it,
// no chance but what it is handed, portable C.
#ifndef VAM_SW_CRYPTO_MLKEM_MLKEM_CONFIG_H_
#define VAM_SW_CRYPTO_MLKEM_MLKEM_CONFIG_H_

#define MLK_CONFIG_NAMESPACE_PREFIX mlkem
#define MLK_CONFIG_MULTILEVEL_BUILD
#define MLK_CONFIG_INTERNAL_API_QUALIFIER static
#define MLK_CONFIG_EXTERNAL_API_QUALIFIER static
#define MLK_CONFIG_NO_RANDOMIZED_API
#define MLK_CONFIG_NO_ASM
#define MLK_CONFIG_SERIAL_FIPS202_ONLY
#define MLK_CONFIG_FIPS202_CUSTOM_HEADER "sw/crypto/mlkem/fips202_glue.h"

#define MLK_CONFIG_CUSTOM_ZEROIZE
#if !defined(__ASSEMBLER__)
#include <openssl/crypto.h>
#include <stddef.h>
static inline void mlk_zeroize(void* ptr, size_t len) { OPENSSL_cleanse(ptr, len); }
#endif

#endif  // VAM_SW_CRYPTO_MLKEM_MLKEM_CONFIG_H_
