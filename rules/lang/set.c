// SPDX-License-Identifier: Apache-2.0
#include "rules/lang/set.h"

#include "rules/base/err.h"

#include <stdlib.h>

static int compare_texts(struct span a, struct span b) {
  if (a.len != b.len) return a.len < b.len ? -1 : 1;
  return a.len ? memcmp(a.at, b.at, a.len) : 0;
}

static int by_text(const void *a, const void *b) {
  return compare_texts(*(const struct span *)a, *(const struct span *)b);
}

static int by_number(const void *a, const void *b) {
  double x = ((const struct number_range *)a)->from, y = ((const struct number_range *)b)->from;
  return (x > y) - (x < y);
}

static int by_addr(const void *a, const void *b) {
  return memcmp(((const struct addr_range *)a)->from.bytes,
                ((const struct addr_range *)b)->from.bytes, 16);
}

static struct addr last_of(const struct prefix *p) {
  struct addr last = p->addr;
  for (unsigned bit = p->bits; bit < 128; bit++) last.bytes[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
  return last;
}

static const struct expr *first_of_range(const struct expr *item) {
  return item->kind == EXPR_RANGE ? item->kids : item;
}

static const struct expr *last_of_range(const struct expr *item) {
  return item->kind == EXPR_RANGE ? item->kids->next : item;
}

static bool build_texts(struct set *set, const struct expr *items, struct arena *arena) {
  set->texts = arena_take(arena, set->count * sizeof(set->texts[0]));
  if (!set->texts) return false;
  size_t i = 0, kept = 0;
  for (const struct expr *item = items->kids; item; item = item->next) {
    set->texts[i++] = arena_copy(arena, item->text);
  }
  if (arena->failed) return false;
  qsort(set->texts, set->count, sizeof(set->texts[0]), by_text);
  for (i = 0; i < set->count; i++) {
    if (i == 0 || !span_eq(set->texts[i], set->texts[kept - 1])) set->texts[kept++] = set->texts[i];
  }
  set->count = (uint32_t)kept;
  return true;
}

static bool build_numbers(struct set *set, const struct expr *items, struct arena *arena) {
  set->numbers = arena_take(arena, set->count * sizeof(set->numbers[0]));
  if (!set->numbers) return false;
  size_t i = 0, kept = 0;
  for (const struct expr *item = items->kids; item; item = item->next) {
    set->numbers[i++] =
        (struct number_range){first_of_range(item)->number, last_of_range(item)->number};
  }
  qsort(set->numbers, set->count, sizeof(set->numbers[0]), by_number);
  for (i = 0; i < set->count; i++) {
    struct number_range *last = kept ? &set->numbers[kept - 1] : NULL;
    if (!last || set->numbers[i].from > last->to)
      set->numbers[kept++] = set->numbers[i];
    else if (set->numbers[i].to > last->to)
      last->to = set->numbers[i].to;
  }
  set->count = (uint32_t)kept;
  return true;
}

static bool build_addrs(struct set *set, const struct expr *items, struct arena *arena) {
  set->addrs = arena_take(arena, set->count * sizeof(set->addrs[0]));
  if (!set->addrs) return false;
  size_t i = 0, kept = 0;
  for (const struct expr *item = items->kids; item; item = item->next) {
    set->addrs[i++] = (struct addr_range){first_of_range(item)->prefix.addr,
                                          last_of(&last_of_range(item)->prefix)};
  }
  qsort(set->addrs, set->count, sizeof(set->addrs[0]), by_addr);
  for (i = 0; i < set->count; i++) {
    struct addr_range *last = kept ? &set->addrs[kept - 1] : NULL;
    if (!last || memcmp(set->addrs[i].from.bytes, last->to.bytes, 16) > 0)
      set->addrs[kept++] = set->addrs[i];
    else if (memcmp(set->addrs[i].to.bytes, last->to.bytes, 16) > 0)
      last->to = set->addrs[i].to;
  }
  set->count = (uint32_t)kept;
  return true;
}

int set_build(struct set *set, const struct expr *items, struct arena *arena) {
  *set = (struct set){.type = items->type};
  for (const struct expr *item = items->kids; item; item = item->next) set->count++;
  bool built = set->type == TYPE_TEXT     ? build_texts(set, items, arena)
               : set->type == TYPE_NUMBER ? build_numbers(set, items, arena)
                                          : build_addrs(set, items, arena);
  return built ? OK : ERR_MEMORY;
}

bool set_has_text(const struct set *set, struct span text) {
  size_t low = 0, high = set->count;
  while (low < high) {
    size_t middle = (low + high) / 2;
    int order = compare_texts(text, set->texts[middle]);
    if (order == 0) return true;
    if (order < 0)
      high = middle;
    else
      low = middle + 1;
  }
  return false;
}

bool set_has_number(const struct set *set, double number) {
  size_t low = 0, high = set->count;
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (number < set->numbers[middle].from)
      high = middle;
    else if (number > set->numbers[middle].to)
      low = middle + 1;
    else
      return true;
  }
  return false;
}

bool set_has_addr(const struct set *set, const struct addr *addr) {
  size_t low = 0, high = set->count;
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (memcmp(addr->bytes, set->addrs[middle].from.bytes, 16) < 0)
      high = middle;
    else if (memcmp(addr->bytes, set->addrs[middle].to.bytes, 16) > 0)
      low = middle + 1;
    else
      return true;
  }
  return false;
}
