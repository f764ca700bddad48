// Keccak-f[1600] and the sponge around it (FIPS 202), in C: what mlkem-native asks for. Debian 12's
// libcrypto has SHA-3 too, but squeezes SHAKE only once, and allocates for each digest.
#ifndef VAM_SW_CRYPTO_MLKEM_KECCAK_H_
#define VAM_SW_CRYPTO_MLKEM_KECCAK_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Lanes in the order of FIPS 202, 3.1.2: lane x + 5y; byte i of the string is bits 8(i mod 8) and
// up of lane i / 8.
struct vam_keccak {
  uint64_t lanes[25];
};

// What is appended to the message (FIPS 202, 6.1 and 6.2), with the first bit of the padding.
enum vam_keccak_suffix { VAM_KECCAK_SHA3 = 0x06, VAM_KECCAK_SHAKE = 0x1f };

// A new state with the whole message in it, padded. `rate`: bytes of a block, at most 168.
void vam_keccak_absorb(struct vam_keccak* state, size_t rate, enum vam_keccak_suffix suffix,
                       const uint8_t* in, size_t size);
// The next `blocks` blocks of `rate` bytes.
void vam_keccak_squeeze(struct vam_keccak* state, size_t rate, uint8_t* out, size_t blocks);
void vam_keccak_wipe(struct vam_keccak* state);

// All at once. The state is wiped.
void vam_keccak_hash(size_t rate, enum vam_keccak_suffix suffix, const uint8_t* in, size_t in_size,
                     uint8_t* out, size_t out_size);

#ifdef __cplusplus
}
#endif

#endif  // VAM_SW_CRYPTO_MLKEM_KECCAK_H_
