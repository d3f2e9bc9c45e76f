// SPDX-License-Identifier: Apache-2.0
/** How a block of rules/identity/prefixes.h is laid out, for its builder and its reader. Arrays follow the head, one
 *  after another, without padding:
 *    v6_index  2^v6_bits + 1 numbers of 4 bytes: the first range that starts at or after these first bits
 *    v6_starts v6_count times 16 bytes: the first address, its high and its low half
 *    v4_index  2^v4_bits + 1 numbers of 4 bytes
 *    v4_starts v4_count times 4 bytes
 *    v6_values, v4_values  4 bytes a range
 *  The first range of each starts at its address 0. */
#ifndef RULES_IDENTITY_PREFIXES_BLOCK_H
#define RULES_IDENTITY_PREFIXES_BLOCK_H

#include <assert.h>
#include <stdint.h>

enum { PREFIXES_MAGIC = 0x51504658, PREFIXES_VERSION = 1, PREFIXES_INDEX_BITS_MAX = 16 };

struct prefixes_head {
  uint32_t magic, version;
  uint32_t v4_count, v6_count;
  uint32_t v4_bits, v6_bits;
};
static_assert(sizeof(struct prefixes_head) == 24, "no padding in what is stored");

/* Where the arrays stand, from the block's start. */
struct prefixes_layout {
  uint64_t v6_index, v6_starts, v4_index, v4_starts, v6_values, v4_values, bytes;
};

static inline struct prefixes_layout prefixes_layout(const struct prefixes_head *h) {
  struct prefixes_layout l = {.v6_index = sizeof(*h)};
  l.v6_starts = l.v6_index + 4 * (((uint64_t)1 << h->v6_bits) + 1);
  l.v4_index = l.v6_starts + 16 * (uint64_t)h->v6_count;
  l.v4_starts = l.v4_index + 4 * (((uint64_t)1 << h->v4_bits) + 1);
  l.v6_values = l.v4_starts + 4 * (uint64_t)h->v4_count;
  l.v4_values = l.v6_values + 4 * (uint64_t)h->v6_count;
  l.bytes = l.v4_values + 4 * (uint64_t)h->v4_count;
  return l;
}

#endif
