// SPDX-License-Identifier: Apache-2.0
/** One connection to the admin address: one request, one answer, then closed. For admin.c only. */
#ifndef PROXY_ADMIN_VISIT_H
#define PROXY_ADMIN_VISIT_H

#include "proxy/admin/admin.h"
#include "proxy/http/h1.h"
#include "proxy/net/stream.h"

enum { VISIT_HEAD_MAX = 8192, VISIT_MS = 5000 };

struct visit {
  struct stream stream;
  struct list node;
  struct deadline deadline;
  struct admin_source source;
  void (*over)(struct visit *); /* the last event: the owner frees it here */
  void *owner;
  struct h1_scan scan;
  struct buf in, out;
  bool answered, peer_ended, closing;
};

/** Takes `fd` over when it answers OK; `source`, `over` and `owner` were set by the caller. ERR_MEMORY, ERR_FULL. */
int visit_open(struct visit *v, struct loop *l, int fd);
/** Now. Safe to call twice. */
void visit_close(struct visit *v);

#endif
