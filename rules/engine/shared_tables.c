// SPDX-License-Identifier: Apache-2.0
#include "rules/engine/shared_tables.h"

#include "rules/base/err.h"

#include <stdlib.h>

int table_new(enum table_kind kind, uint32_t size, mono_ms window_ms, struct siphash_key key,
              mono_ms now, struct table **out) {
  struct table *t = calloc(1, sizeof(*t));
  int err = t ? OK : ERR_MEMORY;
  if (err) return err;
  *t = (struct table){.kind = kind, .size = size, .window_ms = window_ms};
  atomic_init(&t->refs, 1);
  switch (kind) {
  case TABLE_LOADS: err = kru_init(&t->kru, size, KRU_LEAKING, 0, key, now); break;
  case TABLE_COUNTS: err = kru_init(&t->kru, size, KRU_HALVING, window_ms, key, now); break;
  case TABLE_DISTINCT: err = distinct_table_init(&t->distinct, size, window_ms); break;
  case TABLE_HOLDS: err = holds_init(&t->holds, size, now); break;
  }
  if (err)
    free(t);
  else
    *out = t;
  return err;
}

struct table *table_hold(struct table *t) {
  atomic_fetch_add_explicit(&t->refs, 1, memory_order_relaxed);
  return t;
}

void table_drop(struct table **table) {
  struct table *t = *table;
  *table = NULL;
  if (!t || atomic_fetch_sub_explicit(&t->refs, 1, memory_order_acq_rel) > 1) return;
  switch (t->kind) {
  case TABLE_LOADS:
  case TABLE_COUNTS: kru_fini(&t->kru); break;
  case TABLE_DISTINCT: distinct_table_fini(&t->distinct); break;
  case TABLE_HOLDS: holds_fini(&t->holds); break;
  }
  free(t);
}
