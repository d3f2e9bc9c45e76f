// SPDX-License-Identifier: Apache-2.0
#include "rules/store/list_table.h"

#include "rules/base/require.h"

#include <stdlib.h>

__extension__ typedef unsigned __int128 u128;

enum {
  STRIDE = 32,
  LEVELS_MAX = 6
}; /* 32 starts are 8 cache lines; 32^6 is past what a table holds */
static const uint32_t NO_ITEM = UINT32_MAX;

struct node {
  real_ms until;
  uint32_t outer; /* the next shorter prefix around it, or NO_ITEM */
  uint8_t bits, action;
};

/** A static search tree: level 0 is the first addresses of all prefixes, ascending; in each level above stands every
 *  32nd of the one below, up to one that is a single block. */
struct list_table {
  size_t count, levels;
  struct node *nodes; /* [count] */
  struct {
    size_t count;
    u128 *at;
  } level[LEVELS_MAX];
};

static u128 number_of(const struct addr *a) {
  uint64_t half[2];
  memcpy(half, a->bytes, 16);
  return (u128)__builtin_bswap64(half[0]) << 64 | __builtin_bswap64(half[1]);
}

static struct addr addr_of(u128 number) {
  uint64_t half[2] = {__builtin_bswap64((uint64_t)(number >> 64)),
                      __builtin_bswap64((uint64_t)number)};
  struct addr a;
  memcpy(a.bytes, half, 16);
  return a;
}

static u128 mask_of(unsigned bits) {
  return bits == 0 ? 0 : ~(u128)0 << (128 - bits);
}

/** By first address, then the shorter one first (what is around comes before what is inside), then by action. */
static int compare(const void *left, const void *right) {
  const struct list_table_item *a = left, *b = right;
  int order = memcmp(a->prefix.addr.bytes, b->prefix.addr.bytes, 16);
  if (order) return order;
  order = (int)a->prefix.bits - (int)b->prefix.bits;
  return order ? order : (int)a->action - (int)b->action;
}

static void sort(struct list_table_item *items, size_t count) {
  size_t i = 1;
  while (i < count && compare(&items[i - 1], &items[i]) <= 0) i++;
  if (i < count) qsort(items, count, sizeof(*items), compare); /* one list alone is in order */
}

/** Drops marks, and makes one of those that several lists say alike, ending with the last of them. */
static size_t merge(struct list_table_item *items, size_t count) {
  size_t kept = 0;
  for (size_t i = 0; i < count; i++) {
    struct list_table_item *last = kept ? &items[kept - 1] : NULL;
    if (items[i].action == LISTS_MARK) continue;
    if (last && compare(last, &items[i]) == 0) {
      if (last->until < items[i].until) last->until = items[i].until;
    } else {
      items[kept++] = items[i];
    }
  }
  return kept;
}

/** Each prefix in its place, and what is around it: `around` is the chain of prefixes that the one before is within. */
static void build(struct list_table *t, const struct list_table_item *items) {
  uint32_t around = NO_ITEM;
  for (uint32_t i = 0; i < t->count; i++) {
    const struct prefix *p = &items[i].prefix;
    while (around != NO_ITEM && !prefix_holds(&items[around].prefix, &p->addr)) {
      around = t->nodes[around].outer;
    }
    t->nodes[i] = (struct node){.until = items[i].until,
                                .outer = around,
                                .bits = p->bits,
                                .action = (uint8_t)items[i].action};
    t->level[0].at[i] = number_of(&p->addr);
    around = i;
  }
}

static bool build_levels(struct list_table *t) {
  t->level[0].count = t->count;
  for (t->levels = 1; t->level[t->levels - 1].count > STRIDE; t->levels++) {
    require(t->levels < LEVELS_MAX);
    size_t below = t->level[t->levels - 1].count, count = (below + STRIDE - 1) / STRIDE;
    u128 *at = malloc(count * sizeof(*at));
    if (!at) return false;
    for (size_t i = 0; i < count; i++) at[i] = t->level[t->levels - 1].at[i * STRIDE];
    t->level[t->levels].at = at;
    t->level[t->levels].count = count;
  }
  return true;
}

int list_table_new(struct list_table_item *items, size_t count, struct list_table **out) {
  if (count > LIST_TABLE_ITEMS_MAX) return ERR_FULL;
  sort(items, count);
  count = merge(items, count);
  struct list_table *t = calloc(1, sizeof(*t));
  if (!t) return ERR_MEMORY;
  t->count = count;
  t->nodes = malloc((count + 1) * sizeof(*t->nodes));
  t->level[0].at = malloc((count + 1) * sizeof(u128));
  bool whole = t->nodes && t->level[0].at;
  if (whole) build(t, items);
  if (!whole || !build_levels(t)) {
    list_table_free(&t);
    return ERR_MEMORY;
  }
  *out = t;
  return OK;
}

void list_table_free(struct list_table **table) {
  if (!*table) return;
  free((*table)->nodes);
  for (size_t i = 0; i < LEVELS_MAX; i++) free((*table)->level[i].at);
  free(*table);
  *table = NULL;
}

/** Index of the last one that is not past `value`; 0 when all are. Without a branch to mispredict. */
static size_t last_not_past(const u128 *sorted, size_t count, u128 value) {
  size_t low = 0;
  while (count > 1) {
    size_t half = count / 2;
    low = sorted[low + half] <= value ? low + half : low;
    count -= half;
  }
  return low;
}

/** The last prefix that begins at or before the address: it and those around it are all that may cover it. */
static uint32_t last_before(const struct list_table *t, u128 address) {
  if (t->count == 0) return NO_ITEM;
  size_t found = 0;
  for (size_t l = t->levels; l-- > 0;) {
    size_t block = found * STRIDE, left = t->level[l].count - block;
    size_t count = left < STRIDE ? left : STRIDE;
    const u128 *at = t->level[l].at + block;
    for (size_t i = 0; i < count; i += 4) __builtin_prefetch(at + i); /* all lines at once */
    found = block + last_not_past(at, count, address);
  }
  return (uint32_t)found;
}

bool list_table_find(const struct list_table *table, const struct addr *addr, real_ms now,
                     struct list_table_item *hit) {
  u128 address = number_of(addr);
  const struct node *decides = NULL;
  for (uint32_t i = last_before(table, address); i != NO_ITEM; i = table->nodes[i].outer) {
    const struct node *node = &table->nodes[i];
    if ((address & mask_of(node->bits)) != table->level[0].at[i]) continue;
    if (node->until <= now) continue;
    if (!decides) decides = node;
    if (node->action == LISTS_ALLOW) {
      decides = node;
      break;
    }
  }
  if (decides && hit) {
    hit->prefix.addr = addr_of(address & mask_of(decides->bits));
    hit->prefix.bits = decides->bits;
    hit->action = decides->action;
    hit->until = decides->until;
  }
  return decides != NULL;
}

size_t list_table_count(const struct list_table *table) {
  return table->count;
}
