// SPDX-License-Identifier: Apache-2.0
#include "rules/signals/distinct.h"

#include <string.h>

/* 1 .. : a counter of zeros belongs to a half long ago. */
static uint32_t half_of(mono_ms now, mono_ms window_ms) {
  int64_t half = now > 0 ? now / ((window_ms + 1) / 2) : 0;
  return half < UINT32_MAX - 2 ? (uint32_t)half + 2 : UINT32_MAX;
}

static void turn(struct distinct *d, uint32_t half) {
  if (half <= d->half) return;
  bool next = half == d->half + 1;
  d->count[1] = next ? d->count[0] : 0;
  d->full[1] = next ? d->full[0] : 0;
  memcpy(d->at[1], d->at[0], sizeof(d->at[0]));
  d->count[0] = d->full[0] = 0;
  d->half = half;
}

/* Keeps the smallest, each once; says in `full` that a larger one was left out. */
static void insert(uint32_t *at, uint8_t *count, uint8_t *full, uint32_t digest) {
  unsigned i = 0;
  while (i < *count && at[i] < digest) i++;
  if (i < *count && at[i] == digest) return;
  if (*count == DISTINCT_KEPT) {
    *full = 1;
    if (i == DISTINCT_KEPT) return;
    --*count;
  }
  memmove(at + i + 1, at + i, (*count - i) * sizeof(*at));
  at[i] = digest;
  ++*count;
}

/* The place of a digest in one half, or its count. */
static unsigned place_of(const struct distinct *d, unsigned half, uint32_t digest) {
  unsigned i = 0;
  while (i < d->count[half] && d->at[half][i] != digest) i++;
  return i;
}

bool distinct_add(struct distinct *d, mono_ms now, mono_ms window_ms, uint64_t digest) {
  uint32_t kept = (uint32_t)(digest >> 32);
  turn(d, half_of(now, window_ms));
  bool is_new = place_of(d, 0, kept) == d->count[0] && place_of(d, 1, kept) == d->count[1];
  insert(d->at[0], &d->count[0], &d->full[0], kept);
  return is_new;
}

void distinct_remove(struct distinct *d, mono_ms now, mono_ms window_ms, uint64_t digest) {
  turn(d, half_of(now, window_ms));
  for (unsigned half = 0; half < 2; half++) {
    unsigned i = place_of(d, half, (uint32_t)(digest >> 32));
    if (i == d->count[half]) continue;
    uint32_t *at = d->at[half];
    memmove(at + i, at + i + 1, (--d->count[half] - i) * sizeof(*at));
  }
}

double distinct_count(const struct distinct *d, mono_ms now, mono_ms window_ms) {
  struct distinct joined = *d;
  turn(&joined, half_of(now, window_ms));
  uint8_t count = joined.count[0], full = joined.full[0] | joined.full[1];
  for (unsigned i = 0; i < joined.count[1]; i++) {
    insert(joined.at[0], &count, &full, joined.at[1][i]);
  }
  if (!full || count < DISTINCT_KEPT)
    return count; /* fewer than were left out: some were taken back */
  /* The k-th smallest of n uniform numbers lies at k / (n + 1); (k - 1) / it has no bias. */
  double kth = ((double)joined.at[0][DISTINCT_KEPT - 1] + 1) / 4294967296.0;
  return (DISTINCT_KEPT - 1) / kth;
}
