// SPDX-License-Identifier: Apache-2.0
/** One client connection, from accept to close: PROXY header, TLS handshake, then a front that speaks HTTP.
 *  The session owns its stream and is freed when that has closed. The worker's thread. */
#ifndef PROXY_FLOW_SESSION_H
#define PROXY_FLOW_SESSION_H

#include "proxy/flow/flow.h"
#include "proxy/net/stream.h"
#include "rules/identity/ja4.h"

struct front;

/* One row a state: its name and the states that may follow. session_set_state holds every change to this. */
#define SESSION_STATE_TABLE(X)                                                                     \
  X(PROXY_HEADER, SESSION_HANDSHAKE_BIT | SESSION_HTTP_BIT | SESSION_CLOSING_BIT)                  \
  X(HANDSHAKE, SESSION_HTTP_BIT | SESSION_CLOSING_BIT)                                             \
  X(HTTP, SESSION_FINISHING_BIT | SESSION_CLOSING_BIT)                                             \
  X(FINISHING, SESSION_CLOSING_BIT)                                                                \
  X(CLOSING, 0)

enum session_state {
#define X(name, next) SESSION_##name,
  SESSION_STATE_TABLE(X)
#undef X
};

enum {
#define X(name, next) SESSION_##name##_BIT = 1 << SESSION_##name,
  SESSION_STATE_TABLE(X)
#undef X
};

/** What the listener says of connections that come through it. Outlives them. */
struct session_terms {
  bool tls, proxy_protocol, redirect_https;
};

struct session {
  struct stream stream;
  struct flow *flow;
  struct list node; /* of flow->sessions */
  const struct session_terms *terms;
  struct addr peer;   /* of the socket */
  struct addr client; /* after a PROXY header */
  uint16_t port;
  enum session_state state;
  bool counted; /* in flow->clients */
  bool struck;  /* see strike.h */
  uint32_t
      linger_bytes; /* that a finished session still reads, so that the client hears our last word */
  bool tls;
  bool doomed; /* by session_doom */
  struct deadline deadline;
  struct buf early;  /* a PROXY header that came in parts */
  struct task flush; /* what the turn wrote leaves at its end */
  const struct front *front;
  void *front_state;
  uint64_t requests;
  char ja4[JA4_TEXT_SIZE]; /* "" without TLS */
  char *h2;                /* print of the HTTP/2 connection, or NULL */
  uint32_t held_bytes;     /* of responses, that the client has not taken: the front counts */
};

/** Takes `fd` over. A connection that is refused here (banned, bound reached, no memory) is closed at once. */
void session_accept(struct flow *f, const struct session_terms *terms, int fd,
                    const struct addr *peer, uint16_t port);

/** The front has nothing more to say: sends the rest, says goodbye, waits a little for the peer's, closes. */
void session_finish(struct session *s);
/** Now, with a reset: what the kernel still holds for a client that does not read is given back. */
void session_cut(struct session *s);
/** As session_cut, at the end of this turn: safe while a front feeds. What was not sent yet is not sent. */
void session_doom(struct session *s);
/** Now. Safe to call twice. */
void session_close(struct session *s);

/** Of held_bytes, for all streams of a connection together; above it origins are read in small pieces only. */
enum { SESSION_HELD_MAX = 131072, SESSION_PIECE = 2048 };

void session_flush_later(struct session *s);
void session_deadline(struct session *s, mono_ms in_ms);

#endif
