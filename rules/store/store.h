// SPDX-License-Identifier: Apache-2.0
/** Everything that a running proxy keeps, opened and closed as one: the environment, its writer, the lists in force,
 *  and the upkeep thread, which ten times a second looks for changes by other processes, and each second deletes what
 *  ended, trims the journal and frees what dead processes held.
 *
 *  A store that will not open is no reason to be down: store_open says why, and the proxy may go on without memory. */
#ifndef RULES_STORE_STORE_H
#define RULES_STORE_STORE_H

#include "rules/engine/memory.h"
#include "rules/store/lists_live.h"
#include "rules/store/writer.h"

struct store_options {
  struct env_options env;
  uint64_t journal_bytes_max;
  unsigned journal_days;
};

struct store {
  struct env *env;
  struct writer *writer;
  struct lists_live *lists;
  struct upkeep *upkeep;
};

/** As env_open. Main thread. */
int store_open(const struct store_options *options, struct store *out, struct env_error *why);
/** After all workers ended and closed their views: writes what waits, then closes. */
void store_close(struct store *store);

/** One worker's way to the store; the caller's storage. */
struct store_view {
  struct store *store;
  struct lists_view lists;
  struct txn reader;
  bool reading; /* the reader holds a snapshot */
};

void store_view_open(struct store_view *view, struct store *store);
void store_view_close(struct store_view *view);

/** Each turn of the worker's loop, before it waits: lets go of the snapshot, so that no idle worker pins old pages. */
void store_view_rest(struct store_view *view);

/** At accept: is this address banned at `now`? Allocates nothing, reads no disk. */
bool store_view_bans(struct store_view *view, const struct addr *addr, real_ms now);

/** What the engine remembers through, by way of this view. */
struct memory store_view_memory(struct store_view *view);

#endif
