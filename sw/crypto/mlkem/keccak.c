#include "sw/crypto/mlkem/keccak.h"

#include <openssl/crypto.h>
#include <string.h>

enum { kLanes = 25, kRounds = 24, kMaxRate = 168 };

static uint64_t Rotate(uint64_t value, unsigned bits) {
  return bits == 0 ? value : value << bits | value >> (64 - bits);
}

// FIPS 202, 3.2: theta, rho with pi, chi, iota.
static void Permute(uint64_t a[kLanes]) {
  static const uint64_t kIota[kRounds] = {
      0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000,
      0x000000000000808b, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
      0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
      0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003,
      0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
      0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008};
  // Along the one cycle of pi that begins at lane 1: the lane that comes next, and its rotation.
  static const uint8_t kPi[24] = {10, 7,  11, 17, 18, 3, 5,  16, 8,  21, 24, 4,
                                  15, 23, 19, 13, 12, 2, 20, 14, 22, 9,  6,  1};
  static const uint8_t kRho[24] = {1,  3,  6,  10, 15, 21, 28, 36, 45, 55, 2,  14,
                                   27, 41, 56, 8,  25, 43, 62, 18, 39, 61, 20, 44};
  for (int round = 0; round < kRounds; ++round) {
    uint64_t c[5];
    for (int x = 0; x < 5; ++x) c[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
    for (int x = 0; x < 5; ++x) {
      const uint64_t d = c[(x + 4) % 5] ^ Rotate(c[(x + 1) % 5], 1);
      for (int y = 0; y < kLanes; y += 5) a[x + y] ^= d;
    }
    uint64_t moved = a[1];
    for (int i = 0; i < 24; ++i) {
      const uint64_t next = a[kPi[i]];
      a[kPi[i]] = Rotate(moved, kRho[i]);
      moved = next;
    }
    for (int y = 0; y < kLanes; y += 5) {
      for (int x = 0; x < 5; ++x) c[x] = a[x + y];
      for (int x = 0; x < 5; ++x) a[x + y] = c[x] ^ (~c[(x + 1) % 5] & c[(x + 2) % 5]);
    }
    a[0] ^= kIota[round];
  }
}

static void Xor(struct vam_keccak* state, const uint8_t* in, size_t size) {
  for (size_t i = 0; i < size; ++i) state->lanes[i / 8] ^= (uint64_t)in[i] << 8 * (i % 8);
}

void vam_keccak_absorb(struct vam_keccak* state, size_t rate, enum vam_keccak_suffix suffix,
                       const uint8_t* in, size_t size) {
  memset(state, 0, sizeof *state);
  for (; size >= rate; in += rate, size -= rate) {
    Xor(state, in, rate);
    Permute(state->lanes);
  }
  Xor(state, in, size);
  state->lanes[size / 8] ^= (uint64_t)suffix << 8 * (size % 8);
  state->lanes[(rate - 1) / 8] ^= (uint64_t)0x80 << 8 * ((rate - 1) % 8);
}

void vam_keccak_squeeze(struct vam_keccak* state, size_t rate, uint8_t* out, size_t blocks) {
  for (; blocks > 0; --blocks, out += rate) {
    Permute(state->lanes);
    for (size_t i = 0; i < rate; ++i) out[i] = (uint8_t)(state->lanes[i / 8] >> 8 * (i % 8));
  }
}

void vam_keccak_wipe(struct vam_keccak* state) { OPENSSL_cleanse(state, sizeof *state); }

void vam_keccak_hash(size_t rate, enum vam_keccak_suffix suffix, const uint8_t* in, size_t in_size,
                     uint8_t* out, size_t out_size) {
  struct vam_keccak state;
  uint8_t block[kMaxRate];
  vam_keccak_absorb(&state, rate, suffix, in, in_size);
  vam_keccak_squeeze(&state, rate, out, out_size / rate);
  if (out_size % rate != 0) {
    vam_keccak_squeeze(&state, rate, block, 1);
    memcpy(out + out_size / rate * rate, block, out_size % rate);
    OPENSSL_cleanse(block, sizeof block);
  }
  vam_keccak_wipe(&state);
}
