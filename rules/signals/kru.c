// SPDX-License-Identifier: Apache-2.0
#include "rules/signals/kru.h"

#include "rules/base/err.h"

#include <math.h>
#include <stdlib.h>

/* An entry: 16 bits of digest, never 0, over 48 bits of `until`. A word of 0 was never used. Digest 0 over an `until`
 * holds no key, but stands for the keys that were evicted there. */
enum { ID_SHIFT = 48 };
#define UNTIL_MAX (((uint64_t)1 << ID_SHIFT) - 1)
#define LOAD_MAX ((uint64_t)1 << 53)

/* What differs between the laws. `until` 0: no load. All moments are microseconds since the epoch. */
struct law {
  double (*load)(const struct kru *k, uint64_t until, uint64_t now);
  /* When this load, above 0, will have fallen away; never earlier than in truth. */
  uint64_t (*until)(const struct kru *k, double load, uint64_t now);
};

static double leaking_load(const struct kru *k, uint64_t until, uint64_t now) {
  return until > now ? (double)(until - now) : 0;
}

static uint64_t leaking_until(const struct kru *k, double load, uint64_t now) {
  return now + (uint64_t)load;
}

static double halving_load(const struct kru *k, uint64_t until, uint64_t now) {
  double ahead = (double)until - (double)now;
  return until ? exp2(ahead / k->half_life_us) : 0;
}

static uint64_t halving_until(const struct kru *k, double load, uint64_t now) {
  double until = (double)now + k->half_life_us * log2(load) + 1;
  return until > 1 ? (uint64_t)until : 1;
}

static const struct law LAWS[] = {
    [KRU_LEAKING] = {leaking_load, leaking_until}, [KRU_HALVING] = {halving_load, halving_until}};

static double load_at(const struct kru *k, uint64_t until, uint64_t now) {
  double load = LAWS[k->law].load(k, until, now);
  return load < (double)LOAD_MAX ? load : (double)LOAD_MAX;
}

static uint64_t until_at(const struct kru *k, double load, uint64_t now) {
  uint64_t until = load > 0 ? LAWS[k->law].until(k, load, now) : now;
  return until < UNTIL_MAX ? until : UNTIL_MAX;
}

static uint64_t moment(const struct kru *k, mono_ms now) {
  if (now <= k->epoch) return 0;
  uint64_t ms = (uint64_t)now - (uint64_t)k->epoch;
  return ms < UNTIL_MAX / 1000 ? ms * 1000 : UNTIL_MAX;
}

static uint64_t until_of(uint64_t entry) {
  return entry & UNTIL_MAX;
}

static uint64_t id_of(uint64_t key) {
  uint64_t id = key >> ID_SHIFT;
  return id ? id : 1;
}

/* Digest bits 0..23 choose one line, 24..47 another one. */
static void lines_of(const struct kru *k, uint64_t key, struct kru_line *out[2]) {
  uint32_t first = (uint32_t)key & k->mask;
  uint32_t second = (uint32_t)(key >> 24) & k->mask;
  out[0] = &k->lines[first];
  out[1] = &k->lines[second != first ? second : first ^ 1];
}

/* Where a key stands, or would. */
struct place {
  _Atomic uint64_t
      *entry;     /* the key's own, else the one to take: the smallest of the emptier line */
  uint64_t seen;  /* what stood there */
  uint64_t until; /* the key's own, else what it inherits: the larger of the lines' smallest */
  struct kru_line *line; /* that of `entry` */
  unsigned free;         /* of that line's entries have no load */
  bool found;
};

static struct place find_in(struct kru_line *line, uint64_t id, uint64_t now) {
  struct place p = {.until = UINT64_MAX, .line = line};
  for (unsigned i = 0; i < KRU_LINE_ENTRIES; i++) {
    _Atomic uint64_t *entry = &line->entries[i];
    uint64_t seen = atomic_load_explicit(entry, memory_order_relaxed), until = until_of(seen);
    if (seen >> ID_SHIFT == id) return (struct place){entry, seen, until, line, 0, true};
    p.free += until <= now;
    if (until >= p.until) continue;
    p.entry = entry;
    p.seen = seen;
    p.until = until;
  }
  return p;
}

static struct place find(const struct kru *k, uint64_t key, uint64_t now) {
  struct kru_line *lines[2];
  lines_of(k, key, lines);
  struct place a = find_in(lines[0], id_of(key), now);
  if (a.found) return a;
  struct place b = find_in(lines[1], id_of(key), now);
  if (b.found) return b;
  uint64_t inherited = a.until > b.until ? a.until : b.until;
  struct place p = a.free > b.free || (a.free == b.free && a.until <= b.until) ? a : b;
  p.until = inherited;
  return p;
}

static bool replace(const struct place *p, uint64_t id, uint64_t until) {
  uint64_t seen = p->seen;
  return atomic_compare_exchange_strong_explicit(p->entry, &seen, id << ID_SHIFT | until,
                                                 memory_order_acq_rel, memory_order_relaxed);
}

/* Adds unless it would be more than `most`; answers the load with the price in it. */
static double add(struct kru *k, uint64_t now, uint64_t key, double price, double most,
                  bool *inserted) {
  for (;;) {
    struct place p = find(k, key, now);
    double load = fmin(load_at(k, p.until, now) + price, (double)LOAD_MAX);
    if (load > most) return load;
    uint64_t until = until_at(k, load, now);
    if (until < p.until) until = p.until; /* at the end of the range, or in the past of the entry */
    if (!replace(&p, id_of(key), until)) continue;
    *inserted = !p.found;
    return load;
  }
}

/* Another entry of the key than the first, which another thread made while this one inserted. */
static bool find_double(const struct kru *k, uint64_t key, struct place *out) {
  struct kru_line *lines[2];
  lines_of(k, key, lines);
  unsigned count = 0;
  for (unsigned i = 0; i < 2 * KRU_LINE_ENTRIES; i++) {
    struct kru_line *line = lines[i / KRU_LINE_ENTRIES];
    out->entry = &line->entries[i % KRU_LINE_ENTRIES];
    out->seen = atomic_load_explicit(out->entry, memory_order_acquire);
    if (out->seen >> ID_SHIFT == id_of(key) && ++count == 2) return true;
  }
  return false;
}

/* The double keeps its `until` without a key, so that its line's floor does not sink. */
static void join_doubles(struct kru *k, uint64_t now, uint64_t key) {
  struct place twin;
  while (find_double(k, key, &twin)) {
    uint64_t until = until_of(twin.seen);
    bool inserted = false;
    if (replace(&twin, 0, until)) {
      add(k, now, key, load_at(k, until, now), (double)KRU_ANY, &inserted);
    }
  }
}

int kru_init(struct kru *k, uint32_t lines, enum kru_law law, mono_ms half_life_ms,
             struct siphash_key key, mono_ms now) {
  if (lines < 2 || lines > KRU_LINES_MAX || (lines & (lines - 1))) return ERR_RANGE;
  bool halving = law == KRU_HALVING;
  if (halving && (half_life_ms < 1 || half_life_ms > KRU_HALF_LIFE_MS_MAX)) return ERR_RANGE;
  void *memory = calloc((size_t)lines + 1, sizeof(struct kru_line));
  if (!memory) return ERR_MEMORY;
  uintptr_t aligned = ((uintptr_t)memory + 63) & ~(uintptr_t)63;
  *k = (struct kru){.lines = (struct kru_line *)aligned,
                    .memory = memory,
                    .mask = lines - 1,
                    .law = law,
                    .half_life_us = halving ? (double)half_life_ms * 1000 : 0,
                    .epoch = now,
                    .key = key};
  return OK;
}

void kru_fini(struct kru *k) {
  free(k->memory);
  k->memory = k->lines = NULL;
}

uint32_t kru_lines_for(uint64_t keys) {
  uint32_t lines = 2;
  while (lines < KRU_LINES_MAX && (uint64_t)lines * KRU_LINE_ENTRIES * 2 < keys * 3) lines *= 2;
  return lines;
}

uint64_t kru_key(const struct kru *k, uint64_t space, struct span bytes) {
  struct siphash_key key = {k->key.k0 ^ space, k->key.k1};
  return siphash_64(&key, bytes);
}

void kru_prefetch(const struct kru *k, uint64_t key) {
  struct kru_line *lines[2];
  lines_of(k, key, lines);
  __builtin_prefetch(lines[0], 1);
  __builtin_prefetch(lines[1], 1);
}

static uint64_t rounded(double load) {
  return (uint64_t)(load + 0.5);
}

uint64_t kru_charge(struct kru *k, mono_ms now, uint64_t key, uint64_t price, uint64_t most) {
  uint64_t at = moment(k, now);
  bool inserted = false;
  double limit = most < LOAD_MAX ? (double)most + 0.5 : (double)KRU_ANY;
  double load = add(k, at, key, (double)price, limit, &inserted);
  if (inserted) join_doubles(k, at, key);
  return rounded(load);
}

uint64_t kru_peek(const struct kru *k, mono_ms now, uint64_t key) {
  uint64_t at = moment(k, now);
  return rounded(load_at(k, find(k, key, at).until, at));
}

/* The smallest `until` of the line's other entries. */
static uint64_t others_floor(const struct place *p) {
  uint64_t floor = UNTIL_MAX;
  for (unsigned i = 0; i < KRU_LINE_ENTRIES; i++) {
    _Atomic uint64_t *entry = &p->line->entries[i];
    uint64_t until = until_of(atomic_load_explicit(entry, memory_order_relaxed));
    if (entry != p->entry && until < floor) floor = until;
  }
  return floor;
}

void kru_refund(struct kru *k, mono_ms now, uint64_t key, uint64_t price) {
  uint64_t at = moment(k, now);
  for (;;) {
    struct place p = find(k, key, at);
    if (!p.found) return;
    uint64_t until = until_at(k, load_at(k, p.until, at) - (double)price, at);
    uint64_t floor = others_floor(&p);
    if (until < floor) until = floor;
    if (until >= p.until || replace(&p, id_of(key), until)) return;
  }
}

struct kru_fill kru_fill(const struct kru *k, mono_ms now, uint32_t sample) {
  uint32_t lines = k->mask + 1;
  if (sample == 0 || sample > lines) sample = lines;
  uint64_t at = moment(k, now), live = 0, floored = 0;
  double sum = 0, most = 0;
  for (uint32_t i = 0; i < sample; i++) {
    const struct kru_line *line = &k->lines[(uint64_t)i * lines / sample];
    uint64_t floor = UNTIL_MAX;
    for (unsigned e = 0; e < KRU_LINE_ENTRIES; e++) {
      uint64_t until = until_of(atomic_load_explicit(&line->entries[e], memory_order_relaxed));
      live += until > at;
      if (until < floor) floor = until;
    }
    double load = load_at(k, floor, at);
    floored += floor > at;
    sum += load;
    if (load > most) most = load;
  }
  return (struct kru_fill){.live = (double)live / (KRU_LINE_ENTRIES * (double)sample),
                           .floored = (double)floored / sample,
                           .floor_mean = rounded(sum / sample),
                           .floor_most = rounded(most)};
}
