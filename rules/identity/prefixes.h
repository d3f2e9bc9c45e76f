// SPDX-License-Identifier: Apache-2.0
/** A compiled set of address prefixes: which is the longest one that holds this address? A million of them in one flat
 *  block of memory without pointers, which may be stored, mapped and used in place, at any alignment, by any thread.
 *  Nested ones are flattened into ranges, each with the value of the longest prefix that covers it; a look-up is
 *  one step into an index of the first bits and a short binary search. IPv4 and IPv6 have their own arrays; a prefix
 *  that covers ::ffff:0:0/96 covers IPv4 too, as in rules/base/addr.h. Blocks are of this machine's byte order. */
#ifndef RULES_IDENTITY_PREFIXES_H
#define RULES_IDENTITY_PREFIXES_H

#include "rules/base/addr.h"

#define PREFIXES_NONE UINT32_MAX

enum { PREFIXES_COUNT_MAX = 16 << 20 };

struct prefixes_entry {
  struct prefix prefix;
  uint32_t value; /* the caller's: where the entry's action and reason stand. Below PREFIXES_NONE */
};

/** Enough for the block of so many entries: 40 bytes each and 512 KiB. Blocks have less: 16 bytes for each IPv4 one. */
size_t prefixes_bytes_max(size_t count);

/** Compiles `entries`, in any order and nested at will; sorts them in place. Of equal prefixes the highest value holds.
 *  `out` has prefixes_bytes_max(count) bytes; `*bytes` are used. ERR_RANGE: past PREFIXES_COUNT_MAX, a value of
 *  PREFIXES_NONE, or bits set past a prefix's length. ERR_MEMORY. */
int prefixes_build(struct prefixes_entry *entries, size_t count, void *out, size_t *bytes);

/** A view of a block, which it borrows. */
struct prefixes {
  const char *v4_index, *v4_starts, *v4_values;
  const char *v6_index, *v6_starts, *v6_values;
  uint32_t v4_count, v6_count; /* of ranges */
  uint8_t v4_bits, v6_bits;    /* of the indices */
};

/** ERR_CORRUPT: not a block, cut short, or of another byte order. ERR_VERSION. A block that is damaged inside gives
 *  wrong answers, but no look-up leaves it. */
int prefixes_open(struct span block, struct prefixes *out);

/** The value of the longest prefix that holds `a`, or PREFIXES_NONE. */
uint32_t prefixes_find(const struct prefixes *p, const struct addr *a);

#endif
