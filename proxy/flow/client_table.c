// SPDX-License-Identifier: Apache-2.0
#include "proxy/flow/client_table.h"

#include "rules/base/err.h"

#include <stdlib.h>

enum { BUCKETS = 16384 };

static struct client_row **find(struct client_table *t, const struct prefix *p) {
  uint64_t h = siphash_64(&t->key, span_from(p->addr.bytes, sizeof(p->addr.bytes)));
  struct client_row **at = &t->buckets[h & t->bucket_mask];
  while (*at && !(addr_eq(&(*at)->prefix.addr, &p->addr) && (*at)->prefix.bits == p->bits))
    at = &(*at)->next;
  return at;
}

int client_table_init(struct client_table *t, uint64_t seed) {
  *t =
      (struct client_table){.bucket_mask = BUCKETS - 1, .key = {seed, ~seed * 0x9e3779b97f4a7c15u}};
  t->buckets = calloc(BUCKETS, sizeof(struct client_row *));
  return t->buckets ? OK : ERR_MEMORY;
}

void client_table_fini(struct client_table *t) {
  for (uint32_t i = 0; t->buckets && i <= t->bucket_mask; i++) {
    while (t->buckets[i]) {
      struct client_row *row = t->buckets[i];
      t->buckets[i] = row->next;
      free(row);
    }
  }
  free(t->buckets);
  *t = (struct client_table){0};
}

uint32_t client_table_enter(struct client_table *t, const struct addr *client) {
  struct prefix p = prefix_of(client, 32, 64);
  struct client_row **at = find(t, &p);
  if (!*at) {
    struct client_row *row = calloc(1, sizeof(*row));
    if (!row) return 0;
    row->prefix = p;
    *at = row;
    t->rows++;
  }
  return ++(*at)->connections;
}

void client_table_leave(struct client_table *t, const struct addr *client) {
  struct prefix p = prefix_of(client, 32, 64);
  struct client_row **at = find(t, &p);
  struct client_row *row = *at;
  if (!row || --row->connections) return;
  *at = row->next;
  free(row);
  t->rows--;
}
