// SPDX-License-Identifier: Apache-2.0
#include "rules/base/siphash.h"

struct state {
  uint64_t v0, v1, v2, v3;
};

static inline uint64_t turn(uint64_t word, unsigned bits) {
  return word << bits | word >> (64 - bits);
}

static inline void rounds(struct state *s, unsigned count) {
  for (unsigned i = 0; i < count; i++) {
    s->v0 += s->v1;
    s->v2 += s->v3;
    s->v1 = turn(s->v1, 13) ^ s->v0;
    s->v3 = turn(s->v3, 16) ^ s->v2;
    s->v0 = turn(s->v0, 32);
    s->v2 += s->v1;
    s->v0 += s->v3;
    s->v1 = turn(s->v1, 17) ^ s->v2;
    s->v3 = turn(s->v3, 21) ^ s->v0;
    s->v2 = turn(s->v2, 32);
  }
}

static inline void absorb(struct state *s, uint64_t word) {
  s->v3 ^= word;
  rounds(s, 2);
  s->v0 ^= word;
}

/* Up to 8 bytes as a little-endian word, missing ones zero. */
static inline uint64_t word_at(const char *at, size_t len) {
  uint64_t word = 0;
  memcpy(&word, at, len);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  word = __builtin_bswap64(word);
#endif
  return word;
}

static inline struct state begin(const struct siphash_key *key) {
  return (struct state){key->k0 ^ 0x736f6d6570736575, key->k1 ^ 0x646f72616e646f6d,
                        key->k0 ^ 0x6c7967656e657261, key->k1 ^ 0x7465646279746573};
}

/* All whole words, then the rest with the length's low byte on top. */
static inline void absorb_all(struct state *s, struct span bytes) {
  uint64_t last = (uint64_t)bytes.len << 56;
  for (; bytes.len >= 8; bytes = span_from(bytes.at + 8, bytes.len - 8)) {
    absorb(s, word_at(bytes.at, 8));
  }
  absorb(s, bytes.len ? last | word_at(bytes.at, bytes.len) : last);
}

static inline uint64_t squeeze(struct state *s) {
  rounds(s, 4);
  return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

struct siphash_key siphash_key(const uint8_t bytes[SIPHASH_KEY_BYTES]) {
  return (struct siphash_key){word_at((const char *)bytes, 8), word_at((const char *)bytes + 8, 8)};
}

uint64_t siphash_64(const struct siphash_key *key, struct span bytes) {
  struct state s = begin(key);
  absorb_all(&s, bytes);
  s.v2 ^= 0xff;
  return squeeze(&s);
}

struct digest128 siphash_128(const struct siphash_key *key, struct span bytes) {
  struct state s = begin(key);
  s.v1 ^= 0xee;
  absorb_all(&s, bytes);
  struct digest128 out;
  s.v2 ^= 0xee;
  out.low = squeeze(&s);
  s.v1 ^= 0xdd;
  out.high = squeeze(&s);
  return out;
}
