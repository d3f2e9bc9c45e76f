// SPDX-License-Identifier: Apache-2.0
#include "rules/store/upkeep.h"

#include "rules/base/log.h"
#include "rules/store/journal.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <time.h>

enum { BUILD_SHARE = 4 }; /* building lists takes at most a quarter of a processor */
static const int64_t DAY_MS = 86400000;

struct upkeep {
  struct upkeep_options options;
  pthread_t thread;
  sem_t stop;
};

/** What the next tidying does, as the writer's payload. */
struct work {
  real_ms now, journal_oldest;
  uint64_t journal_bytes_max;
  bool lists, journal;
};

static int64_t clock_ms(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/** In helpings: a long transaction would keep bans waiting. */
static void tidy(struct txn *t, struct span payload) {
  struct work what;
  memcpy(&what, payload.at, sizeof(what));
  if (what.lists) lists_expire(t, what.now, UPKEEP_LISTS_DELETE_MAX);
  if (what.journal) {
    journal_trim(t, what.journal_bytes_max, what.journal_oldest, UPKEEP_JOURNAL_DELETE_MAX);
  }
}

static bool journal_is_over(struct env *env, const struct work *what) {
  struct txn t;
  struct journal_walk walk;
  struct journal_entry oldest;
  txn_read(&t, env);
  struct journal_ends ends = journal_ends(&t);
  journal_walk_open(&walk, &t, ends.first, INT64_MIN, INT64_MAX);
  bool over = ends.first < ends.last && journal_walk_next(&walk, &oldest) &&
              (oldest.at < what->journal_oldest || ends.bytes > what->journal_bytes_max);
  journal_walk_close(&walk);
  return txn_end(&t) == OK && over;
}

/** Looks before it writes: most seconds nothing has ended, and a commit costs a sync. */
static void tidy_up(struct upkeep *u, mono_ms *expire_at, mono_ms mono) {
  const struct upkeep_options *o = &u->options;
  real_ms now = clock_ms(CLOCK_REALTIME);
  struct work what = {.now = now,
                      .journal_oldest = now - o->journal_days * DAY_MS,
                      .journal_bytes_max = o->journal_bytes_max};
  int dead = env_drop_dead_readers(o->env);
  if (dead) log_warn("the store: freed what %d ended processes held", dead);
  struct lists_live_stats stats;
  lists_live_stats(o->lists, &stats);
  what.lists = mono >= *expire_at && stats.first_end <= now;
  what.journal = journal_is_over(o->env, &what);
  if (what.lists) *expire_at = mono + UPKEEP_EXPIRE_MS;
  if (!what.lists && !what.journal) return;
  struct writer_op op = {.apply = tidy, .class = WRITER_EVIDENCE};
  writer_put(o->writer, &op, span_from(&what, sizeof(what))); /* full: again next time */
}

/** Answers when lists may be built next. */
static mono_ms refresh(struct upkeep *u, int *err_before) {
  mono_ms begun = clock_ms(CLOCK_MONOTONIC);
  int err = lists_live_refresh(u->options.lists);
  if (err && err != *err_before)
    log_error("the lists in force stay as they are: %s", env_explain(err));
  *err_before = err;
  mono_ms done = clock_ms(CLOCK_MONOTONIC);
  return done + (BUILD_SHARE - 1) * (done - begun);
}

static void *run(void *arg) {
  struct upkeep *u = arg;
  mono_ms tidy_at = 0, refresh_at = 0, expire_at = 0;
  int err = OK;
  for (;;) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += UPKEEP_LOOK_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    if (sem_clockwait(&u->stop, CLOCK_MONOTONIC, &until) == 0) return NULL;
    mono_ms now = clock_ms(CLOCK_MONOTONIC);
    if (now >= refresh_at) refresh_at = refresh(u, &err);
    if (now < tidy_at) continue;
    tidy_up(u, &expire_at, now);
    tidy_at = now + UPKEEP_TIDY_MS;
  }
}

int upkeep_start(const struct upkeep_options *options, struct upkeep **out) {
  struct upkeep *u = calloc(1, sizeof(*u));
  if (!u) return ERR_MEMORY;
  u->options = *options;
  sem_init(&u->stop, 0, 0);
  if (pthread_create(&u->thread, NULL, run, u)) {
    free(u);
    return ERR_MEMORY;
  }
  *out = u;
  return OK;
}

void upkeep_stop(struct upkeep **upkeep) {
  if (!*upkeep) return;
  sem_post(&(*upkeep)->stop);
  pthread_join((*upkeep)->thread, NULL);
  sem_destroy(&(*upkeep)->stop);
  free(*upkeep);
  *upkeep = NULL;
}
