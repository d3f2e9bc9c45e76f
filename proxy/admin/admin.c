// SPDX-License-Identifier: Apache-2.0
#include "proxy/admin/admin.h"

#include "proxy/admin/caller.h"
#include "proxy/net/listener.h"
#include "rules/base/err.h"

#include <stdlib.h>
#include <unistd.h>

struct admin {
  struct listener listener;
  struct admin_source source;
  struct list callers;
  unsigned caller_count;
  bool closing, listener_closed;
};

static void free_when_over(struct admin *a) {
  if (a->listener_closed && a->caller_count == 0) free(a);
}

static void on_caller_over(struct caller *c) {
  struct admin *a = c->owner;
  list_remove(&c->node);
  free(c);
  a->caller_count--;
  free_when_over(a);
}

static void on_accepted(struct listener *n, int fd, const struct addr *peer, uint16_t port) {
  struct admin *a = LIST_OF(n, struct admin, listener);
  struct caller *c = NULL;
  if (!a->closing && a->caller_count < ADMIN_VISITS_MAX) c = calloc(1, sizeof(*c));
  if (c) *c = (struct caller){.source = a->source, .over = on_caller_over, .owner = a};
  if (!c || caller_open(c, n->watch.loop, fd)) {
    free(c);
    close(fd);
    return;
  }
  list_push(&a->callers, &c->node);
  a->caller_count++;
}

int admin_open(struct loop *l, int fd, struct admin_source source, struct admin **out) {
  struct admin *a = calloc(1, sizeof(*a));
  if (!a) return ERR_MEMORY;
  list_init(&a->callers);
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
  for (struct list *node = a->callers.next; node != &a->callers; node = node->next) {
    caller_close(LIST_OF(node, struct caller, node));
  }
  listener_close(&a->listener, on_listener_closed);
}
