// SPDX-License-Identifier: Apache-2.0
/** The operator's address: a small HTTP/1.1 server on the main loop, for /metrics, /healthz, /readyz, /status.json and
 *  a dashboard. It reads what the program shows of itself and changes nothing. 64 connections at once, further ones are
 *  closed at accept; a head of 8 KiB; 5 seconds each. Main thread. */
#ifndef PROXY_ADMIN_ADMIN_H
#define PROXY_ADMIN_ADMIN_H

#include "proxy/admin/overview.h"
#include "proxy/net/loop.h"

enum { ADMIN_VISITS_MAX = 64 };

struct admin;

/** Who fills in an overview; called for each request. */
struct admin_source {
  void *owner;
  void (*look)(void *owner, struct overview *out);
};

/** Takes the listening `fd` over when it answers OK. ERR_MEMORY, ERR_FULL. */
int admin_open(struct loop *l, int fd, struct admin_source source, struct admin **out);
/** Ends what is open, nulls the caller's pointer; the memory goes when the loop does its closing. NULL is fine. */
void admin_close(struct admin **a);

#endif
