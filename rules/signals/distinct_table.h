// SPDX-License-Identifier: Apache-2.0
/** Distinct counters of many keys in a table of fixed size: on how many users was this password tried?
 *  A key has one bucket of DISTINCT_WAYS counters. A new key takes a free one, else that of the smallest count, so that
 *  a flood of keys seen once does not push out one that was seen with several users. What is pushed out is forgotten
 *  and nobody inherits it: a full table counts too few, as evidence must fail.
 *  Any thread. A bucket is locked for one operation, some hundred nanoseconds without a call to the system.
 *  Nothing is allocated after distinct_table_init. */
#ifndef RULES_SIGNALS_DISTINCT_TABLE_H
#define RULES_SIGNALS_DISTINCT_TABLE_H

#include "rules/signals/distinct.h"

#include <stdatomic.h>

enum { DISTINCT_WAYS = 4, DISTINCT_BUCKETS_MAX = 1 << 20 };

struct distinct_bucket {
  _Alignas(64) atomic_flag busy;
  uint64_t keys[DISTINCT_WAYS]; /* 0: free */
  struct distinct counters[DISTINCT_WAYS];
};

struct distinct_table {
  struct distinct_bucket *buckets;
  void *memory;
  uint32_t mask; /* count of buckets less one */
  mono_ms window_ms;
};

/** `buckets` is a power of two up to DISTINCT_BUCKETS_MAX, 576 bytes each, touched as keys come; `window_ms` above 1.
 *  ERR_RANGE, ERR_MEMORY. */
int distinct_table_init(struct distinct_table *t, uint32_t buckets, mono_ms window_ms);
void distinct_table_fini(struct distinct_table *t);

/** `key` and `item` are keyed digests. Answers the key's count with the item in it. */
double distinct_table_add(struct distinct_table *t, mono_ms now, uint64_t key, uint64_t item);

/** As distinct_table_add, but answers whether the item was not there. */
bool distinct_table_note(struct distinct_table *t, mono_ms now, uint64_t key, uint64_t item);
/** Takes back a note that answered true. */
void distinct_table_remove(struct distinct_table *t, mono_ms now, uint64_t key, uint64_t item);

/** 0 for a key that is not there. */
double distinct_table_count(struct distinct_table *t, mono_ms now, uint64_t key);

#endif
