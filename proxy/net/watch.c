// SPDX-License-Identifier: Apache-2.0
#include "proxy/net/watch.h"

#include "proxy/net/handles.h"
#include "rules/base/err.h"
#include "rules/base/require.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

/* Of one turn: what is ready beyond these has the next, behind the timers. */
enum { BATCH_MAX = 512 };

static int control(struct watch *w, int operation, unsigned events) {
  struct epoll_event e = {.data.ptr = w};
  if (events & WATCH_READ) e.events |= EPOLLIN;
  if (events & WATCH_WRITE) e.events |= EPOLLOUT;
  /* Errors and hang-ups are told unasked. Where nothing is wanted they are told once, to nobody. */
  if (!events) e.events |= EPOLLONESHOT;
  return epoll_ctl(w->loop->handles->epoll, operation, w->fd, &e);
}

int watch_open(struct watch *w, struct loop *l, int fd,
               void (*ready)(struct watch *, unsigned events)) {
  *w = (struct watch){.loop = l, .ready = ready, .fd = fd};
  return control(w, EPOLL_CTL_ADD, 0) ? err_from_errno(errno) : OK;
}

void watch_want(struct watch *w, unsigned events) {
  if (events == w->wanted) return;
  w->wanted = events;
  require(control(w, EPOLL_CTL_MOD, events) == 0);
}

/* The set is told, not left to find out: who shares the socket (systemd) keeps it alive, and `w` would be named on. */
void watch_close(struct watch *w, void (*closed)(struct watch *)) {
  require(control(w, EPOLL_CTL_DEL, 0) == 0);
  close(w->fd);
  w->fd = -1;
  w->wanted = 0;
  w->closed = closed;
  list_push(&w->loop->handles->closing, &w->closing);
}

/* One that was closed, or asked for other things, earlier in the batch is not told what is no longer so. */
static void tell(struct watch *w, unsigned told) {
  unsigned ready = (told & EPOLLIN ? WATCH_READ : 0) | (told & EPOLLOUT ? WATCH_WRITE : 0);
  ready &= w->wanted;
  if (!ready && told & EPOLLHUP) ready = w->wanted;
  if (w->wanted && told & EPOLLERR) ready = WATCH_READ | WATCH_WRITE;
  if (ready) w->ready(w, ready);
}

bool watches_wait(struct loop *l, int most_ms) {
  struct loop_handles *h = l->handles;
  struct epoll_event batch[BATCH_MAX];
  bool uv_ready = false;
  int count = epoll_wait(h->epoll, batch, BATCH_MAX, most_ms);
  uv_update_time(&h->uv);
  l->now = (mono_ms)uv_now(&h->uv);
  for (int i = 0; i < count; i++) {
    if (batch[i].data.ptr)
      tell(batch[i].data.ptr, batch[i].events);
    else
      uv_ready = true;
  }
  return uv_ready;
}

int watches_init(struct loop *l) {
  struct loop_handles *h = l->handles;
  struct epoll_event e = {.events = EPOLLIN}; /* no pointer: libuv's */
  list_init(&h->closing);
  h->epoll = epoll_create1(EPOLL_CLOEXEC);
  if (h->epoll < 0) return err_from_errno(errno);
  if (!epoll_ctl(h->epoll, EPOLL_CTL_ADD, uv_backend_fd(&h->uv), &e)) return OK;
  int err = err_from_errno(errno);
  close(h->epoll);
  return err;
}

void watches_reap(struct loop *l) {
  struct list batch;
  list_init(&batch);
  while (!list_empty(&l->handles->closing)) list_push(&batch, list_pop(&l->handles->closing));
  while (!list_empty(&batch)) {
    struct watch *w = LIST_OF(list_pop(&batch), struct watch, closing);
    if (w->closed) w->closed(w);
  }
}

void watches_fini(struct loop *l) {
  while (!list_empty(&l->handles->closing)) watches_reap(l);
  close(l->handles->epoll);
}
