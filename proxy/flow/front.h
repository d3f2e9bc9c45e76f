// SPDX-License-Identifier: Apache-2.0
/** How a session speaks HTTP to its client. Two of them: FRONT_H1 and FRONT_H2. The upper half is the session's,
 *  the lower half the exchange's. Members MUST NOT free the session; they may close it. */
#ifndef PROXY_FLOW_FRONT_H
#define PROXY_FLOW_FRONT_H

#include "proxy/flow/exchange.h"
#include "proxy/flow/session.h"

struct front {
  /** ERR_MEMORY. */
  int (*open)(struct session *s);
  /** Bytes of the client. */
  void (*feed)(struct session *s, struct span bytes);
  /** The client closed its direction. */
  void (*ended)(struct session *s);
  /** The socket took all, or the turn ends: send what waits. */
  void (*flush)(struct session *s);
  void (*expired)(struct session *s);
  /** Take no new requests; end when those under way have. */
  void (*drain)(struct session *s);
  /** Ends all exchanges, frees the front's state. */
  void (*free)(struct session *s);

  /** The final head; the body follows as `m->body` says. */
  void (*respond)(struct exchange *x, const struct message *m);
  /** A 1xx head. */
  void (*inform)(struct exchange *x, const struct message *m);
  /** Bytes of the body: takes all. False: full, exchange_drained follows. */
  bool (*body)(struct exchange *x, struct span bytes);
  /** The response is whole. `trailers` or NULL. */
  void (*finish)(struct exchange *x, struct message *trailers);
  /** The response cannot be made whole, or the client gave up on the request: end it so that the client sees that. */
  void (*cut)(struct exchange *x);
  /** So many bytes of the request's body went on: the client may send more. */
  void (*consumed)(struct exchange *x, size_t bytes);
};

extern const struct front FRONT_H1, FRONT_H2;

#endif
