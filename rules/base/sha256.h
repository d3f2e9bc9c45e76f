// SPDX-License-Identifier: Apache-2.0
/** SHA-256 (FIPS 180-4) for rooms that may not see a TLS library: short public texts such as prints. Not for
 *  secrets or bulk: the proxy's cryptography stands in certs/, proxy/tls and rules/store. All functions are pure. */
#ifndef RULES_BASE_SHA256_H
#define RULES_BASE_SHA256_H

#include "rules/base/span.h"

enum { SHA256_BYTES = 32, SHA256_BLOCK_BYTES = 64 };

struct sha256 {
  uint32_t state[8];
  uint64_t bytes;                    /* taken so far */
  uint8_t block[SHA256_BLOCK_BYTES]; /* the bytes after the last whole block */
};

void sha256_init(struct sha256 *s);
void sha256_add(struct sha256 *s, struct span bytes);
/** Ends the digest; `s` must be begun anew before another use. */
void sha256_finish(struct sha256 *s, uint8_t out[SHA256_BYTES]);

/** The first `digits` (even, at most 64) lower-case hex digits of the digest of `bytes`, then a NUL. */
void sha256_hex(struct span bytes, char *out, size_t digits);

#endif
