// SPDX-License-Identifier: Apache-2.0
/** SipHash-2-4: a keyed digest of short inputs, so that a stranger who does not know the key cannot choose keys that
 *  meet in our tables. All functions are pure. The key is 16 secret bytes made at boot or kept by the store.
 *  Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF", INDOCRYPT 2012. */
#ifndef RULES_BASE_SIPHASH_H
#define RULES_BASE_SIPHASH_H

#include "rules/base/span.h"

enum { SIPHASH_KEY_BYTES = 16 };

struct siphash_key {
  uint64_t k0, k1; /* the key's halves, little-endian */
};

/** 128 bits: for names that are stored, where two must never meet by chance. */
struct digest128 {
  uint64_t low, high;
};

struct siphash_key siphash_key(const uint8_t bytes[SIPHASH_KEY_BYTES]);

uint64_t siphash_64(const struct siphash_key *key, struct span bytes);
struct digest128 siphash_128(const struct siphash_key *key, struct span bytes);

#endif
