// SPDX-License-Identifier: Apache-2.0
#include "rules/signals/holds.h"

#include "rules/base/err.h"

#include <stdlib.h>

enum { TAG_SHIFT = 40 };
#define UNTIL_MAX (((uint64_t)1 << TAG_SHIFT) - 1)

int holds_init(struct holds *h, uint32_t lines, mono_ms now) {
  if (lines < 1 || lines > HOLDS_LINES_MAX || (lines & (lines - 1))) return ERR_RANGE;
  void *memory = calloc((size_t)lines + 1, sizeof(struct holds_line));
  if (!memory) return ERR_MEMORY;
  uintptr_t aligned = ((uintptr_t)memory + 63) & ~(uintptr_t)63;
  *h = (struct holds){
      .lines = (struct holds_line *)aligned, .memory = memory, .mask = lines - 1, .epoch = now};
  return OK;
}

void holds_fini(struct holds *h) {
  free(h->memory);
  h->memory = h->lines = NULL;
}

static uint64_t moment(const struct holds *h, mono_ms at) {
  if (at <= h->epoch) return 0;
  uint64_t since = (uint64_t)at - (uint64_t)h->epoch;
  return since < UNTIL_MAX ? since : UNTIL_MAX;
}

static uint64_t tag_of(uint64_t key) {
  uint64_t tag = key >> TAG_SHIFT;
  return tag ? tag : 1;
}

/* The key's entry; else, to be taken, the one that ends first, with `found` false. */
static _Atomic uint64_t *find(const struct holds *h, uint64_t key, uint64_t *seen, bool *found) {
  struct holds_line *line = &h->lines[key & h->mask];
  _Atomic uint64_t *first = NULL;
  for (unsigned i = 0; i < HOLDS_LINE_ENTRIES; i++) {
    uint64_t entry = atomic_load_explicit(&line->entries[i], memory_order_relaxed);
    *found = entry >> TAG_SHIFT == tag_of(key);
    if (*found || !first || (entry & UNTIL_MAX) < (*seen & UNTIL_MAX)) {
      first = &line->entries[i];
      *seen = entry;
    }
    if (*found) break;
  }
  return first;
}

void holds_put(struct holds *h, mono_ms now, uint64_t key, mono_ms for_ms) {
  uint64_t until = moment(h, now + for_ms), seen = 0;
  bool found, done;
  do {
    _Atomic uint64_t *entry = find(h, key, &seen, &found);
    done = (found && (seen & UNTIL_MAX) >= until) ||
           atomic_compare_exchange_strong_explicit(entry, &seen, tag_of(key) << TAG_SHIFT | until,
                                                   memory_order_relaxed, memory_order_relaxed);
  } while (!done);
}

mono_ms holds_left(const struct holds *h, mono_ms now, uint64_t key) {
  uint64_t seen = 0, at = moment(h, now);
  bool found;
  find(h, key, &seen, &found);
  return found && (seen & UNTIL_MAX) > at ? (mono_ms)((seen & UNTIL_MAX) - at) : 0;
}
