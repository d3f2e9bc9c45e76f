// SPDX-License-Identifier: Apache-2.0
#include "proxy/admin/admin.h"

#include "proxy/admin/visit.h"
#include "proxy/net/listener.h"
#include "rules/base/err.h"

#include <stdlib.h>
#include <unistd.h>

struct admin {
  struct listener listener;
  struct admin_source source;
  struct list visits;
  unsigned visit_count;
  bool closing, listener_closed;
};

static void free_when_over(struct admin *a) {
  if (a->listener_closed && a->visit_count == 0) free(a);
}

static void on_visit_over(struct visit *v) {
  struct admin *a = v->owner;
  list_remove(&v->node);
  free(v);
  a->visit_count--;
  free_when_over(a);
}

static void on_accepted(struct listener *n, int fd, const struct addr *peer, uint16_t port) {
  struct admin *a = LIST_OF(n, struct admin, listener);
  struct visit *v = NULL;
  if (!a->closing && a->visit_count < ADMIN_VISITS_MAX) v = calloc(1, sizeof(*v));
  if (v) *v = (struct visit){.source = a->source, .over = on_visit_over, .owner = a};
  if (!v || visit_open(v, n->watch.loop, fd)) {
    free(v);
    close(fd);
    return;
  }
  list_push(&a->visits, &v->node);
  a->visit_count++;
}

int admin_open(struct loop *l, int fd, struct admin_source source, struct admin **out) {
  struct admin *a = calloc(1, sizeof(*a));
  if (!a) return ERR_MEMORY;
  list_init(&a->visits);
  a->source = source;
  int err = listener_open(&a->listener, l, fd, on_accepted);
  if (err)
    free(a);
  else
    *out = a;
  return err;
}

static void on_listener_closed(struct listener *n) {
  struct admin *a = LIST_OF(n, struct admin, listener);
  a->listener_closed = true;
  free_when_over(a);
}

void admin_close(struct admin **admin) {
  struct admin *a = *admin;
  *admin = NULL;
  if (!a) return;
  a->closing = true;
  /* Closing frees in a later turn, so the list stands still meanwhile. */
  for (struct list *node = a->visits.next; node != &a->visits; node = node->next) {
    visit_close(LIST_OF(node, struct visit, node));
  }
  listener_close(&a->listener, on_listener_closed);
}
