// SPDX-License-Identifier: Apache-2.0
/** All prefixes in force, compiled for the hot path: which one decides about an address.
 *
 *  Allow wins: an address that any allow covers is not banned, however long the ban's prefix is. Else the longest ban
 *  that covers it decides. What ended before `now` does not count, though it stays in the table until the next build.
 *
 *  Shape: a compiled set (rules/identity/prefixes.h) answers the longest prefix; each prefix knows the next shorter one
 *  that it is within, so a walk outwards meets all that cover the address.
 *  Costs 32 to 56 bytes a prefix. Immutable once built; a look-up allocates nothing; any thread. Pure. */
#ifndef RULES_STORE_LIST_TABLE_H
#define RULES_STORE_LIST_TABLE_H

#include "rules/base/addr.h"
#include "rules/base/clock.h"
#include "rules/store/lists.h"

enum { LIST_TABLE_ITEMS_MAX = 16 << 20 };

struct list_table;

struct list_table_item {
  struct prefix prefix;
  enum lists_action action; /* LISTS_MARK takes no part */
  real_ms until;
};

/** Sorts `items`, which the table does not keep. ERR_FULL: past LIST_TABLE_ITEMS_MAX. ERR_MEMORY. */
int list_table_new(struct list_table_item *items, size_t count, struct list_table **out);
void list_table_free(struct list_table **table);

/** What decides about the address: true with an allow or a ban in `*hit` (may be NULL), false when nothing is said. */
bool list_table_find(const struct list_table *table, const struct addr *addr, real_ms now,
                     struct list_table_item *hit);

/** At accept. */
static inline bool list_table_bans(const struct list_table *table, const struct addr *addr,
                                   real_ms now) {
  struct list_table_item hit;
  return list_table_find(table, addr, now, &hit) && hit.action == LISTS_BAN;
}

size_t list_table_count(const struct list_table *table);

#endif
