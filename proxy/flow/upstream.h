// SPDX-License-Identifier: Apache-2.0
/** One connection to an origin, speaking HTTP/1.1: carries one exchange at a time and is kept open in between.
 *  The worker's thread. */
#ifndef PROXY_FLOW_UPSTREAM_H
#define PROXY_FLOW_UPSTREAM_H

#include "proxy/flow/origin.h"
#include "proxy/http/body.h"
#include "proxy/http/h1.h"
#include "proxy/net/stream.h"

enum upstream_state {
  UPSTREAM_CONNECTING,
  UPSTREAM_HANDSHAKE,
  UPSTREAM_BUSY,
  UPSTREAM_IDLE,
  UPSTREAM_CLOSING
};

struct upstream {
  struct stream stream;
  struct origin *origin; /* held */
  struct list node;      /* of origin->idle */
  struct exchange *exchange;
  enum upstream_state state;
  struct deadline deadline;
  mono_ms idle_since;
  struct task flush;
  struct buf
      out;       /* what the origin has not taken yet; its bound is one receive window and a head */
  struct buf in; /* a head, or trailers, that came in parts */
  struct h1_scan scan;
  struct body_reader body;
  struct message answer;
  size_t payload;     /* bytes of the request's body that are in `out` */
  bool reused;        /* has served a request before */
  bool answered;      /* a byte of this answer came */
  bool body_sent;     /* a byte of this request's body left for the socket or for `out` */
  bool in_body, keep; /* the head of the answer is read; the connection may be kept */
  bool sends_chunks, send_ended;
};

/** Begins to connect for `x`. 0, or the status to fail with. */
int upstream_open(struct origin *o, struct exchange *x);
/** The request of `x` on a kept connection; takes it out of the pool. */
void upstream_reuse(struct upstream *u, struct exchange *x);

void upstream_send_body(struct upstream *u, struct span bytes);
void upstream_send_end(struct upstream *u, struct message *trailers);
/** The front is full, or has room again. */
void upstream_pause(struct upstream *u, bool paused);

/** The exchange ended: kept when both sides are whole, else closed. Nulls the caller's pointer. */
void upstream_release(struct upstream **u);
/** For the pool: ends an idle one. */
void upstream_close(struct upstream *u);

#endif
