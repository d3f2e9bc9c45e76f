// SPDX-License-Identifier: Apache-2.0
#include "proxy/net/listener.h"

#include "proxy/net/socket.h"
#include "rules/base/err.h"
#include "rules/base/log.h"

enum { TURN_MAX = 64, REST_MS = 100, COMPLAIN_MS = 60000 };

static void rest_a_while(struct listener *n) {
  struct loop *l = n->watch.loop;
  counters_add(&l->counters, COUNTER_accept_failed, 1);
  if (n->complained == 0 || l->now - n->complained > COMPLAIN_MS) {
    log_error("cannot accept connections: descriptors are used up (raise LimitNOFILE)");
    n->complained = l->now;
  }
  listener_pause(n);
  loop_deadline(l, &n->rest, REST_MS);
}

static int take(struct listener *n, int most) {
  int err = OK;
  while (most-- > 0 && n->watch.fd >= 0) {
    struct addr peer;
    uint16_t port;
    int fd;
    err = socket_accept(n->watch.fd, &fd, &peer, &port);
    if (err == ERR_CLOSED) continue;
    if (err) break;
    n->accepted(n, fd, &peer, port);
  }
  return err;
}

static void on_ready(struct watch *w, unsigned events) {
  struct listener *n = LIST_OF(w, struct listener, watch);
  int err = take(n, TURN_MAX);
  if (err && err != ERR_AGAIN) rest_a_while(n);
}

static void on_rested(struct deadline *d) {
  listener_resume(LIST_OF(d, struct listener, rest));
}

int listener_open(struct listener *n, struct loop *l, int fd,
                  void (*accepted)(struct listener *, int, const struct addr *, uint16_t)) {
  *n = (struct listener){.accepted = accepted, .rest.expired = on_rested};
  int err = watch_open(&n->watch, l, fd, on_ready);
  if (!err) listener_resume(n);
  return err;
}

void listener_pause(struct listener *n) {
  watch_want(&n->watch, 0);
}

void listener_resume(struct listener *n) {
  watch_want(&n->watch, WATCH_READ);
}

static void on_closed(struct watch *w) {
  struct listener *n = LIST_OF(w, struct listener, watch);
  n->closed(n);
}

void listener_close(struct listener *n, void (*closed)(struct listener *)) {
  enum { QUEUE_MAX = 8192 };
  take(n, QUEUE_MAX);
  deadline_clear(&n->rest);
  n->closed = closed;
  watch_close(&n->watch, on_closed);
}
