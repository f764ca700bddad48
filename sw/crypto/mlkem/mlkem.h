// ML-KEM (FIPS 203): the three operations of mlkem-native, with the chance handed in. Inside
// sw/crypto only.
#ifndef VAM_SW_CRYPTO_MLKEM_MLKEM_H_
#define VAM_SW_CRYPTO_MLKEM_MLKEM_H_

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
  VAM_MLKEM_SEED_BYTES = 64,    // d, then z (FIPS 203, 7.1)
  VAM_MLKEM_COINS_BYTES = 32,   // m (7.2)
  VAM_MLKEM_SHARED_BYTES = 32,  // K
  VAM_MLKEM_MAX_EK_BYTES = 1568,
  VAM_MLKEM_MAX_DK_BYTES = 3168,
};

// A parameter set, by the names of FIPS 203, 8.
struct vam_mlkem {
  // Makes `ek` and `dk`. 0: done, as of all of these.
  int (*keypair)(uint8_t* ek, uint8_t* dk, const uint8_t* seed);
  // Makes `c` and `k`. Not 0 when a number in `ek` is not below q (7.2, modulus check).
  int (*encapsulate)(uint8_t* c, uint8_t* k, const uint8_t* ek, const uint8_t* coins);
  // Makes `k`; of a ciphertext that was spoiled one that nobody knows (7.3, implicit rejection).
  // Not 0 when the hash in `dk` is wrong (hash check).
  int (*decapsulate)(uint8_t* k, const uint8_t* c, const uint8_t* dk);
  uint32_t ek_bytes, dk_bytes, c_bytes;
};
extern const struct vam_mlkem vam_mlkem512, vam_mlkem768, vam_mlkem1024;

#ifdef __cplusplus
}
#endif

#endif  // VAM_SW_CRYPTO_MLKEM_MLKEM_H_
