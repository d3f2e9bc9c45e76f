// SPDX-License-Identifier: Apache-2.0
#include "proxy/demo/newsroom.h"

#include "proxy/demo/site.h"
#include "proxy/demo/visit.h"
#include "proxy/net/listener.h"
#include "proxy/net/loop.h"
#include "proxy/net/socket.h"
#include "rules/base/err.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

struct newsroom {
  struct loop *loop;
  struct listener listener;
  struct list visits;
  unsigned visit_count;
  bool ending;
  pthread_t thread;
  struct task stop;
  struct site site;
};

static void on_gone(struct visit *v) {
  struct newsroom *n = v->owner;
  list_remove(&v->node);
  free(v);
  if (n->visit_count-- == NEWSROOM_VISITS_MAX && !n->ending) listener_resume(&n->listener);
}

static void on_accepted(struct listener *l, int fd, const struct addr *peer, uint16_t port) {
  struct newsroom *n = LIST_OF(l, struct newsroom, listener);
  struct visit *v = n->visit_count < NEWSROOM_VISITS_MAX ? calloc(1, sizeof(*v)) : NULL;
  if (!v || visit_open(v, n->loop, fd, &n->site)) {
    free(v);
    close(fd);
    return;
  }
  v->owner = n;
  v->gone = on_gone;
  list_push(&n->visits, &v->node);
  if (++n->visit_count == NEWSROOM_VISITS_MAX) listener_pause(l);
}

static int listen_somewhere(struct newsroom *n, uint16_t *port) {
  struct endpoint at = {.kind = ENDPOINT_TCP,
                        .addr = addr_from_v4((const uint8_t[]){127, 0, 0, 1})};
  struct sockaddr_storage bound;
  socklen_t len = sizeof(bound);
  struct addr addr;
  int fd;
  int err = socket_listen(&at, &fd);
  if (err) return err;
  if (getsockname(fd, (struct sockaddr *)&bound, &len)) err = ERR_IO;
  if (!err) err = listener_open(&n->listener, n->loop, fd, on_accepted);
  if (err)
    close(fd);
  else
    endpoint_from_sockaddr((struct sockaddr *)&bound, &addr, port);
  return err;
}

static void *serve(void *argument) {
  struct newsroom *n = argument;
  loop_run(n->loop);
  return NULL;
}

static void on_listener_closed(struct listener *l) {}

/* All that is open closes within loop_free. */
static void end(struct newsroom **n, bool listening) {
  (*n)->ending = true;
  if (listening) listener_close(&(*n)->listener, on_listener_closed);
  for (struct list *at = (*n)->visits.next; at != &(*n)->visits; at = at->next) {
    visit_close(LIST_OF(at, struct visit, node));
  }
  loop_free(&(*n)->loop);
  free(*n);
  *n = NULL;
}

int newsroom_open(struct newsroom **out, uint16_t *port) {
  struct newsroom *n = calloc(1, sizeof(*n));
  if (!n) return ERR_MEMORY;
  list_init(&n->visits);
  n->loop = loop_new();
  if (!n->loop) {
    free(n);
    return ERR_FULL;
  }
  n->site.began = loop_real(n->loop);
  int err = listen_somewhere(n, port);
  bool listening = !err;
  if (!err && pthread_create(&n->thread, NULL, serve, n)) err = ERR_FULL;
  if (err)
    end(&n, listening);
  else
    *out = n;
  return err;
}

static void on_stop(struct task *t) {
  loop_stop(LIST_OF(t, struct newsroom, stop)->loop);
}

/* On its own thread: there it cannot be said before the loop runs, and be forgotten when it begins to. */
void newsroom_close(struct newsroom **n) {
  (*n)->stop.run = on_stop;
  loop_post((*n)->loop, &(*n)->stop);
  pthread_join((*n)->thread, NULL);
  end(n, true);
}
