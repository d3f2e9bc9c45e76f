// SPDX-License-Identifier: Apache-2.0
/** What this worker knows of each client address (IPv6: /64): its open connections, and its strikes, which are
 *  remembered beyond them. A hash table with chains. Bound: as many rows as connections are open at most, and
 *  CLIENTS_REMEMBERED_MAX without; past it the one that was quiet longest is forgotten. No memory: the connection or
 *  the strike is not counted and passes. One thread. */
#ifndef PROXY_FLOW_CLIENT_TABLE_H
#define PROXY_FLOW_CLIENT_TABLE_H

#include "rules/base/addr.h"
#include "rules/base/list.h"
#include "rules/base/siphash.h"

enum { CLIENTS_REMEMBERED_MAX = 4096 };

struct client_row {
  struct client_row *next;
  struct prefix prefix;
  uint32_t connections, strikes;
  struct list remembered; /* of the table's, while there are strikes and no connection */
};

struct client_table {
  struct client_row **buckets;
  uint32_t bucket_mask, rows, remembered_count;
  struct list remembered; /* struct client_row, the longest quiet first */
  struct siphash_key key; /* so that nobody chooses addresses that share a bucket */
};

int client_table_init(struct client_table *t, uint64_t seed);
void client_table_fini(struct client_table *t);

/** One connection more; answers how many there are now, or 0 when it was not counted. */
uint32_t client_table_enter(struct client_table *t, const struct addr *client);
void client_table_leave(struct client_table *t, const struct addr *client);

/** One strike more; answers how many there are, or 0 when it was not counted. */
uint32_t client_table_strike(struct client_table *t, const struct addr *client);

#endif
