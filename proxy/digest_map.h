// SPDX-License-Identifier: Apache-2.0
/** Numbers by the digest of a text: what a simulation remembers of devices, bans and accounts. Open addressing, doubles
 *  when half full; two texts meet by chance once in 2^64. Deterministic. One thread; owns its memory. */
#ifndef PROXY_DIGEST_MAP_H
#define PROXY_DIGEST_MAP_H

#include "rules/base/span.h"

enum { DIGEST_MAP_MAX = 1 << 26 }; /* entries */

struct digest_slot {
  uint64_t key; /* 0: free */
  int64_t value;
};

struct digest_map {
  struct digest_slot *slots;
  size_t count, room; /* room: a power of two, or 0 */
};

/** All zero is an empty map. */
void digest_map_fini(struct digest_map *m);

/** `space` keeps kinds of keys apart. Never 0. Pure. */
uint64_t digest_map_key(uint64_t space, struct span text);

/** NULL: absent. */
const int64_t *digest_map_get(const struct digest_map *m, uint64_t key);
/** Replaces. ERR_MEMORY; ERR_FULL. */
int digest_map_put(struct digest_map *m, uint64_t key, int64_t value);

#endif
