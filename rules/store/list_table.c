// SPDX-License-Identifier: Apache-2.0
#include "rules/store/list_table.h"

#include "rules/base/require.h"

#include <stdlib.h>

__extension__ typedef unsigned __int128 u128;

enum { STRIDE = 32 };         /* every 32nd range start stands in the index */
enum { DEPTH_MAX = 2 * 129 }; /* each length 0..128 once as a ban and once as an allow */
static const uint32_t NO_ITEM = UINT32_MAX;

struct node {
  real_ms until;
  uint32_t outer; /* the next shorter prefix around it, or NO_ITEM */
  uint8_t bits, action;
};

struct list_table {
  size_t count, ranges, index_count;
  struct node *nodes;
  u128 *starts;     /* [ranges], ascending; the first is 0 */
  uint32_t *inside; /* [ranges]: the longest prefix that covers the range */
  u128 *index;      /* [index_count]: starts[i * STRIDE] */
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

/** From `start` on, `item` is the longest. A start said before is said anew. */
static void add_range(struct list_table *t, u128 start, uint32_t item) {
  if (t->ranges && t->starts[t->ranges - 1] == start) t->ranges--;
  t->starts[t->ranges] = start;
  t->inside[t->ranges++] = item;
}

/** The prefixes around the place where the build stands, outermost first. */
struct around {
  size_t depth;
  struct {
    uint32_t item;
    u128 last; /* its last address */
  } at[DEPTH_MAX];
};

static uint32_t innermost(const struct around *a) {
  return a->depth ? a->at[a->depth - 1].item : NO_ITEM;
}

/** Leaves all prefixes that end before `next`. */
static void leave(struct list_table *t, struct around *a, u128 next) {
  while (a->depth && a->at[a->depth - 1].last < next) {
    u128 past = a->at[--a->depth].last + 1;
    add_range(t, past, innermost(a));
  }
}

static void build(struct list_table *t, const struct list_table_item *items) {
  struct around around = {0};
  add_range(t, 0, NO_ITEM);
  for (uint32_t i = 0; i < t->count; i++) {
    const struct prefix *p = &items[i].prefix;
    u128 first = number_of(&p->addr);
    leave(t, &around, first);
    t->nodes[i] = (struct node){.until = items[i].until,
                                .outer = innermost(&around),
                                .bits = p->bits,
                                .action = (uint8_t)items[i].action};
    require(around.depth < DEPTH_MAX);
    around.at[around.depth].item = i;
    around.at[around.depth++].last = first | ~mask_of(p->bits);
    add_range(t, first, i);
  }
  while (around.depth) { /* a prefix that ends with the address space has nothing past it */
    u128 last = around.at[--around.depth].last;
    if (last != ~(u128)0) add_range(t, last + 1, innermost(&around));
  }
  for (size_t i = 0; i < t->ranges; i += STRIDE) t->index[t->index_count++] = t->starts[i];
}

int list_table_new(struct list_table_item *items, size_t count, struct list_table **out) {
  if (count > LIST_TABLE_ITEMS_MAX) return ERR_FULL;
  sort(items, count);
  count = merge(items, count);
  struct list_table *t = calloc(1, sizeof(*t));
  if (!t) return ERR_MEMORY;
  size_t ranges_max = 2 * count + 1;
  t->count = count;
  t->nodes = malloc((count + 1) * sizeof(*t->nodes));
  t->starts = malloc(ranges_max * sizeof(*t->starts));
  t->inside = malloc(ranges_max * sizeof(*t->inside));
  t->index = malloc((ranges_max / STRIDE + 1) * sizeof(*t->index));
  if (!t->nodes || !t->starts || !t->inside || !t->index) {
    list_table_free(&t);
    return ERR_MEMORY;
  }
  build(t, items);
  *out = t;
  return OK;
}

void list_table_free(struct list_table **table) {
  if (!*table) return;
  free((*table)->nodes);
  free((*table)->starts);
  free((*table)->inside);
  free((*table)->index);
  free(*table);
  *table = NULL;
}

/** Index of the last one that is not past `value`; the first never is. Without a branch to mispredict. */
static size_t last_not_past(const u128 *sorted, size_t count, u128 value) {
  size_t low = 0;
  while (count > 1) {
    size_t half = count / 2;
    low = sorted[low + half] <= value ? low + half : low;
    count -= half;
  }
  return low;
}

static uint32_t longest(const struct list_table *t, u128 address) {
  size_t start = last_not_past(t->index, t->index_count, address) * STRIDE;
  size_t count = t->ranges - start < STRIDE ? t->ranges - start : STRIDE;
  return t->inside[start + last_not_past(t->starts + start, count, address)];
}

bool list_table_find(const struct list_table *table, const struct addr *addr, real_ms now,
                     struct list_table_item *hit) {
  u128 address = number_of(addr);
  const struct node *decides = NULL;
  for (uint32_t i = longest(table, address); i != NO_ITEM; i = table->nodes[i].outer) {
    const struct node *node = &table->nodes[i];
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
