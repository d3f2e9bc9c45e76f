// SPDX-License-Identifier: Apache-2.0
#include "rules/signals/topk.h"

#include <stdlib.h>
#include <string.h>

static uint64_t sum(uint64_t a, uint64_t b) {
  uint64_t both;
  return __builtin_add_overflow(a, b, &both) ? UINT64_MAX : both;
}

void topk_add(struct topk *t, uint64_t key, uint64_t weight) {
  struct topk_entry *smallest = t->at;
  for (struct topk_entry *e = t->at; e < t->at + t->count; e++) {
    if (e->key == key) {
      e->weight = sum(e->weight, weight);
      return;
    }
    if (e->weight < smallest->weight) smallest = e;
  }
  if (t->count < TOPK_MAX) {
    t->at[t->count++] = (struct topk_entry){key, weight, 0};
  } else {
    *smallest = (struct topk_entry){key, sum(smallest->weight, weight), smallest->weight};
  }
}

void topk_halve(struct topk *t) {
  size_t kept = 0;
  for (size_t i = 0; i < t->count; i++) {
    struct topk_entry e = t->at[i];
    /* The error is rounded up with the weight, so that the truth stays between the two. */
    e.error = e.error / 2 + (e.error & 1);
    e.weight = e.weight / 2 + (e.weight & 1 & (e.weight > 1));
    if (e.weight) t->at[kept++] = e;
  }
  t->count = kept;
}

static int heavier_first(const void *left, const void *right) {
  const struct topk_entry *a = left, *b = right;
  if (a->weight != b->weight) return a->weight > b->weight ? -1 : 1;
  return a->key < b->key ? -1 : a->key > b->key;
}

size_t topk_list(const struct topk *t, struct topk_entry *out, size_t max) {
  struct topk_entry sorted[TOPK_MAX];
  memcpy(sorted, t->at, t->count * sizeof(*sorted));
  qsort(sorted, t->count, sizeof(*sorted), heavier_first);
  size_t count = t->count < max ? t->count : max;
  memcpy(out, sorted, count * sizeof(*sorted));
  return count;
}
