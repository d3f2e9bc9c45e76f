// SPDX-License-Identifier: Apache-2.0
/** One connection to the admin address: one request, one answer, then closed. For admin.c only. */
#ifndef PROXY_ADMIN_CALLER_H
#define PROXY_ADMIN_CALLER_H

#include "proxy/admin/admin.h"
#include "proxy/http/h1.h"
#include "proxy/net/stream.h"

enum { CALLER_HEAD_MAX = 8192, CALLER_MS = 5000 };

struct caller {
  struct stream stream;
  struct list node;
  struct deadline deadline;
  struct admin_source source;
  void (*over)(struct caller *); /* the last event: the owner frees it here */
  void *owner;
  struct h1_scan scan;
  struct buf in, out;
  bool answered, peer_ended, closing;
};

/** Takes `fd` over when it answers OK; `source`, `over` and `owner` were set by the caller. ERR_MEMORY, ERR_FULL. */
int caller_open(struct caller *c, struct loop *l, int fd);
/** Now. Safe to call twice. */
void caller_close(struct caller *c);

#endif
