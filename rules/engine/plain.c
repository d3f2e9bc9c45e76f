// SPDX-License-Identifier: Apache-2.0
#include "rules/engine/plain.h"

#include "rules/base/err.h"

#include <stdlib.h>

enum { BUCKETS = 1 << 14 };

struct noted {
  uint64_t item;
  mono_ms at;
};

struct plain_entry {
  struct plain_entry *next;
  bool signal;
  uint32_t index;
  uint64_t digest;
  struct addr client; /* all zero: no part of the key */
  double due;         /* limit: when all that was charged will have drained, ms */
  mono_ms held_until;
  struct noted *noted; /* signal: newest last */
  size_t noted_count, noted_room;
};

int plain_init(struct plain *p, const struct program *program) {
  *p = (struct plain){.program = program};
  p->buckets = calloc(BUCKETS, sizeof(p->buckets[0]));
  return p->buckets ? OK : ERR_MEMORY;
}

void plain_fini(struct plain *p) {
  for (size_t i = 0; p->buckets && i < BUCKETS; i++) {
    while (p->buckets[i]) {
      struct plain_entry *entry = p->buckets[i];
      p->buckets[i] = entry->next;
      free(entry->noted);
      free(entry);
    }
  }
  free(p->buckets);
  *p = (struct plain){0};
}

/* The entry of this key, made when it is not there; NULL when there is no room. */
static struct plain_entry *entry_of(struct plain *p, bool signal, uint32_t index,
                                    struct meter_key key) {
  struct addr client = {{0}};
  if (key.client) client = *key.client;
  struct siphash_key hash = {key.digest, index * 2u + signal};
  struct plain_entry **bucket =
      &p->buckets[siphash_64(&hash, span_from(client.bytes, 16)) % BUCKETS];
  for (struct plain_entry *at = *bucket; at; at = at->next) {
    bool same = at->signal == signal && at->index == index && at->digest == key.digest;
    if (same && addr_eq(&at->client, &client)) return at;
  }
  struct plain_entry *entry = p->entries < PLAIN_ENTRIES_MAX ? calloc(1, sizeof(*entry)) : NULL;
  if (!entry) {
    p->full = true;
    return NULL;
  }
  *entry = (struct plain_entry){
      .next = *bucket, .signal = signal, .index = index, .digest = key.digest, .client = client};
  *bucket = entry;
  p->entries++;
  return entry;
}

static double interval_of(const struct limit *l) {
  return (double)l->window_ms / l->quantity;
}

static struct charge charge(void *self, uint32_t limit, struct meter_key key, mono_ms now,
                            double price) {
  struct plain *p = self;
  const struct limit *l = &p->program->limits[limit];
  struct plain_entry *entry = entry_of(p, false, limit, key);
  if (!entry) return (struct charge){0};
  double interval = interval_of(l), start = entry->due > (double)now ? entry->due : (double)now;
  double due = start + price * interval, over_ms = due - (double)now - l->burst * interval;
  struct charge answer = {.count = (due - (double)now) / interval};
  /* With a price of 0 it is asked whether one more would go past it. */
  bool over = price > 0 ? over_ms > 1e-6 : over_ms + interval > 1e-6;
  if (over && l->hold_ms) entry->held_until = now + (mono_ms)l->hold_ms;
  if (!over && now >= entry->held_until) entry->due = due;
  answer.over = over || now < entry->held_until;
  if (!answer.over) return answer;
  mono_ms drained = (mono_ms)(price > 0 ? over_ms : over_ms + interval) + 1,
          held = entry->held_until - now;
  answer.retry_ms = over && drained > held ? drained : held > 0 ? held : drained;
  return answer;
}

static void refund(void *self, uint32_t limit, struct meter_key key, mono_ms now, double price) {
  struct plain *p = self;
  struct plain_entry *entry = entry_of(p, false, limit, key);
  if (entry) entry->due -= price * interval_of(&p->program->limits[limit]);
}

static bool note(void *self, uint32_t signal, struct meter_key key, uint64_t item, mono_ms now) {
  struct plain_entry *entry = entry_of(self, true, signal, key);
  if (!entry) return false;
  if (entry->noted_count == entry->noted_room) {
    size_t room = entry->noted_room ? 2 * entry->noted_room : 8;
    struct noted *more = realloc(entry->noted, room * sizeof(*more));
    if (!more) return false;
    entry->noted = more;
    entry->noted_room = room;
  }
  entry->noted[entry->noted_count++] = (struct noted){item, now};
  return true;
}

static void unnote(void *self, uint32_t signal, struct meter_key key, uint64_t item, mono_ms now) {
  struct plain_entry *entry = entry_of(self, true, signal, key);
  for (size_t i = entry ? entry->noted_count : 0; i > 0; i--) {
    if (entry->noted[i - 1].item != item) continue;
    memmove(&entry->noted[i - 1], &entry->noted[i],
            (entry->noted_count - i) * sizeof(entry->noted[0]));
    entry->noted_count--;
    return;
  }
}

static double reading(void *self, uint32_t signal, struct meter_key key, mono_ms now) {
  struct plain *p = self;
  const struct signal *s = &p->program->signals[signal];
  const struct plain_entry *entry = entry_of(p, true, signal, key);
  size_t count = 0;
  for (size_t i = 0; entry && i < entry->noted_count; i++) {
    bool counts = now - entry->noted[i].at < (mono_ms)s->window_ms;
    /* Of one item its last note counts. */
    for (size_t j = i + 1; counts && s->distinct != NO_CODE && j < entry->noted_count; j++) {
      counts = entry->noted[j].item != entry->noted[i].item;
    }
    count += counts;
  }
  return (double)count;
}

static bool listed(void *self, uint32_t list, const struct addr *addr) {
  return false;
}

struct meters plain_meters(struct plain *p) {
  return (struct meters){.self = p,
                         .digest_key = {1, 2},
                         .charge = charge,
                         .refund = refund,
                         .note = note,
                         .unnote = unnote,
                         .reading = reading,
                         .listed = listed};
}
