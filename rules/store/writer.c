// SPDX-License-Identifier: Apache-2.0
#include "rules/store/writer.h"

#include "rules/base/clock.h"
#include "rules/base/log.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

enum { RETRY_MS = 1000, IDLE_MS = 60000 };

static const int DELAYS_MS[] = {
#define X(id, name, share, delay_ms, full) [WRITER_##id] = delay_ms,
    WRITER_CLASS_TABLE(X)
#undef X
};

struct writer {
  struct queue queue;
  struct env *env;
  pthread_t thread;
  int wake; /* eventfd: there is something to look at */
  atomic_int
      asleep_ms; /* how long the writer means to sleep; 0: awake. Only what is more urgent wakes it */
  atomic_bool stopping;
  mono_us waiting_since; /* when the writer first saw the front of the queue; 0: empty */
  _Atomic uint64_t front_since, commits, operations, failures, last_us, max_us;
  _Atomic uint64_t buckets[WRITER_LATENCY_BUCKETS];
  _Atomic uint64_t refused[WRITER_CLASS_COUNT], given_up[WRITER_CLASS_COUNT];
  atomic_int err;
};

static mono_us now_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (mono_us)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void count(_Atomic uint64_t *counter, uint64_t by) {
  atomic_fetch_add_explicit(counter, by, memory_order_relaxed);
}

static void wake(struct writer *w) {
  uint64_t one = 1;
  if (write(w->wake, &one, sizeof(one)) < 0) return; /* full: it is awake already */
}

int writer_put(struct writer *w, const struct writer_op *op, struct span payload) {
  int err = queue_put(&w->queue, op, payload);
  if (err == ERR_AGAIN) count(&w->refused[op->class], 1);
  if (err) return err;
  /* Either the writer sees the put before it sleeps, or we see that it sleeps: all four accesses are in one order. */
  bool urgent = DELAYS_MS[op->class] < atomic_load(&w->asleep_ms);
  if (urgent && atomic_exchange(&w->asleep_ms, 0)) wake(w);
  return OK;
}

static void wait_for_wake(struct writer *w, int ms) {
  struct pollfd fd = {.fd = w->wake, .events = POLLIN};
  uint64_t ignored;
  if (poll(&fd, 1, ms) == 1 && read(w->wake, &ignored, sizeof(ignored)) < 0) return;
}

/** Sleeps, unless something came after the `seen` that were looked at. */
static void doze(struct writer *w, uint64_t seen, int ms) {
  atomic_store(&w->asleep_ms, ms);
  if (!queue_peek(&w->queue, seen) && !atomic_load(&w->stopping)) wait_for_wake(w, ms);
  atomic_store(&w->asleep_ms, 0);
}

static void measure(struct writer *w, mono_us took_us, uint64_t operations) {
  uint64_t us = took_us > 0 ? (uint64_t)took_us : 0;
  unsigned bucket = us ? 64u - (unsigned)__builtin_clzll(us) : 0;
  if (bucket >= WRITER_LATENCY_BUCKETS) bucket = WRITER_LATENCY_BUCKETS - 1;
  count(&w->buckets[bucket], 1);
  count(&w->commits, 1);
  count(&w->operations, operations);
  atomic_store_explicit(&w->last_us, us, memory_order_relaxed);
  if (us > atomic_load_explicit(&w->max_us, memory_order_relaxed)) {
    atomic_store_explicit(&w->max_us, us, memory_order_relaxed);
  }
}

/** Does slots [from, to) in one transaction. */
static int commit(struct writer *w, uint64_t from, uint64_t to) {
  mono_us begun = now_us();
  uint64_t operations = 0;
  struct txn t;
  txn_write(&t, w->env);
  for (uint64_t i = from; i < to && !t.err; i++) {
    struct queue_slot *slot = queue_peek(&w->queue, i);
    if (!slot->op.apply) continue;
    slot->op.apply(&t, span_from(slot->payload, slot->op.payload_len));
    operations++;
  }
  if (!operations) return txn_end(&t);
  int err = txn_commit(&t);
  if (!err) measure(w, now_us() - begun, operations);
  return err;
}

static void answer(struct writer *w, uint64_t from, uint64_t to, int err) {
  for (uint64_t i = from; i < to; i++) {
    struct writer_op *op = &queue_peek(&w->queue, i)->op;
    if (!op->apply) continue;
    if (err) count(&w->given_up[op->class], 1);
    if (op->done) op->done(op->arg, err);
    op->apply = NULL;
  }
}

/** The store's fault, not an operation's: everything would fail now. */
static bool is_of_store(int err) {
  return err == ERR_FULL || err == ERR_IO || err == ERR_BUSY || err == ERR_MEMORY ||
         err == ERR_ACCESS;
}

static void give_up_counters(struct writer *w, uint64_t group, int err) {
  for (uint64_t i = 0; i < group; i++) {
    if (queue_peek(&w->queue, i)->op.class == WRITER_COUNTER) answer(w, i, i + 1, err);
  }
}

static void note(struct writer *w, int err) {
  int before = atomic_exchange(&w->err, err);
  if (err == before) return;
  if (err) {
    log_error("%s", env_explain(err));
  } else {
    log_warn("the store takes writes again");
  }
}

/** One group off the front. False: the store takes nothing now, and what must not be lost is still in the queue. */
static bool write_group(struct writer *w, uint64_t group) {
  int err = commit(w, 0, group);
  if (err && !is_of_store(err)) {
    err = OK;
    for (uint64_t i = 0; i < group && !is_of_store(err); i++) {
      err = commit(w, i, i + 1);
      if (!is_of_store(err)) answer(w, i, i + 1, err);
    }
    if (!is_of_store(err)) err = OK;
  }
  note(w, err);
  if (err) {
    count(&w->failures, 1);
    give_up_counters(w, group, err);
    return false;
  }
  answer(w, 0, group, OK);
  queue_drop(&w->queue, group);
  return true;
}

/** How many wait, up to a group, and how long the most urgent of them may still be put off. */
static uint64_t look(struct writer *w, int *delay_ms) {
  uint64_t group = 0;
  int least = IDLE_MS;
  for (struct queue_slot *slot; group < WRITER_GROUP_MAX; group++) {
    slot = queue_peek(&w->queue, group);
    if (!slot) break;
    if (DELAYS_MS[slot->op.class] < least) least = DELAYS_MS[slot->op.class];
  }
  if (group && !w->waiting_since) w->waiting_since = now_us();
  if (!group) w->waiting_since = 0;
  atomic_store_explicit(&w->front_since, (uint64_t)w->waiting_since, memory_order_relaxed);
  int waited_ms = group ? (int)((now_us() - w->waiting_since) / 1000) : 0;
  bool enough = group == WRITER_GROUP_MAX || waited_ms >= least;
  *delay_ms = group && enough ? 0 : least - waited_ms;
  return group;
}

static void *run(void *arg) {
  struct writer *w = arg;
  for (;;) {
    int delay_ms;
    bool stopping = atomic_load(&w->stopping);
    uint64_t group = look(w, &delay_ms);
    if (stopping && !group) return NULL;
    if (delay_ms && !stopping) {
      doze(w, group, delay_ms);
      continue;
    }
    bool written = write_group(w, group);
    w->waiting_since = written ? 0 : w->waiting_since;
    if (written) continue;
    if (stopping) {
      answer(w, 0, group, atomic_load(&w->err));
      queue_drop(&w->queue, group);
    } else {
      wait_for_wake(w, RETRY_MS);
    }
  }
}

int writer_start(struct env *env, uint64_t slots, struct writer **out) {
  struct writer *w = calloc(1, sizeof(*w));
  if (!w) return ERR_MEMORY;
  w->env = env;
  w->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  int err = w->wake < 0 ? (int)ERR_FULL : queue_init(&w->queue, slots);
  if (!err && pthread_create(&w->thread, NULL, run, w)) err = ERR_MEMORY;
  if (err) {
    queue_fini(&w->queue);
    if (w->wake >= 0) close(w->wake);
    free(w);
    return err;
  }
  *out = w;
  return OK;
}

void writer_stop(struct writer **w) {
  if (!*w) return;
  atomic_store(&(*w)->stopping, true);
  wake(*w);
  pthread_join((*w)->thread, NULL);
  queue_fini(&(*w)->queue);
  close((*w)->wake);
  free(*w);
  *w = NULL;
}

struct ticket {
  sem_t done;
  int err;
};

static void stamp(void *arg, int err) {
  struct ticket *ticket = arg;
  ticket->err = err;
  sem_post(&ticket->done);
}

int writer_put_and_wait(struct writer *w, const struct writer_op *op, struct span payload) {
  struct ticket ticket;
  sem_init(&ticket.done, 0, 0);
  struct writer_op own = *op;
  own.done = stamp;
  own.arg = &ticket;
  int err = writer_put(w, &own, payload);
  if (!err) {
    while (sem_wait(&ticket.done)) continue; /* EINTR */
    err = ticket.err;
  }
  sem_destroy(&ticket.done);
  return err;
}

void writer_stats(const struct writer *w, struct writer_stats *out) {
  uint64_t since = atomic_load(&w->front_since);
  *out = (struct writer_stats){.depth = queue_depth(&w->queue),
                               .capacity = w->queue.capacity,
                               .commits = atomic_load(&w->commits),
                               .operations = atomic_load(&w->operations),
                               .failures = atomic_load(&w->failures),
                               .commit_us_last = atomic_load(&w->last_us),
                               .commit_us_max = atomic_load(&w->max_us),
                               .oldest_ms = since ? ((uint64_t)now_us() - since) / 1000 : 0,
                               .err = atomic_load(&w->err)};
  for (int i = 0; i < WRITER_LATENCY_BUCKETS; i++) out->commit_us[i] = atomic_load(&w->buckets[i]);
  for (int i = 0; i < WRITER_CLASS_COUNT; i++) {
    out->refused[i] = atomic_load(&w->refused[i]);
    out->given_up[i] = atomic_load(&w->given_up[i]);
  }
}
