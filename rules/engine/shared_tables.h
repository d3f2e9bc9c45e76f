// SPDX-License-Identifier: Apache-2.0
/** The tables behind shared.h, counted: one ends with the last program that counts in it. */
#ifndef RULES_ENGINE_SHARED_TABLES_H
#define RULES_ENGINE_SHARED_TABLES_H

#include "rules/engine/shared.h"
#include "rules/signals/distinct_table.h"
#include "rules/signals/holds.h"
#include "rules/signals/kru.h"

enum table_kind { TABLE_LOADS, TABLE_COUNTS, TABLE_DISTINCT, TABLE_HOLDS };

struct table {
  atomic_uint refs;
  enum table_kind kind;
  uint32_t size;     /* lines or buckets */
  mono_ms window_ms; /* of counts and distincts, else 0 */
  union {
    struct kru kru;
    struct distinct_table distinct;
    struct holds holds;
  };
};

/** One reference, the caller's. ERR_MEMORY, ERR_RANGE. */
int table_new(enum table_kind kind, uint32_t size, mono_ms window_ms, struct siphash_key key,
              mono_ms now, struct table **out);
struct table *table_hold(struct table *t);
/** Any thread. Nulls the caller's pointer. */
void table_drop(struct table **t);

#endif
