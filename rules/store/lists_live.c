// SPDX-License-Identifier: Apache-2.0
#include "rules/store/lists_live.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

/** A table, and how many look at it: its views, and the live lists while it is in force. Counted under the lock. */
struct lists_version {
  struct list_table *table;
  unsigned refs;
};

struct lists_live {
  struct env *env;
  pthread_mutex_t lock; /* held for a few instructions, when a version is taken or given back */
  struct lists_version *_Atomic newest;
  struct lists_live_stats stats; /* under the lock */
  uint64_t seen_commit, seen_generation;
};

/** Call with the lock held; frees outside of it what is answered. */
static struct lists_version *give_back(struct lists_version *v) {
  return v && --v->refs == 0 ? v : NULL;
}

static void end_version(struct lists_version *v) {
  if (!v) return;
  list_table_free(&v->table);
  free(v);
}

static uint64_t now_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/** All entries of the snapshot; the caller frees `*items`. */
static int collect(struct txn *t, struct list_table_item **items, size_t *count,
                   struct lists_live_stats *stats) {
  struct lists_walk walk;
  struct lists_entry entry;
  uint64_t most = txn_count(t, DATABASE_LISTS);
  *count = 0;
  *items = most > LIST_TABLE_ITEMS_MAX ? NULL : malloc((most + 1) * sizeof(**items));
  if (!*items) return most > LIST_TABLE_ITEMS_MAX ? ERR_FULL : ERR_MEMORY;
  lists_walk_open(&walk, t, SPAN(""));
  while (*count < most && lists_walk_next(&walk, &entry)) {
    if (entry.until < stats->first_end) stats->first_end = entry.until;
    if (entry.action == LISTS_MARK) continue;
    (*items)[(*count)++] = (struct list_table_item){
        .prefix = entry.prefix, .action = entry.action, .until = entry.until};
  }
  stats->damaged = walk.damaged;
  lists_walk_close(&walk);
  return t->err;
}

static int build(struct txn *t, struct lists_version **out, struct lists_live_stats *stats) {
  struct list_table_item *items;
  size_t count;
  int err = collect(t, &items, &count, stats);
  struct lists_version *v = err ? NULL : calloc(1, sizeof(*v));
  if (!err && !v) err = ERR_MEMORY;
  if (!err) err = list_table_new(items, count, &v->table);
  free(items);
  if (err) {
    free(v);
    return err;
  }
  v->refs = 1;
  stats->count = list_table_count(v->table);
  *out = v;
  return OK;
}

static void swap(struct lists_live *live, struct lists_version *v,
                 const struct lists_live_stats *stats) {
  pthread_mutex_lock(&live->lock);
  struct lists_version *before = atomic_exchange(&live->newest, v), *over = give_back(before);
  live->stats = *stats;
  pthread_mutex_unlock(&live->lock);
  end_version(over);
}

static void note_failure(struct lists_live *live, int err) {
  pthread_mutex_lock(&live->lock);
  live->stats.err = err;
  pthread_mutex_unlock(&live->lock);
}

int lists_live_refresh(struct lists_live *live) {
  uint64_t commit = env_last_commit(live->env), begun = now_us();
  if (commit == live->seen_commit) return live->stats.err;
  struct txn t;
  txn_read(&t, live->env);
  uint64_t generation = txn_generation(&t, DATABASE_LISTS);
  bool current = live->newest && generation == live->seen_generation && !live->stats.err;
  struct lists_version *v = NULL;
  struct lists_live_stats stats = {
      .generation = generation, .builds = live->stats.builds + 1, .first_end = LISTS_FOREVER};
  int err = current || t.err ? t.err : build(&t, &v, &stats);
  txn_end(&t);
  if (err) {
    note_failure(live, err);
    return err;
  }
  live->seen_commit = commit;
  live->seen_generation = generation;
  if (current) return OK;
  stats.build_us_last = now_us() - begun;
  swap(live, v, &stats);
  return OK;
}

int lists_live_new(struct env *env, struct lists_live **out) {
  struct lists_live *live = calloc(1, sizeof(*live));
  if (!live) return ERR_MEMORY;
  live->env = env;
  pthread_mutex_init(&live->lock, NULL);
  int err = lists_live_refresh(live);
  if (err) {
    lists_live_free(&live);
    return err;
  }
  *out = live;
  return OK;
}

void lists_live_free(struct lists_live **live) {
  if (!*live) return;
  end_version(give_back((*live)->newest));
  pthread_mutex_destroy(&(*live)->lock);
  free(*live);
  *live = NULL;
}

void lists_live_stats(struct lists_live *live, struct lists_live_stats *out) {
  pthread_mutex_lock(&live->lock);
  *out = live->stats;
  pthread_mutex_unlock(&live->lock);
}

static void move_on(struct lists_view *view) {
  pthread_mutex_lock(&view->live->lock);
  struct lists_version *over = give_back(view->version);
  view->version = atomic_load(&view->live->newest);
  view->version->refs++;
  pthread_mutex_unlock(&view->live->lock);
  end_version(over);
}

void lists_view_open(struct lists_view *view, struct lists_live *live) {
  *view = (struct lists_view){.live = live};
  move_on(view);
}

void lists_view_close(struct lists_view *view) {
  if (!view->live) return;
  pthread_mutex_lock(&view->live->lock);
  struct lists_version *over = give_back(view->version);
  pthread_mutex_unlock(&view->live->lock);
  end_version(over);
  *view = (struct lists_view){0};
}

const struct list_table *lists_view_table(struct lists_view *view) {
  struct lists_version *newest = atomic_load_explicit(&view->live->newest, memory_order_acquire);
  if (newest != view->version) move_on(view);
  return view->version->table;
}
