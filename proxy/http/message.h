// SPDX-License-Identifier: Apache-2.0
/** The head of a request or a response, of whichever HTTP version it came in, and how its body is framed.
 *  All spans are borrowed from the arena (or the buffer) that the message was made in. One thread. */
#ifndef PROXY_HTTP_MESSAGE_H
#define PROXY_HTTP_MESSAGE_H

#include "proxy/http/header.h"
#include "proxy/http/refusal.h"
#include "rules/base/arena.h"

enum body_kind {
  BODY_NONE,
  BODY_LENGTH,      /* `length` bytes */
  BODY_CHUNKED,     /* until the last chunk (HTTP/1), until END_STREAM (HTTP/2) */
  BODY_UNTIL_CLOSE, /* a response that ends with its connection */
  BODY_TUNNEL,      /* after 101, or 2xx to an extended CONNECT: bytes both ways */
};

struct message {
  struct span method, path,
      query; /* request: path from '/' to before '?', query with its '?'; "*" for OPTIONS */
  struct span authority; /* request: host and port as asked for */
  struct span host;      /* of it, lower case, without port */
  struct span
      protocol; /* request: extended CONNECT's :protocol, or Upgrade's when it is a WebSocket */
  int status;   /* response */
  struct header *headers; /* without pseudo-header fields */
  unsigned header_count, header_room;
  uint64_t length; /* of the body when BODY_LENGTH */
  enum body_kind body;
  uint8_t minor; /* HTTP/1.x: x; HTTP/2: 1 */
  bool http2;
  bool keep_alive;       /* HTTP/1: the connection may serve another message */
  bool expects_continue; /* request: waits for 100 */
  bool head_only;        /* response to HEAD */
};

/** Adds one field, its spans borrowed. False: no memory, or `count_max` reached. */
bool message_add(struct message *m, struct arena *a, struct span name, struct span value,
                 unsigned count_max);

/** The first field of this id, or NULL. */
const struct header *message_find(const struct message *m, enum header_id id);

static inline bool message_is(const struct message *m, struct span method) {
  return span_eq(m->method, method);
}

/** RFC 9110 §9.2.2. */
bool message_is_idempotent(const struct message *m);

#endif
