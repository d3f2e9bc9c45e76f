// SPDX-License-Identifier: Apache-2.0
#include "rules/store/list_table.h"

#include "rules/identity/prefixes.h"

#include <stdlib.h>

static const uint32_t NO_ITEM = PREFIXES_NONE;

struct node {
  real_ms until;
  uint32_t outer; /* the next shorter prefix around it, or NO_ITEM */
  uint8_t bits, action;
};

struct list_table {
  size_t count;
  struct node *nodes; /* [count] */
  void *block;        /* the prefixes, compiled; the value of each is its node's index */
  struct prefixes within;
};

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

/** What is around each: `around` is the innermost of those that the place of the build is within. */
static void nest(struct list_table *t, const struct list_table_item *items) {
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
    around = i;
  }
}

/** Of equal prefixes the one with the higher index is found, and the other is around it. */
static int compile(struct list_table *t, const struct list_table_item *items) {
  struct prefixes_entry *entries = malloc((t->count + 1) * sizeof(*entries));
  size_t bytes = prefixes_bytes_max(t->count);
  t->block = malloc(bytes);
  int err = entries && t->block ? OK : ERR_MEMORY;
  for (uint32_t i = 0; !err && i < t->count; i++) {
    entries[i] = (struct prefixes_entry){.prefix = items[i].prefix, .value = i};
  }
  if (!err) err = prefixes_build(entries, t->count, t->block, &bytes);
  free(entries);
  if (err) return err;
  void *fitted = realloc(t->block, bytes);
  if (fitted) t->block = fitted;
  return prefixes_open(span_from(t->block, bytes), &t->within);
}

int list_table_new(struct list_table_item *items, size_t count, struct list_table **out) {
  if (count > LIST_TABLE_ITEMS_MAX) return ERR_FULL;
  sort(items, count);
  struct list_table *t = calloc(1, sizeof(*t));
  if (!t) return ERR_MEMORY;
  t->count = merge(items, count);
  t->nodes = malloc((t->count + 1) * sizeof(*t->nodes));
  int err = t->nodes ? OK : ERR_MEMORY;
  if (!err) nest(t, items);
  if (!err) err = compile(t, items);
  if (err) {
    list_table_free(&t);
    return err;
  }
  *out = t;
  return OK;
}

void list_table_free(struct list_table **table) {
  if (!*table) return;
  free((*table)->nodes);
  free((*table)->block);
  free(*table);
  *table = NULL;
}

bool list_table_find(const struct list_table *table, const struct addr *addr, real_ms now,
                     struct list_table_item *hit) {
  const struct node *decides = NULL;
  uint32_t i = prefixes_find(&table->within, addr);
  for (; i != NO_ITEM; i = table->nodes[i].outer) {
    const struct node *node = &table->nodes[i];
    if (node->until <= now) continue;
    if (!decides) decides = node;
    if (node->action == LISTS_ALLOW) {
      decides = node;
      break;
    }
  }
  if (decides && hit) {
    hit->prefix = prefix_of(addr, decides->bits - 96u, decides->bits);
    hit->action = decides->action;
    hit->until = decides->until;
  }
  return decides != NULL;
}

size_t list_table_count(const struct list_table *table) {
  return table->count;
}
