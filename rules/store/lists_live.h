// SPDX-License-Identifier: Apache-2.0
/** The lists in force in a running proxy: a compiled table (list_table.h) that is built anew, off the hot path, when
 *  any process has changed the database, and swapped whole. Each worker looks through a view of its own; a table ends
 *  when the last view has moved on. */
#ifndef RULES_STORE_LISTS_LIVE_H
#define RULES_STORE_LISTS_LIVE_H

#include "rules/store/list_table.h"

struct lists_live;

/** One worker's; the caller's storage. */
struct lists_view {
  struct lists_live *live;
  struct lists_version *version;
};

struct lists_live_stats {
  uint64_t generation; /* of the table in force */
  uint64_t count;      /* prefixes in it */
  uint64_t builds, build_us_last;
  real_ms first_end; /* the earliest `until` in it */
  uint64_t damaged;  /* entries passed over in the last build */
  int err;           /* of the last build; then the table before is still in force */
};

/** Builds the first table; borrows `env` until the end. ERR_MEMORY, ERR_CORRUPT, ERR_IO... */
int lists_live_new(struct env *env, struct lists_live **out);
/** All views must be closed. Nulls the caller's pointer. */
void lists_live_free(struct lists_live **live);

/** Builds and swaps when the generation has changed; else costs one small read. One thread, never a worker. OK, or why
 *  the table before stays in force. */
int lists_live_refresh(struct lists_live *live);

void lists_live_stats(struct lists_live *live, struct lists_live_stats *out);

void lists_view_open(struct lists_view *view, struct lists_live *live);
void lists_view_close(struct lists_view *view);
/** The table now in force, good until the next call for the same view. One atomic load, but when it was swapped. */
const struct list_table *lists_view_table(struct lists_view *view);

#endif
