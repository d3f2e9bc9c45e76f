// SPDX-License-Identifier: Apache-2.0
/** Keys that are held until a moment: who went past a limit stays under its action "for 30m". A table of fixed size
 *  that, unlike rules/signals/kru.h, never speaks of a key that was not put: a full line forgets the entry that ends
 *  first, so it fails open. Two keys are one when their digests agree in a line and in 24 bits.
 *
 *  An entry is 24 bits of the key's digest, never 0, over the moment it ends, 40 bits of milliseconds since the epoch.
 *  Any thread, lock-free; nothing is allocated after holds_init. */
#ifndef RULES_SIGNALS_HOLDS_H
#define RULES_SIGNALS_HOLDS_H

#include "rules/base/clock.h"

#include <stdatomic.h>
#include <stdbool.h>

enum { HOLDS_LINE_ENTRIES = 8, HOLDS_LINES_MAX = 1 << 22 };

struct holds_line {
  _Alignas(64) _Atomic uint64_t entries[HOLDS_LINE_ENTRIES];
};

struct holds {
  struct holds_line *lines;
  void *memory;
  uint32_t mask; /* count of lines less one */
  mono_ms epoch;
};

/** `lines` is a power of two up to HOLDS_LINES_MAX, 64 bytes each, touched as keys come. ERR_RANGE, ERR_MEMORY. */
int holds_init(struct holds *h, uint32_t lines, mono_ms now);
void holds_fini(struct holds *h);

/** Holds `key`, a keyed digest, for so long; one that is held for longer stays so. */
void holds_put(struct holds *h, mono_ms now, uint64_t key, mono_ms for_ms);

/** How much longer the key is held; 0: it is not. */
mono_ms holds_left(const struct holds *h, mono_ms now, uint64_t key);

#endif
