// SPDX-License-Identifier: Apache-2.0
#include "rules/engine/shared.h"

#include "rules/base/err.h"
#include "rules/engine/shared_tables.h"
#include "rules/signals/prefix_charge.h"

#include <math.h>
#include <stdlib.h>

const struct shared_sizes SHARED_SIZES = {.client_lines = 1 << 17,
                                          .named_lines = 1 << 16,
                                          .hold_lines = 1 << 14,
                                          .count_lines = 1 << 15,
                                          .distinct_buckets = 1 << 13};

/* A limit as its table wants it. */
struct bound_limit {
  struct kru *kru;
  uint64_t space;
  uint64_t unit_us, most_us; /* what one unit takes to drain; what may stand there */
  mono_ms hold_ms;
};

struct bound_signal {
  struct kru *kru; /* NULL: a distinct */
  struct distinct_table *distinct;
  uint64_t space;
};

struct shared {
  struct siphash_key key;
  struct table *clients, *named, *holds;
  struct table *counts[SHARED_WINDOWS_MAX], *distincts[SHARED_WINDOWS_MAX];
  struct bound_limit *limits;
  struct bound_signal *signals;
  const struct shared_list **lists; /* by the program's index; NULL: holds nothing */
};

/* ---- keys ---- */

/* The digest of a prefix, or of the key without a client. */
static uint64_t digest_of(const struct shared *s, uint64_t space, const struct prefix *client) {
  struct siphash_key key = {s->key.k0 ^ space, s->key.k1};
  uint8_t bytes[17] = {0};
  if (client) {
    memcpy(bytes, client->addr.bytes, 16);
    bytes[16] = client->bits;
  }
  return siphash_64(&key, span_from(bytes, sizeof(bytes)));
}

/* ---- limits ---- */

static struct prefix_load load_of(const struct bound_limit *l, struct meter_key key, mono_ms now) {
  uint64_t space = l->space ^ key.digest;
  if (key.client) return prefix_peek(l->kru, now, &PREFIX_PLAN, space, key.client);
  return (struct prefix_load){
      .load = kru_peek(l->kru, now, kru_key(l->kru, space, span_from(NULL, 0)))};
}

static struct prefix_load add_load(const struct bound_limit *l, struct meter_key key, mono_ms now,
                                   uint64_t price) {
  uint64_t space = l->space ^ key.digest;
  if (key.client)
    return prefix_charge(l->kru, now, &PREFIX_PLAN, space, key.client, price, l->most_us);
  return (struct prefix_load){
      .load =
          kru_charge(l->kru, now, kru_key(l->kru, space, span_from(NULL, 0)), price, l->most_us)};
}

static mono_ms held_for(const struct shared *s, const struct bound_limit *l, struct meter_key key,
                        mono_ms now) {
  uint64_t space = l->space ^ key.digest;
  if (!key.client) return holds_left(&s->holds->holds, now, digest_of(s, space, NULL));
  const struct prefix_step *steps = addr_is_v4(key.client) ? PREFIX_PLAN.v4 : PREFIX_PLAN.v6;
  mono_ms longest = 0;
  for (unsigned i = 0; i < PREFIX_CHARGE_MAX && steps[i].bits; i++) {
    struct prefix p = prefix_of(key.client, steps[i].bits, steps[i].bits);
    mono_ms left = holds_left(&s->holds->holds, now, digest_of(s, space, &p));
    if (left > longest) longest = left;
  }
  return longest;
}

static void hold(const struct shared *s, const struct bound_limit *l, struct meter_key key,
                 uint8_t bits, mono_ms now) {
  struct prefix p = key.client ? prefix_of(key.client, bits, bits) : (struct prefix){.bits = 0};
  uint64_t digest = digest_of(s, l->space ^ key.digest, key.client ? &p : NULL);
  holds_put(&s->holds->holds, now, digest, l->hold_ms);
}

static uint64_t price_us(const struct bound_limit *l, double price) {
  double us = ceil(price * (double)l->unit_us);
  return us < 0x1p53 ? (uint64_t)us : (uint64_t)1 << 53;
}

static struct charge charge(void *self, uint32_t limit, struct meter_key key, mono_ms now,
                            double price) {
  const struct shared *s = self;
  const struct bound_limit *l = &s->limits[limit];
  mono_ms held = l->hold_ms ? held_for(s, l, key, now) : 0;
  /* A price of 0 asks whether one more would go past it; who is held is not charged. */
  bool looks = price <= 0 || held;
  uint64_t us = price_us(l, price > 0 ? price : 1);
  struct prefix_load at = looks ? load_of(l, key, now) : add_load(l, key, now, us);
  struct charge answer = {.count = (double)at.load / (double)l->unit_us};
  if (looks) at.load += us;
  if (held && price > 0) answer.count = (double)at.load / (double)l->unit_us;
  bool over = at.load > l->most_us;
  if (over && l->hold_ms) {
    hold(s, l, key, at.bits, now);
    held = l->hold_ms;
  }
  answer.over = over || held;
  mono_ms drained = over ? (mono_ms)((at.load - l->most_us + 999) / 1000) : 0;
  if (answer.over) answer.retry_ms = drained > held ? drained : held;
  return answer;
}

static void refund(void *self, uint32_t limit, struct meter_key key, mono_ms now, double price) {
  const struct shared *s = self;
  const struct bound_limit *l = &s->limits[limit];
  uint64_t space = l->space ^ key.digest;
  if (key.client)
    prefix_refund(l->kru, now, &PREFIX_PLAN, space, key.client, price_us(l, price));
  else
    kru_refund(l->kru, now, kru_key(l->kru, space, span_from(NULL, 0)), price_us(l, price));
}

/* ---- signals ---- */

/* A distinct has one counter a key: of a client's address that is the address, or its /64. */
static uint64_t distinct_key(const struct shared *s, const struct bound_signal *b,
                             struct meter_key key) {
  struct prefix p;
  if (key.client) p = prefix_of(key.client, 32, 64);
  return digest_of(s, b->space ^ key.digest, key.client ? &p : NULL);
}

static bool note(void *self, uint32_t signal, struct meter_key key, uint64_t item, mono_ms now) {
  const struct shared *s = self;
  const struct bound_signal *b = &s->signals[signal];
  uint64_t space = b->space ^ key.digest;
  if (!b->kru) return distinct_table_note(b->distinct, now, distinct_key(s, b, key), item);
  if (key.client)
    prefix_charge(b->kru, now, &PREFIX_PLAN, space, key.client, KRU_EVENT, KRU_ANY);
  else
    kru_charge(b->kru, now, kru_key(b->kru, space, span_from(NULL, 0)), KRU_EVENT, KRU_ANY);
  return true;
}

static void unnote(void *self, uint32_t signal, struct meter_key key, uint64_t item, mono_ms now) {
  const struct shared *s = self;
  const struct bound_signal *b = &s->signals[signal];
  uint64_t space = b->space ^ key.digest;
  if (!b->kru)
    distinct_table_remove(b->distinct, now, distinct_key(s, b, key), item);
  else if (key.client)
    prefix_refund(b->kru, now, &PREFIX_PLAN, space, key.client, KRU_EVENT);
  else
    kru_refund(b->kru, now, kru_key(b->kru, space, span_from(NULL, 0)), KRU_EVENT);
}

static double reading(void *self, uint32_t signal, struct meter_key key, mono_ms now) {
  const struct shared *s = self;
  const struct bound_signal *b = &s->signals[signal];
  uint64_t space = b->space ^ key.digest, load;
  if (!b->kru) return distinct_table_count(b->distinct, now, distinct_key(s, b, key));
  if (key.client)
    load = prefix_peek(b->kru, now, &PREFIX_PLAN, space, key.client).load;
  else
    load = kru_peek(b->kru, now, kru_key(b->kru, space, span_from(NULL, 0)));
  return (double)load / KRU_EVENT;
}

static bool listed(void *self, uint32_t list, const struct addr *addr) {
  const struct shared_list *l = ((const struct shared *)self)->lists[list];
  for (size_t i = 0; l && i < l->count; i++) {
    if (prefix_holds(&l->prefixes[i], addr)) return true;
  }
  return false;
}

/* ---- making ---- */

/* One's numbers are found again under the same name, in the same pack, with the same measures. */
static uint64_t space_of(const struct program *p, const struct definition *def, double quantity,
                         uint64_t window_ms, uint64_t kind) {
  bool pack = p->packs >> def->source & 1;
  uint64_t measure;
  memcpy(&measure, &quantity, sizeof(measure));
  struct siphash_key key = {measure, window_ms ^ kind};
  uint64_t name = siphash_64(&key, def->name);
  if (!pack) return name;
  return siphash_64(&(struct siphash_key){name, kind}, p->source_names[def->source]);
}

/* The table for this window: there already, of before, or new. */
static int window_table(struct table **tables, struct table *const *before, enum table_kind kind,
                        uint32_t size, mono_ms window_ms, struct siphash_key key, mono_ms now,
                        struct table **out) {
  unsigned i = 0;
  while (i < SHARED_WINDOWS_MAX && tables[i] && tables[i]->window_ms != window_ms) i++;
  if (i == SHARED_WINDOWS_MAX) return ERR_RANGE;
  for (unsigned j = 0; before && !tables[i] && j < SHARED_WINDOWS_MAX; j++) {
    bool fits = before[j] && before[j]->window_ms == window_ms && before[j]->size == size;
    if (fits) tables[i] = table_hold(before[j]);
  }
  int err = tables[i] ? OK : table_new(kind, size, window_ms, key, now, &tables[i]);
  *out = tables[i];
  return err;
}

static int refuse(struct shared_error *why, const struct program *p, const struct definition *def,
                  const char *text) {
  *why = (struct shared_error){p->source_names[def->source], def->name, def->line, text};
  return ERR_RANGE;
}

static int bind_limit(struct shared *s, const struct program *p, uint32_t index,
                      struct shared_error *why) {
  const struct limit *l = &p->limits[index];
  double unit = ceil((double)l->window_ms * 1000 / l->quantity), most = ceil(l->burst * unit);
  if (l->quantity > (double)l->window_ms * 1000)
    return refuse(why, p, &l->def, "a limit counts at most one unit a microsecond");
  if (!(most < 0x1p52)) return refuse(why, p, &l->def, "burst and window are too long together");
  s->limits[index] = (struct bound_limit){
      .kru = l->key.client && !l->key.count ? &s->clients->kru : &s->named->kru,
      .space = space_of(p, &l->def, l->quantity, l->window_ms, 0),
      .unit_us = (uint64_t)unit,
      .most_us = (uint64_t)most,
      .hold_ms = (mono_ms)l->hold_ms};
  return OK;
}

static int bind_signal(struct shared *s, const struct program *p, uint32_t index,
                       const struct shared_options *options, const struct shared *before,
                       mono_ms now, struct shared_error *why) {
  const struct signal *signal = &p->signals[index];
  mono_ms window_ms = (mono_ms)signal->window_ms;
  bool distinct = signal->distinct != NO_CODE;
  struct table *t = NULL;
  int err = distinct ? window_table(s->distincts, before ? before->distincts : NULL, TABLE_DISTINCT,
                                    options->sizes.distinct_buckets, window_ms, s->key, now, &t)
                     : window_table(s->counts, before ? before->counts : NULL, TABLE_COUNTS,
                                    options->sizes.count_lines, window_ms, s->key, now, &t);
  if (err == ERR_RANGE)
    return refuse(why, p, &signal->def,
                  "windows of signals: eight different ones at most, and no count over 7 days");
  if (err) return err;
  s->signals[index] =
      (struct bound_signal){.kru = distinct ? NULL : &t->kru,
                            .distinct = distinct ? &t->distinct : NULL,
                            .space = space_of(p, &signal->def, 0, signal->window_ms, 1 + distinct)};
  return OK;
}

static int take_table(struct table **out, struct table *before, enum table_kind kind, uint32_t size,
                      struct siphash_key key, mono_ms now) {
  if (!before || before->size != size) return table_new(kind, size, 0, key, now, out);
  *out = table_hold(before);
  return OK;
}

static int fill(struct shared *s, const struct program *p, const struct shared_options *options,
                const struct shared *before, mono_ms now, struct shared_error *why) {
  const struct shared_sizes *sizes = &options->sizes;
  struct siphash_key key = s->key;
  s->limits = calloc(p->limit_count + 1u, sizeof(*s->limits));
  s->signals = calloc(p->signal_count + 1u, sizeof(*s->signals));
  s->lists = calloc(p->list_count + 1u, sizeof(*s->lists));
  if (!s->limits || !s->signals || !s->lists) return ERR_MEMORY;
  int err = take_table(&s->clients, before ? before->clients : NULL, TABLE_LOADS,
                       sizes->client_lines, key, now);
  if (!err)
    err = take_table(&s->named, before ? before->named : NULL, TABLE_LOADS, sizes->named_lines, key,
                     now);
  if (!err)
    err = take_table(&s->holds, before ? before->holds : NULL, TABLE_HOLDS, sizes->hold_lines, key,
                     now);
  for (uint32_t i = 0; i < p->limit_count && !err; i++) err = bind_limit(s, p, i, why);
  for (uint32_t i = 0; i < p->signal_count && !err; i++)
    err = bind_signal(s, p, i, options, before, now, why);
  for (size_t i = 0; i < options->list_count; i++) {
    int list = program_list(p, options->lists[i].name);
    if (list >= 0) s->lists[list] = &options->lists[i];
  }
  return err;
}

int shared_new(const struct program *program, const struct shared_options *options,
               const struct shared *before, mono_ms now, struct shared **out,
               struct shared_error *why) {
  struct shared *s = calloc(1, sizeof(*s));
  *why = (struct shared_error){.text = ""};
  if (!s) return ERR_MEMORY;
  s->key = options->key;
  int err = fill(s, program, options, before, now, why);
  if (err)
    shared_free(&s);
  else
    *out = s;
  return err;
}

void shared_free(struct shared **shared) {
  struct shared *s = *shared;
  *shared = NULL;
  if (!s) return;
  table_drop(&s->clients);
  table_drop(&s->named);
  table_drop(&s->holds);
  for (unsigned i = 0; i < SHARED_WINDOWS_MAX; i++) {
    table_drop(&s->counts[i]);
    table_drop(&s->distincts[i]);
  }
  free(s->limits);
  free(s->signals);
  free(s->lists);
  free(s);
}

struct meters shared_meters(struct shared *s) {
  return (struct meters){.self = s,
                         .digest_key = s->key,
                         .charge = charge,
                         .refund = refund,
                         .note = note,
                         .unnote = unnote,
                         .reading = reading,
                         .listed = listed};
}
