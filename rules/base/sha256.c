// SPDX-License-Identifier: Apache-2.0
#include "rules/base/sha256.h"

#include "rules/base/require.h"

/* FIPS 180-4 §4.2.2: the first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
static const uint32_t ROUND[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t turn(uint32_t word, unsigned bits) {
  return word >> bits | word << (32 - bits);
}

/* FIPS 180-4 §6.2.2 step 1: the 16 words of the block, stretched to 64. */
static void schedule(const uint8_t *block, uint32_t w[64]) {
  for (unsigned i = 0; i < 16; i++) {
    w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 |
           (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
  }
  for (unsigned i = 16; i < 64; i++) {
    uint32_t s0 = turn(w[i - 15], 7) ^ turn(w[i - 15], 18) ^ w[i - 15] >> 3;
    uint32_t s1 = turn(w[i - 2], 17) ^ turn(w[i - 2], 19) ^ w[i - 2] >> 10;
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
}

/* FIPS 180-4 §6.2.2 steps 2 to 4. Instead of moving the eight words along, their names move: word n of round i stands
 * at v[(n - i) mod 8]. */
#define V(n) v[((n) + 64 - i) % 8]
static void compress(uint32_t state[8], const uint8_t *block) {
  uint32_t w[64], v[8];
  schedule(block, w);
  memcpy(v, state, sizeof(v));
#pragma GCC unroll 8
  for (unsigned i = 0; i < 64; i++) {
    uint32_t s1 = turn(V(4), 6) ^ turn(V(4), 11) ^ turn(V(4), 25);
    uint32_t choice = (V(4) & V(5)) ^ (~V(4) & V(6));
    uint32_t t1 = V(7) + s1 + choice + ROUND[i] + w[i];
    uint32_t s0 = turn(V(0), 2) ^ turn(V(0), 13) ^ turn(V(0), 22);
    uint32_t majority = (V(0) & V(1)) ^ (V(0) & V(2)) ^ (V(1) & V(2));
    V(3) += t1;
    V(7) = t1 + s0 + majority;
  }
  for (unsigned i = 0; i < 8; i++) state[i] += v[i];
}
#undef V

void sha256_init(struct sha256 *s) {
  /* FIPS 180-4 §5.3.3 */
  *s = (struct sha256){.state = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f,
                                 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}};
}

void sha256_add(struct sha256 *s, struct span bytes) {
  size_t held = s->bytes % SHA256_BLOCK_BYTES;
  s->bytes += bytes.len;
  while (held + bytes.len >= SHA256_BLOCK_BYTES) {
    size_t missing = SHA256_BLOCK_BYTES - held;
    memcpy(s->block + held, bytes.at, missing);
    compress(s->state, s->block);
    bytes = span_skip(bytes, missing);
    held = 0;
  }
  if (bytes.len) memcpy(s->block + held, bytes.at, bytes.len);
}

void sha256_finish(struct sha256 *s, uint8_t out[SHA256_BYTES]) {
  /* FIPS 180-4 §5.1.1: a one bit, zeros, and the length in bits as 8 bytes at the end of a block. */
  static const uint8_t PADDING[SHA256_BLOCK_BYTES] = {0x80};
  uint64_t bits = s->bytes * 8;
  size_t held = s->bytes % SHA256_BLOCK_BYTES;
  sha256_add(s, span_from(PADDING, held < 56 ? 56 - held : 120 - held));
  uint8_t length[8];
  for (unsigned i = 0; i < 8; i++) length[i] = (uint8_t)(bits >> (56 - 8 * i));
  sha256_add(s, span_from(length, sizeof(length)));
  for (unsigned i = 0; i < SHA256_BYTES; i++) {
    out[i] = (uint8_t)(s->state[i / 4] >> (24 - 8 * (i % 4)));
  }
}

void sha256_hex(struct span bytes, char *out, size_t digits) {
  require(digits % 2 == 0 && digits <= 2 * SHA256_BYTES);
  struct sha256 s;
  uint8_t digest[SHA256_BYTES];
  sha256_init(&s);
  sha256_add(&s, bytes);
  sha256_finish(&s, digest);
  for (size_t i = 0; i < digits; i++) {
    out[i] = "0123456789abcdef"[digest[i / 2] >> (i % 2 ? 0 : 4) & 0xf];
  }
  out[digits] = '\0';
}
