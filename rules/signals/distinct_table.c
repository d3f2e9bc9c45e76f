// SPDX-License-Identifier: Apache-2.0
#include "rules/signals/distinct_table.h"

#include "rules/base/err.h"

#include <stdlib.h>

static_assert(sizeof(struct distinct_bucket) == 576, "nine lines of the cache");

int distinct_table_init(struct distinct_table *t, uint32_t buckets, mono_ms window_ms) {
  if (buckets < 1 || buckets > DISTINCT_BUCKETS_MAX || (buckets & (buckets - 1))) return ERR_RANGE;
  if (window_ms <= 1) return ERR_RANGE;
  /* Zeros are free counters, and flags that are clear on every machine that Linux runs on. */
  void *memory = calloc(1, buckets * sizeof(struct distinct_bucket) + 63);
  if (!memory) return ERR_MEMORY;
  uintptr_t aligned = ((uintptr_t)memory + 63) & ~(uintptr_t)63;
  *t = (struct distinct_table){.buckets = (struct distinct_bucket *)aligned,
                               .memory = memory,
                               .mask = buckets - 1,
                               .window_ms = window_ms};
  return OK;
}

void distinct_table_fini(struct distinct_table *t) {
  free(t->memory);
  t->memory = t->buckets = NULL;
}

static struct distinct_bucket *lock(struct distinct_table *t, uint64_t key) {
  struct distinct_bucket *b = &t->buckets[key & t->mask];
  while (atomic_flag_test_and_set_explicit(&b->busy, memory_order_acquire)) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
  }
  return b;
}

static void unlock(struct distinct_bucket *b) {
  atomic_flag_clear_explicit(&b->busy, memory_order_release);
}

/* DISTINCT_WAYS when the key is not there. */
static unsigned way_of(const struct distinct_bucket *b, uint64_t key) {
  unsigned way = 0;
  while (way < DISTINCT_WAYS && b->keys[way] != key) way++;
  return way;
}

/* For a new key: a free counter, else the smallest. */
static unsigned way_to_take(const struct distinct_table *t, const struct distinct_bucket *b,
                            mono_ms now) {
  unsigned best = 0;
  double smallest = -1;
  for (unsigned way = 0; way < DISTINCT_WAYS; way++) {
    if (b->keys[way] == 0) return way;
    double count = distinct_count(&b->counters[way], now, t->window_ms);
    if (smallest >= 0 && count >= smallest) continue;
    smallest = count;
    best = way;
  }
  return best;
}

/* The key's counter, a new one if need be. */
static struct distinct *counter_of(const struct distinct_table *t, struct distinct_bucket *b,
                                   mono_ms now, uint64_t key) {
  unsigned way = way_of(b, key);
  if (way == DISTINCT_WAYS) {
    way = way_to_take(t, b, now);
    b->keys[way] = key;
    b->counters[way] = (struct distinct){.half = 0};
  }
  return &b->counters[way];
}

double distinct_table_add(struct distinct_table *t, mono_ms now, uint64_t key, uint64_t item) {
  key += key == 0;
  struct distinct_bucket *b = lock(t, key);
  struct distinct *counter = counter_of(t, b, now, key);
  distinct_add(counter, now, t->window_ms, item);
  double count = distinct_count(counter, now, t->window_ms);
  unlock(b);
  return count;
}

bool distinct_table_note(struct distinct_table *t, mono_ms now, uint64_t key, uint64_t item) {
  key += key == 0;
  struct distinct_bucket *b = lock(t, key);
  bool is_new = distinct_add(counter_of(t, b, now, key), now, t->window_ms, item);
  unlock(b);
  return is_new;
}

void distinct_table_remove(struct distinct_table *t, mono_ms now, uint64_t key, uint64_t item) {
  key += key == 0;
  struct distinct_bucket *b = lock(t, key);
  unsigned way = way_of(b, key);
  if (way < DISTINCT_WAYS) distinct_remove(&b->counters[way], now, t->window_ms, item);
  unlock(b);
}

double distinct_table_count(struct distinct_table *t, mono_ms now, uint64_t key) {
  key += key == 0;
  struct distinct_bucket *b = lock(t, key);
  unsigned way = way_of(b, key);
  double count = way < DISTINCT_WAYS ? distinct_count(&b->counters[way], now, t->window_ms) : 0;
  unlock(b);
  return count;
}
