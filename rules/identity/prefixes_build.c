// SPDX-License-Identifier: Apache-2.0
#include "rules/identity/prefixes.h"

#include "rules/base/err.h"
#include "rules/base/require.h"
#include "rules/identity/prefixes_block.h"

#include <stdlib.h>

/* All addresses in one line, IPv4 at ::ffff:0:0/96. */
typedef unsigned __int128 position;

#define V4_FIRST ((position)0xffff << 32)
#define V4_AFTER (V4_FIRST + ((position)1 << 32))

enum { DEPTH_MAX = 130 }; /* a chain of nested prefixes has at most one of each length */

/* From `start` on, the value holds; until the next range. */
struct range {
  position start;
  uint32_t value;
};

struct ranges {
  struct range *at;
  size_t count;
};

/* The prefixes that are open where the sweep stands, the longest last. */
struct open {
  struct {
    position last;
    uint32_t value;
  } at[DEPTH_MAX];
  size_t depth;
};

static position position_of(const struct addr *a) {
  position value = 0;
  for (unsigned i = 0; i < 16; i++) value = value << 8 | a->bytes[i];
  return value;
}

static position last_of(const struct prefix *p) {
  position rest = p->bits == 0 ? ~(position)0 : ((position)1 << (128 - p->bits)) - 1;
  return position_of(&p->addr) | rest;
}

static int compare(const void *left, const void *right) {
  const struct prefixes_entry *a = left, *b = right;
  int order = memcmp(a->prefix.addr.bytes, b->prefix.addr.bytes, 16);
  if (order) return order;
  if (a->prefix.bits != b->prefix.bits) return a->prefix.bits < b->prefix.bits ? -1 : 1;
  return a->value < b->value ? -1 : a->value > b->value;
}

/* A range that would begin where the last one did takes its place; one of the same value continues it. */
static void begin_range(struct ranges *r, position start, uint32_t value) {
  if (r->count && r->at[r->count - 1].start == start) r->count--;
  if (r->count && r->at[r->count - 1].value == value) return;
  r->at[r->count++] = (struct range){start, value};
}

/* Closes what ended before `start`; behind each, what is around it goes on. */
static void close_before(struct ranges *r, struct open *o, position start) {
  while (o->depth && o->at[o->depth - 1].last < start) {
    position after = o->at[--o->depth].last + 1;
    begin_range(r, after, o->depth ? o->at[o->depth - 1].value : PREFIXES_NONE);
  }
}

static void sweep(const struct prefixes_entry *entries, size_t count, struct ranges *r) {
  struct open o = {.depth = 0};
  begin_range(r, 0, PREFIXES_NONE);
  for (size_t i = 0; i < count; i++) {
    position start = position_of(&entries[i].prefix.addr), last = last_of(&entries[i].prefix);
    close_before(r, &o, start);
    begin_range(r, start, entries[i].value);
    /* One that ends together with this one is not needed again: neither an equal prefix nor an outer one. */
    if (o.depth && o.at[o.depth - 1].last == last) o.depth--;
    require(o.depth < DEPTH_MAX);
    o.at[o.depth].last = last;
    o.at[o.depth++].value = entries[i].value;
  }
  while (o.depth && o.at[o.depth - 1].last != ~(position)0) {
    close_before(r, &o, o.at[o.depth - 1].last + 1);
  }
}

/* What is inside the IPv4 space goes to `v4`, the rest to `v6`; each goes on behind the other as it was. */
static void divide(const struct ranges *all, struct ranges *v4, struct ranges *v6) {
  uint32_t value = PREFIXES_NONE;
  size_t i = 0;
  for (; i < all->count && all->at[i].start <= V4_FIRST; i++) {
    value = all->at[i].value;
    if (all->at[i].start < V4_FIRST) begin_range(v6, all->at[i].start, value);
  }
  begin_range(v4, 0, value);
  for (; i < all->count && all->at[i].start < V4_AFTER; i++) {
    value = all->at[i].value;
    begin_range(v4, all->at[i].start - V4_FIRST, value);
  }
  begin_range(v6, V4_AFTER, value);
  for (; i < all->count; i++) begin_range(v6, all->at[i].start, all->at[i].value);
}

/* About eight ranges a slot, so that small sets stay small. */
static uint32_t index_bits(size_t ranges) {
  uint32_t bits = 0;
  while (bits < PREFIXES_INDEX_BITS_MAX && ranges >> (bits + 3)) bits++;
  return bits;
}

static void put_u32(char *array, size_t i, uint32_t value) {
  memcpy(array + 4 * i, &value, 4);
}

static void put_index(char *index, uint32_t bits, unsigned width, const struct ranges *r) {
  size_t range = 0;
  uint64_t slots = (uint64_t)1 << bits;
  for (uint64_t slot = 0; slot < slots; slot++) {
    position first = slot ? (position)slot << (width - bits) : 0;
    while (range < r->count && r->at[range].start < first) range++;
    put_u32(index, slot, (uint32_t)range);
  }
  put_u32(index, slots, (uint32_t)r->count);
}

static void write_block(const struct ranges *v4, const struct ranges *v6, char *out,
                        size_t *bytes) {
  struct prefixes_head h = {.magic = PREFIXES_MAGIC,
                            .version = PREFIXES_VERSION,
                            .v4_count = (uint32_t)v4->count,
                            .v6_count = (uint32_t)v6->count,
                            .v4_bits = index_bits(v4->count),
                            .v6_bits = index_bits(v6->count)};
  struct prefixes_layout l = prefixes_layout(&h);
  memcpy(out, &h, sizeof(h));
  put_index(out + l.v4_index, h.v4_bits, 32, v4);
  put_index(out + l.v6_index, h.v6_bits, 128, v6);
  for (size_t i = 0; i < v4->count; i++) {
    put_u32(out + l.v4_starts, i, (uint32_t)v4->at[i].start);
    put_u32(out + l.v4_values, i, v4->at[i].value);
  }
  for (size_t i = 0; i < v6->count; i++) {
    uint64_t halves[2] = {(uint64_t)(v6->at[i].start >> 64), (uint64_t)v6->at[i].start};
    memcpy(out + l.v6_starts + 16 * i, halves, 16);
    put_u32(out + l.v6_values, i, v6->at[i].value);
  }
  *bytes = l.bytes;
}

/* Each prefix begins a range and ends in one; then the one at 0, and the borders of the IPv4 space. */
static size_t ranges_max(size_t count) {
  return 2 * count + 4;
}

size_t prefixes_bytes_max(size_t count) {
  /* All of them IPv6, whose ranges are the larger: 16 bytes and 4. */
  size_t index = 2 * 4 * (((size_t)1 << PREFIXES_INDEX_BITS_MAX) + 1);
  return sizeof(struct prefixes_head) + index + 20 * ranges_max(count);
}

static int check(const struct prefixes_entry *entries, size_t count) {
  if (count > PREFIXES_COUNT_MAX) return ERR_RANGE;
  for (size_t i = 0; i < count; i++) {
    const struct prefix *p = &entries[i].prefix;
    if (p->bits > 128 || entries[i].value == PREFIXES_NONE) return ERR_RANGE;
    position rest = last_of(p) ^ position_of(&p->addr);
    position full = p->bits == 0 ? ~(position)0 : ((position)1 << (128 - p->bits)) - 1;
    if (rest != full) return ERR_RANGE;
  }
  return OK;
}

int prefixes_build(struct prefixes_entry *entries, size_t count, void *out, size_t *bytes) {
  int err = check(entries, count);
  if (err) return err;
  size_t each = ranges_max(count);
  struct range *memory = malloc(3 * each * sizeof(*memory));
  if (!memory) return ERR_MEMORY;
  struct ranges all = {memory, 0}, v4 = {memory + each, 0}, v6 = {memory + 2 * each, 0};
  if (count) qsort(entries, count, sizeof(*entries), compare);
  sweep(entries, count, &all);
  divide(&all, &v4, &v6);
  write_block(&v4, &v6, out, bytes);
  free(memory);
  return OK;
}
