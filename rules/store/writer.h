// SPDX-License-Identifier: Apache-2.0
/** The one thread that writes while the proxy runs. Workers put small operations into a bounded queue and go on; the
 *  writer does all that wait in one transaction and syncs it (group commit), so the disk is waited for once a group.
 *
 *  When a group fails because the store is full or the disk fails, the site goes on: counters of the group are given
 *  up, bans and evidence stay at the front of the queue and are tried again each second, until there is room or the
 *  writer stops. When one operation is at fault, each of the group is done in a transaction of its own. */
#ifndef RULES_STORE_WRITER_H
#define RULES_STORE_WRITER_H

#include "rules/store/queue.h"

enum { WRITER_SLOTS = 8192, WRITER_GROUP_MAX = 1024, WRITER_LATENCY_BUCKETS = 24 };

struct writer;

/** Thread-safe snapshot for metrics and `qorgan status`. */
struct writer_stats {
  uint64_t depth, capacity;
  uint64_t commits, operations, failures; /* failures: groups that the store refused */
  uint64_t commit_us_last, commit_us_max; /* begin to synced */
  uint64_t commit_us
      [WRITER_LATENCY_BUCKETS]; /* [i]: commits of less than 2^i us; the last holds all longer ones */
  uint64_t oldest_ms;           /* how long the operation at the front has been waiting */
  uint64_t refused[WRITER_CLASS_COUNT];  /* puts answered ERR_AGAIN */
  uint64_t given_up[WRITER_CLASS_COUNT]; /* taken, but never written */
  int err; /* of the last group: OK, or why the store takes nothing now */
};

/** Starts the thread. Borrows `env` until writer_stop. ERR_MEMORY. */
int writer_start(struct env *env, uint64_t slots, struct writer **out);
/** Writes what waits (once more, when the store is full), answers every `done`, ends the thread. Nobody may be putting.
 *  Nulls the caller's pointer. */
void writer_stop(struct writer **w);

/** Never waits. ERR_AGAIN: that class's share of the queue is full; see WRITER_CLASS_TABLE. ERR_RANGE: too long. */
int writer_put(struct writer *w, const struct writer_op *op, struct span payload);

/** Puts and waits for the disk: for commands, the main thread and tests, never on a worker. What became of it. */
int writer_put_and_wait(struct writer *w, const struct writer_op *op, struct span payload);

void writer_stats(const struct writer *w, struct writer_stats *out);

#endif
