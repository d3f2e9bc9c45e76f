// SPDX-License-Identifier: Apache-2.0
/** Counters that fall with time, for any number of keys, in a table of fixed size: who is recently used up.
 *
 *  Words. A *load* is what a key has been charged and what has not yet fallen away. A *law* says how loads fall:
 *    KRU_LEAKING   a load is microseconds and falls by one each microsecond: a leaky bucket, as limits want it (GCRA);
 *                  rules/signals/gcra.h turns "60 in 1 s" into prices
 *    KRU_HALVING   a load is units and halves in each half-life, as evidence wants it; charge KRU_EVENT for one event
 *  An entry of the table is 16 bits of the key's digest and the moment `until` at which the load will have fallen to
 *  nothing (under KRU_HALVING: to one unit), 48 bits. That moment does not move while time passes: nothing ages, an
 *  entry is one atomic word, and of two entries the one with the earlier moment has the smaller load at all times.
 *
 *  A key may stand in either of two lines of eight entries. A new key takes the place of the smallest in the
 *  emptier one and inherits a load: the larger of its two lines' smallest, as it may have been evicted from either. So:
 *    - an answer is never below the true load (under KRU_HALVING: by more than one unit);
 *    - it is above by at most the *floor* that its lines had when the key came: the smallest load of a full line, 0
 *      while an entry of the line has no load. kru_fill reports floors. A key above the floor is not evicted.
 *    - two keys whose digests agree in a line and in 16 bits are one: two keys do so once in 16384 × lines.
 *    - threads that insert one key in the same instant may each get an entry, which are joined again at once; and a
 *      key evicted in that instant may lose its history. Otherwise charges of all threads add up exactly.
 *
 *  Any thread, lock-free, nothing is allocated after kru_init. Time may go backwards: loads then count as larger by as
 *  much. Times before kru_init's or 8 years after it count as those. Keys that strangers invent (user names) should
 *  have a table of their own, so that they cannot raise the floor of addresses.
 *  Source: Metwally, Agrawal and El Abbadi, "Efficient computation of frequent and top-k elements in data streams",
 *  ICDT 2005 (the eviction); Cormode et al., "Forward decay", ICDE 2009 (keeping what does not age); the idea of
 *  deciding so in cache lines is Knot Resolver's KRU. */
#ifndef RULES_SIGNALS_KRU_H
#define RULES_SIGNALS_KRU_H

#include "rules/base/clock.h"
#include "rules/base/siphash.h"

#include <assert.h>
#include <stdatomic.h>

enum {
  KRU_LINE_ENTRIES = 8,
  KRU_LINES_MAX = 1 << 24, /* 1 GiB, 134 million entries */
  KRU_EVENT = 1000,        /* price of one event under KRU_HALVING: answers are rounded to units */
};

#define KRU_HALF_LIFE_MS_MAX ((mono_ms)7 * 24 * 3600 * 1000)
#define KRU_ANY UINT64_MAX

enum kru_law { KRU_LEAKING, KRU_HALVING };

struct kru_line {
  _Alignas(64) _Atomic uint64_t entries[KRU_LINE_ENTRIES];
};
static_assert(sizeof(struct kru_line) == 64, "a line of the table is a line of the cache");

struct kru {
  struct kru_line *lines;
  void *memory;
  uint32_t mask; /* count of lines less one */
  enum kru_law law;
  double half_life_us;
  mono_ms epoch;
  struct siphash_key key;
};

/** `lines` is a power of two of at least 2, at most KRU_LINES_MAX. `half_life_ms` is for KRU_HALVING, at most
 *  KRU_HALF_LIFE_MS_MAX. Memory is touched as keys come. ERR_RANGE, ERR_MEMORY. */
int kru_init(struct kru *k, uint32_t lines, enum kru_law law, mono_ms half_life_ms,
             struct siphash_key key, mono_ms now);
void kru_fini(struct kru *k);

/** Lines for so many keys with a load at once, two thirds of the table at most. */
uint32_t kru_lines_for(uint64_t keys);

/** The digest that the other functions want. `space` keeps apart the keys of different limits and signals. */
uint64_t kru_key(const struct kru *k, uint64_t space, struct span bytes);

/** Begins to load the key's lines into the cache, when there is something else to do meanwhile. */
void kru_prefetch(const struct kru *k, uint64_t key);

/** Adds `price` to the key's load, unless it would then be more than `most` (KRU_ANY: always adds). Answers the load
 *  with the price in it: it was refused, and nothing changed, when that is more than `most`. Never fails. */
uint64_t kru_charge(struct kru *k, mono_ms now, uint64_t key, uint64_t price, uint64_t most);

/** The key's load; that of a key that is not in the table is the load it would inherit. */
uint64_t kru_peek(const struct kru *k, mono_ms now, uint64_t key);

/** Takes back what a charge added, not below nothing. What a key evicted earlier may owe to the line stays: a refund
 *  never takes an entry below the others of its line. A key that is no more in the table is not refunded. */
void kru_refund(struct kru *k, mono_ms now, uint64_t key, uint64_t price);

struct kru_fill {
  double live;         /* share of entries that have a load */
  double floored;      /* share of lines with a floor: how likely a stranger inherits a load */
  uint64_t floor_mean; /* over all lines looked at */
  uint64_t floor_most;
};

/** Looks at `sample` lines evenly spread over the table, or at all when there are fewer. */
struct kru_fill kru_fill(const struct kru *k, mono_ms now, uint32_t sample);

#endif
