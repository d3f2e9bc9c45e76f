// SPDX-License-Identifier: Apache-2.0
/** Writes ClientHellos for tests, well formed or not: bytes are put one after another, lengths are mended
 * at the end. */
#ifndef TESTS_UNIT_RULES_IDENTITY_HELLO_MAKER_H
#define TESTS_UNIT_RULES_IDENTITY_HELLO_MAKER_H

#include "rules/base/require.h"
#include "rules/base/span.h"

struct maker {
  uint8_t bytes[140000];
  size_t len, block; /* where the length of the extensions stands */
};

static inline void put16(struct maker *m, unsigned value) {
  require(m->len + 2 <= sizeof(m->bytes));
  m->bytes[m->len++] = (uint8_t)(value >> 8);
  m->bytes[m->len++] = (uint8_t)value;
}

/** Message head, version, random, an empty session, the ciphers, no compression. */
static inline void maker_begin(struct maker *m, unsigned version, const uint16_t *ciphers,
                               size_t count) {
  memset(m->bytes, 0, 38);
  m->bytes[0] = 1;
  m->len = 4;
  put16(m, version);
  m->len += 32;
  m->bytes[m->len++] = 0;
  put16(m, (unsigned)(2 * count));
  for (size_t i = 0; i < count; i++) put16(m, ciphers[i]);
  put16(m, 0x0100);
  m->block = m->len;
  m->len += 2;
}

static inline void maker_extension(struct maker *m, unsigned type, struct span body) {
  put16(m, type);
  put16(m, (unsigned)body.len);
  require(m->len + body.len <= sizeof(m->bytes));
  if (body.len) memcpy(m->bytes + m->len, body.at, body.len);
  m->len += body.len;
}

/** The finished message; borrows from the maker. */
static inline struct span maker_end(struct maker *m) {
  size_t block = m->len - m->block - 2, message = m->len - 4;
  m->bytes[m->block] = (uint8_t)(block >> 8);
  m->bytes[m->block + 1] = (uint8_t)block;
  m->bytes[1] = (uint8_t)(message >> 16);
  m->bytes[2] = (uint8_t)(message >> 8);
  m->bytes[3] = (uint8_t)message;
  return span_from(m->bytes, m->len);
}

#endif
