// SPDX-License-Identifier: Apache-2.0
#include "proxy/net/watch.h"

#include "proxy/net/handles.h"
#include "rules/base/err.h"
#include "rules/base/require.h"

#include <unistd.h>

_Static_assert(sizeof(uv_poll_t) <= WATCH_HANDLE_BYTES, "a watch holds libuv's poll handle");
_Static_assert((int)WATCH_READ == (int)UV_READABLE && (int)WATCH_WRITE == (int)UV_WRITABLE,
               "the same bits");

static uv_poll_t *poll_of(struct watch *w) {
  return (uv_poll_t *)w->handle;
}

static void on_poll(uv_poll_t *poll, int status, int events) {
  struct watch *w = poll->data;
  w->loop->now = (mono_ms)uv_now(poll->loop);
  unsigned ready = status < 0 ? WATCH_READ | WATCH_WRITE : (unsigned)events;
  if (status < 0) w->wanted = 0; /* libuv stopped the handle */
  w->ready(w, ready);
}

int watch_open(struct watch *w, struct loop *l, int fd,
               void (*ready)(struct watch *, unsigned events)) {
  *w = (struct watch){.loop = l, .ready = ready, .fd = fd};
  int code = uv_poll_init(&l->handles->uv, poll_of(w), fd);
  if (code) return err_from_uv(code);
  poll_of(w)->data = w;
  return OK;
}

void watch_want(struct watch *w, unsigned events) {
  if (events == w->wanted) return;
  w->wanted = events;
  int code = events ? uv_poll_start(poll_of(w), (int)events, on_poll) : uv_poll_stop(poll_of(w));
  require(code == 0);
}

static void on_closed(uv_handle_t *handle) {
  struct watch *w = handle->data;
  if (w->closed) w->closed(w);
}

void watch_close(struct watch *w, void (*closed)(struct watch *)) {
  w->closed = closed;
  uv_close((uv_handle_t *)poll_of(w), on_closed);
  close(w->fd);
  w->fd = -1;
}
