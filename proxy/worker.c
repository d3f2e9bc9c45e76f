// SPDX-License-Identifier: Apache-2.0
#include "proxy/worker.h"

#include "rules/base/err.h"
#include "rules/base/log.h"
#include "rules/base/require.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

struct order {
  struct task task;
  struct worker *worker;
};

/* ---- listeners ---- */

static void bound_connections(struct worker *w) {
  bool full = w->flow.session_count >= w->flow.setup->limits.connections_max;
  if (full == w->paused) return;
  w->paused = full;
  for (struct worker_listener *n = w->listeners; n; n = n->next) {
    if (full)
      listener_pause(&n->listener);
    else
      listener_resume(&n->listener);
  }
}

static void on_accepted(struct listener *listener, int fd, const struct addr *peer, uint16_t port) {
  struct worker_listener *n = LIST_OF(listener, struct worker_listener, listener);
  session_accept(&n->worker->flow, &n->point->terms, fd, peer, port);
  bound_connections(n->worker);
}

static void on_listener_closed(struct listener *listener) {
  free(LIST_OF(listener, struct worker_listener, listener));
}

static void open_listener(struct worker *w, struct listen_point *p) {
  struct worker_listener *n = calloc(1, sizeof(*n));
  int fd = p->fds[w->index];
  if (!n || listener_open(&n->listener, w->loop, fd, on_accepted)) {
    free(n);
    log_error("worker %u cannot listen: out of memory or descriptors", w->index);
    return;
  }
  p->fds[w->index] = -1;
  n->worker = w;
  n->point = p;
  n->next = w->listeners;
  w->listeners = n;
}

/* Takes the sockets that are new, lets go of those that the configuration no longer names. */
static void follow_points(struct worker *w, bool none) {
  struct worker_listener **at = &w->listeners;
  while (*at) {
    struct worker_listener *n = *at;
    if (n->point->wanted && !none) {
      at = &n->next;
      continue;
    }
    *at = n->next;
    listener_close(&n->listener, on_listener_closed);
  }
  for (struct listen_point *p = w->points->points; p && !none; p = p->next) {
    if (p->wanted && p->fds[w->index] >= 0) open_listener(w, p);
  }
}

/* ---- orders ---- */

static int adopt(struct worker *w, struct worker_plan *plan) {
  struct judge *judge;
  int err = judge_new(plan->policy, &judge);
  if (err) return err;
  plan->policy = NULL;
  err = flow_adopt(&w->flow, plan->setup, plan->tls, judge);
  if (err) judge_drop(&judge);
  return err;
}

/* No socket of this worker is left for it to take. */
static bool listens(const struct worker *w) {
  for (const struct listen_point *p = w->points->points; p; p = p->next) {
    if (p->wanted && p->fds[w->index] >= 0) return false;
  }
  return true;
}

static void on_adopt(struct task *t) {
  struct worker_plan *plan = LIST_OF(t, struct worker_plan, task);
  struct worker *w = plan->worker;
  bool first = !w->flow.setup;
  if (adopt(w, plan)) {
    log_error(
        "worker %u keeps its old configuration: out of memory, or a CA file of an origin is no PEM",
        w->index);
    setup_drop(&plan->setup);
    tls_context_free(&plan->tls);
    policy_drop(&plan->policy);
  }
  if (!w->flow.draining && w->flow.setup) follow_points(w, false);
  if (first && !listens(w)) {
    log_error("worker %u cannot start: its sockets would hold visitors whom nobody serves",
              w->index);
    _exit(1);
  }
  atomic_fetch_sub(plan->pending, 1);
  free(plan);
}

void worker_adopt(struct worker *w, struct worker_plan *plan) {
  plan->worker = w;
  plan->task = (struct task){.run = on_adopt};
  loop_post(w->loop, &plan->task);
}

static void give_order(struct worker *w, void (*run)(struct task *)) {
  struct order *o = calloc(1, sizeof(*o));
  require(o); /* a program that cannot end is worse than one that aborts */
  o->worker = w;
  o->task.run = run;
  loop_post(w->loop, &o->task);
}

static void on_drain_over(struct deadline *d) {
  struct worker *w = LIST_OF(d, struct worker, drain);
  flow_cut(&w->flow);
}

static void on_drain(struct task *t) {
  struct order *o = LIST_OF(t, struct order, task);
  struct worker *w = o->worker;
  free(o);
  if (w->flow.draining) return;
  follow_points(w, true);
  flow_drain(&w->flow);
  if (w->flow.setup) loop_deadline(w->loop, &w->drain, (mono_ms)w->flow.setup->timeouts.drain);
}

void worker_drain(struct worker *w) {
  give_order(w, on_drain);
}

static void on_cut(struct task *t) {
  struct order *o = LIST_OF(t, struct order, task);
  struct worker *w = o->worker;
  free(o);
  follow_points(w, true);
  w->flow.draining = true;
  flow_cut(&w->flow);
}

void worker_cut(struct worker *w) {
  give_order(w, on_cut);
}

/* ---- the thread ---- */

static bool banned(void *owner, const struct addr *peer, real_ms now) {
  struct worker *w = owner;
  return store_view_bans(&w->view, peer, now);
}

static void each_turn(void *argument) {
  struct worker *w = argument;
  if (w->has_store) store_view_rest(&w->view);
  if (w->paused) bound_connections(w);
  if (w->flow.draining && w->flow.session_count == 0) loop_stop(w->loop);
}

int worker_init(struct worker *w, unsigned index, struct listeners *points, struct store *store,
                struct spool_lane *access) {
  uint8_t seed[16];
  *w = (struct worker){.index = index, .points = points, .drain.expired = on_drain_over};
  if (getrandom(seed, sizeof(seed), 0) != sizeof(seed)) return ERR_IO;
  w->loop = loop_new();
  int err = w->loop ? flow_init(&w->flow, w->loop, seed) : ERR_FULL;
  if (err) {
    loop_free(&w->loop);
    return err;
  }
  w->flow.access = access;
  if (store) {
    store_view_open(&w->view, store);
    w->has_store = true;
    w->flow.oracle = (struct flow_oracle){.owner = w, .banned = banned};
    w->flow.memory = store_view_memory(&w->view);
  }
  loop_each_turn(w->loop, each_turn, w);
  return OK;
}

static void *run(void *argument) {
  struct worker *w = argument;
  loop_run(w->loop);
  flow_cut(&w->flow);
  deadline_clear(&w->drain);
  atomic_store(&w->done, true);
  if (w->ended) w->ended(w->owner);
  return NULL;
}

int worker_start(struct worker *w) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int code = pthread_create(&w->thread, NULL, run, w);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return err_from_errno(code);
}

void worker_fini(struct worker *w) {
  loop_free(&w->loop);
  flow_fini(&w->flow);
  if (w->has_store) store_view_close(&w->view);
}
