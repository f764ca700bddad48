// The hash functions that mlkem-native asks for (its fips202.h), by our own Keccak.
#ifndef VAM_SW_CRYPTO_MLKEM_FIPS202_GLUE_H_
#define VAM_SW_CRYPTO_MLKEM_FIPS202_GLUE_H_

#include "sw/crypto/mlkem/keccak.h"

#define SHAKE128_RATE 168
#define SHAKE256_RATE 136
#define SHA3_256_RATE 136
#define SHA3_512_RATE 72

typedef struct vam_keccak mlk_shake128ctx;

static inline void mlk_shake128_init(mlk_shake128ctx* state) { (void)state; }
static inline void mlk_shake128_release(mlk_shake128ctx* state) { vam_keccak_wipe(state); }
static inline void mlk_shake128_absorb_once(mlk_shake128ctx* state, const uint8_t* in,
                                            size_t size) {
  vam_keccak_absorb(state, SHAKE128_RATE, VAM_KECCAK_SHAKE, in, size);
}
static inline void mlk_shake128_squeezeblocks(uint8_t* out, size_t blocks, mlk_shake128ctx* state) {
  vam_keccak_squeeze(state, SHAKE128_RATE, out, blocks);
}
static inline void mlk_shake256(uint8_t* out, size_t out_size, const uint8_t* in, size_t size) {
  vam_keccak_hash(SHAKE256_RATE, VAM_KECCAK_SHAKE, in, size, out, out_size);
}
static inline void mlk_sha3_256(uint8_t* out, const uint8_t* in, size_t size) {
  vam_keccak_hash(SHA3_256_RATE, VAM_KECCAK_SHA3, in, size, out, 32);
}
static inline void mlk_sha3_512(uint8_t* out, const uint8_t* in, size_t size) {
  vam_keccak_hash(SHA3_512_RATE, VAM_KECCAK_SHA3, in, size, out, 64);
}

#endif  // VAM_SW_CRYPTO_MLKEM_FIPS202_GLUE_H_
