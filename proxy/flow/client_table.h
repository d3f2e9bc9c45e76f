// SPDX-License-Identifier: Apache-2.0
/** How many connections each client address (IPv6: /64) has open in this worker. A hash table with chains; its rows are
 *  as many as connections are open at most. Full or no memory: the connection is not counted and passes. One thread. */
#ifndef PROXY_FLOW_CLIENT_TABLE_H
#define PROXY_FLOW_CLIENT_TABLE_H

#include "rules/base/addr.h"
#include "rules/base/siphash.h"

struct client_row {
  struct client_row *next;
  struct prefix prefix;
  uint32_t connections;
};

struct client_table {
  struct client_row **buckets;
  uint32_t bucket_mask, rows;
  struct siphash_key key; /* so that nobody chooses addresses that share a bucket */
};

int client_table_init(struct client_table *t, uint64_t seed);
void client_table_fini(struct client_table *t);

/** One connection more; answers how many there are now, or 0 when it was not counted. */
uint32_t client_table_enter(struct client_table *t, const struct addr *client);
void client_table_leave(struct client_table *t, const struct addr *client);

#endif
