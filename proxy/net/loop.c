// SPDX-License-Identifier: Apache-2.0
#include "proxy/net/loop.h"

#include "proxy/net/handles.h"
#include "rules/base/err.h"
#include "rules/base/require.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum err err_from_uv(int code) {
  return code == UV_EOF ? ERR_CLOSED : err_from_errno(code < 0 ? -code : 0);
}

mono_us loop_clock_us(void) {
  return (mono_us)(uv_hrtime() / 1000);
}

static void refresh_real(struct loop *l) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  uv_update_time(&l->handles->uv);
  l->now = (mono_ms)uv_now(&l->handles->uv);
  l->real_ahead = (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000 - l->now;
}

static void run_batch(struct loop *l) {
  struct list batch;
  list_init(&batch);
  while (!list_empty(&l->deferred)) list_push(&batch, list_pop(&l->deferred));
  while (!list_empty(&batch)) {
    struct task *t = LIST_OF(list_pop(&batch), struct task, node);
    t->run(t);
  }
}

/* What these put off in turn runs now, too, but not for ever: sockets must have their turn. */
static void run_deferred(struct loop *l) {
  enum { BATCHES_MAX = 4 };
  for (int i = 0; i < BATCHES_MAX && !list_empty(&l->deferred); i++) run_batch(l);
}

static void on_tick(uv_timer_t *tick) {
  struct loop *l = tick->data;
  refresh_real(l);
  wheel_sweep(&l->wheel, l->now);
}

static void on_wake(uv_async_t *wake) {
  struct loop *l = wake->data;
  struct loop_handles *h = l->handles;
  struct list batch;
  list_init(&batch);
  pthread_mutex_lock(&h->posted_lock);
  while (!list_empty(&h->posted)) list_push(&batch, list_pop(&h->posted));
  pthread_mutex_unlock(&h->posted_lock);
  while (!list_empty(&batch)) {
    struct task *t = LIST_OF(list_pop(&batch), struct task, node);
    t->run(t);
  }
}

/* libuv aborts when its table of descriptors cannot grow. That happens while the program starts only (see watch.h),
 * where an end with a clear word is the right answer. */
static void *realloc_or_exit(void *from, size_t len) {
  void *to = realloc(from, len);
  if (to || len == 0) return to;
  fprintf(stderr, "qorgan: out of memory\n");
  _exit(1);
}

static void replace_allocator(void) {
  require(uv_replace_allocator(malloc, realloc_or_exit, calloc, free) == 0);
}

static bool handles_init(struct loop *l) {
  struct loop_handles *h = l->handles;
  if (uv_loop_init(&h->uv)) return false;
  if (watches_init(l)) {
    uv_loop_close(&h->uv);
    return false;
  }
  require(uv_async_init(&h->uv, &h->wake, on_wake) == 0); /* uv_loop_init made what it needs */
  uv_timer_init(&h->uv, &h->tick);
  h->wake.data = h->tick.data = l;
  pthread_mutex_init(&h->posted_lock, NULL);
  list_init(&h->posted);
  uv_timer_start(&h->tick, on_tick, WHEEL_STEP_MS, WHEEL_STEP_MS);
  return true;
}

struct loop *loop_new(void) {
  static pthread_once_t replaced = PTHREAD_ONCE_INIT;
  pthread_once(&replaced, replace_allocator);
  struct loop *l = calloc(1, sizeof(*l));
  if (!l) return NULL;
  l->handles = calloc(1, sizeof(*l->handles));
  l->in = malloc(LOOP_IN_BYTES);
  l->out = malloc(LOOP_OUT_BYTES);
  list_init(&l->deferred);
  if (!l->handles || !l->in || !l->out || !handles_init(l)) {
    free(l->handles);
    free(l->in);
    free(l->out);
    free(l);
    return NULL;
  }
  refresh_real(l);
  wheel_init(&l->wheel, l->now);
  return l;
}

/* Sockets first, then libuv where it has work (timers, wake-ups, signals), then what these put off. */
static void turn(struct loop *l) {
  struct loop_handles *h = l->handles;
  bool busy = !list_empty(&l->deferred) || !list_empty(&h->closing);
  bool uv_ready = watches_wait(l, busy ? 0 : uv_backend_timeout(&h->uv));
  if (uv_ready || uv_backend_timeout(&h->uv) == 0) uv_run(&h->uv, UV_RUN_NOWAIT);
  run_deferred(l);
  watches_reap(l);
  if (h->each_turn) h->each_turn(h->each_turn_argument);
}

void loop_run(struct loop *l) {
  uv_run(&l->handles->uv, UV_RUN_NOWAIT); /* fills libuv's set, for us to wait for */
  while (!atomic_load(&l->handles->stopping)) turn(l);
  atomic_store(&l->handles->stopping, false);
}

void loop_stop(struct loop *l) {
  atomic_store(&l->handles->stopping, true);
  uv_async_send(&l->handles->wake);
}

void loop_free(struct loop **l) {
  if (!*l) return;
  struct loop_handles *h = (*l)->handles;
  watches_fini(*l);
  uv_close((uv_handle_t *)&h->wake, NULL);
  uv_close((uv_handle_t *)&h->tick, NULL);
  uv_run(&h->uv, UV_RUN_DEFAULT);
  require(uv_loop_close(&h->uv) == 0);
  pthread_mutex_destroy(&h->posted_lock);
  free(h);
  free((*l)->in);
  free((*l)->out);
  free(*l);
  *l = NULL;
}

void loop_defer(struct loop *l, struct task *t) {
  if (list_alone(&t->node)) list_push(&l->deferred, &t->node);
}

void loop_post(struct loop *l, struct task *t) {
  struct loop_handles *h = l->handles;
  pthread_mutex_lock(&h->posted_lock);
  list_push(&h->posted, &t->node);
  pthread_mutex_unlock(&h->posted_lock);
  uv_async_send(&h->wake);
}

void loop_each_turn(struct loop *l, void (*run)(void *), void *argument) {
  l->handles->each_turn = run;
  l->handles->each_turn_argument = argument;
}
