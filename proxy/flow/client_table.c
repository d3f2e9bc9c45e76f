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
  list_init(&t->remembered);
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

static struct client_row *find_or_add(struct client_table *t, const struct addr *client) {
  struct prefix p = prefix_of(client, 32, 64);
  struct client_row **at = find(t, &p);
  if (*at) return *at;
  struct client_row *row = calloc(1, sizeof(*row));
  if (!row) return NULL;
  row->prefix = p;
  *at = row;
  t->rows++;
  return row;
}

static void drop(struct client_table *t, struct client_row *row) {
  *find(t, &row->prefix) = row->next;
  free(row);
  t->rows--;
}

static void recall(struct client_table *t, struct client_row *row) {
  if (list_alone(&row->remembered)) return;
  list_remove(&row->remembered);
  t->remembered_count--;
}

static void remember(struct client_table *t, struct client_row *row) {
  list_push(&t->remembered, &row->remembered);
  if (++t->remembered_count <= CLIENTS_REMEMBERED_MAX) return;
  struct client_row *quietest = LIST_OF(t->remembered.next, struct client_row, remembered);
  recall(t, quietest);
  drop(t, quietest);
}

uint32_t client_table_enter(struct client_table *t, const struct addr *client) {
  struct client_row *row = find_or_add(t, client);
  if (!row) return 0;
  recall(t, row);
  return ++row->connections;
}

void client_table_leave(struct client_table *t, const struct addr *client) {
  struct prefix p = prefix_of(client, 32, 64);
  struct client_row *row = *find(t, &p);
  if (!row || row->connections == 0 || --row->connections) return;
  if (row->strikes)
    remember(t, row);
  else
    drop(t, row);
}

uint32_t client_table_strike(struct client_table *t, const struct addr *client) {
  struct client_row *row = find_or_add(t, client);
  if (!row) return 0;
  uint32_t strikes = ++row->strikes;
  if (row->connections == 0) {
    recall(t, row);
    remember(t, row);
  }
  return strikes;
}
