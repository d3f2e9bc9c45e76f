// SPDX-License-Identifier: Apache-2.0
/** One thread's event loop (libuv), its clock, its deadlines and what it puts off to the end of a turn.
 *  All functions are for the loop's own thread, but loop_post and loop_stop. */
#ifndef PROXY_NET_LOOP_H
#define PROXY_NET_LOOP_H

#include "proxy/net/counters.h"
#include "proxy/net/deadline.h"
#include "rules/base/span.h"

struct stream;

/** A piece of work: embedded in what it works on. `run` is called with the task unlinked. */
struct task {
  struct list node;
  void (*run)(struct task *);
};

enum {
  LOOP_IN_BYTES =
      65536, /* one read: shared by all connections of the loop, emptied before the next read */
  LOOP_OUT_BYTES = 196608, /* one send: what a connection corks in one turn, TLS records included */
};

struct loop {
  struct loop_handles *handles; /* libuv's, known to loop.c and watch.c */
  struct wheel wheel;
  struct list deferred;
  mono_ms now;        /* of this turn */
  int64_t real_ahead; /* real time minus monotonic time, refreshed each wheel step */
  struct counters counters;
  char *in;
  char *out;
  size_t out_len;
  struct stream *corked; /* whose bytes `out` holds */
};

/** NULL: no memory or no descriptors. */
struct loop *loop_new(void);
/** Runs until loop_stop, also one that came before. Then the caller closes what is open, and frees. */
void loop_run(struct loop *l);
void loop_stop(struct loop *l);
void loop_free(struct loop **l);

static inline real_ms loop_real(const struct loop *l) {
  return l->now + l->real_ahead;
}

static inline void loop_deadline(struct loop *l, struct deadline *d, mono_ms in_ms) {
  deadline_set(&l->wheel, d, l->now + in_ms);
}

/** Runs `t` once at the end of this turn, after all sockets that were ready. Safe when it is deferred already. */
void loop_defer(struct loop *l, struct task *t);

/** Any thread: runs `t` on the loop's thread soon. The task must not be posted twice before it ran. */
void loop_post(struct loop *l, struct task *t);

/** `run` at the end of each turn, for as long as the loop lives; for the store's readers and the swap of programs. */
void loop_each_turn(struct loop *l, void (*run)(void *), void *argument);

/** Monotonic microseconds, read now. Any thread. */
mono_us loop_clock_us(void);

#endif
