// SPDX-License-Identifier: Apache-2.0
/** Memory that ends all at once: what lives as long as one exchange, one parse or one rule program.
 *  The first chunk is the caller's (on its stack or in its own struct); further ones double up to
 * 64 KiB. One thread at a time. Full (`bytes_max` reached, or no memory): arena_take answers NULL,
 * and `failed` stays set. */
#ifndef RULES_BASE_ARENA_H
#define RULES_BASE_ARENA_H

#include "rules/base/span.h"

struct arena_chunk;

struct arena {
  char *at, *end;             /* free bytes of the current chunk */
  struct arena_chunk *chunks; /* those that were allocated, newest first */
  size_t bytes, bytes_max;    /* allocated so far; the bound */
  bool failed;
};

/** `first` may be NULL with length 0. Borrows `first` until arena_fini. */
void arena_init(struct arena *a, void *first, size_t first_len, size_t bytes_max);
void arena_fini(struct arena *a);

/** Aligned for any type, not zeroed. NULL when full. */
void *arena_take(struct arena *a, size_t len);

/** As arena_take, zeroed. */
void *arena_zero(struct arena *a, size_t len);

/** A copy of `bytes`, ended by a NUL that the span does not count. An empty span with at == NULL
 * when full. */
struct span arena_copy(struct arena *a, struct span bytes);

/** As printf. An empty span with at == NULL when full. */
struct span arena_printf(struct arena *a, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
