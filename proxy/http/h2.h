// SPDX-License-Identifier: Apache-2.0
/** The server's side of one HTTP/2 connection (RFC 9113), over nghttp2. Bytes are fed in, events come out;
 *  responses are submitted, bytes are drained. What a client may make us do for nothing is bounded: streams that
 *  it resets or makes us reset (rapid reset, MadeYouReset) and frames that carry nothing have an allowance each;
 *  past it h2_feed answers ERR_PROTOCOL after a GOAWAY with ENHANCE_YOUR_CALM was queued. One thread; no I/O, no
 *  clock. */
#ifndef PROXY_HTTP_H2_H
#define PROXY_HTTP_H2_H

#include "proxy/http/bucket.h"
#include "proxy/http/gate.h"
#include "rules/base/buf.h"

struct h2;

/** One request's side of it, embedded in who handles the request. */
struct h2_stream {
  int32_t id;
  struct buf out;           /* response bytes that wait for the window */
  struct message *trailers; /* to send after `out`, or NULL */
  struct arena *arena;      /* of the request */
  bool out_ended;           /* nothing follows what is in `out` */
  bool out_waiting;         /* nghttp2 waits for h2_ready */
  bool closed;
  bool reset_by_us;     /* the flow gave it up: not the peer's doing */
  enum refusal refusal; /* of the head, while it is read */
  uint32_t head_bytes;
  char pseudo[6]; /* first letters of its pseudo-header fields in order, r for :protocol */
  uint8_t pseudo_count;
  uint64_t sent_bytes; /* of the body, handed to the connection */
};

/** All but `begin` get what `begin` answered. They MUST NOT free the session. */
struct h2_events {
  /** A request begins: the stream, and where its head goes. NULL: refused with REFUSED_STREAM. */
  struct h2_stream *(*begin)(void *owner, struct message **m, struct arena **a);
  /** The head is whole, `stream->refusal` says if it is good. `end`: no body follows. */
  void (*head)(struct h2_stream *, bool end);
  /** Bytes of the body. They count against the window until h2_consumed. */
  void (*body)(struct h2_stream *, struct span bytes);
  /** The request is over; `trailers` or NULL. */
  void (*end)(struct h2_stream *, struct message *trailers);
  /** `len` bytes of `out` went to the connection. */
  void (*drained)(struct h2_stream *, uint32_t len);
  /** The last event. `code` is RFC 9113 §7's. The stream is forgotten here. */
  void (*closed)(struct h2_stream *, uint32_t code);
  /** Bytes for the connection. False: not now, ask again with the next h2_drain. */
  bool (*write)(void *owner, struct span bytes);
};

struct h2_bounds {
  uint32_t streams_max, stream_window_bytes, connection_window_bytes;
  uint32_t resets_burst, resets_per_second, control_burst, control_per_second;
};

/** NULL: no memory. Queues our SETTINGS. Borrows all but `bounds`. */
struct h2 *h2_new(void *owner, const struct h2_events *events, const struct http_bounds *http,
                  const struct h2_bounds *bounds, mono_ms now);
/** Ends all streams (`closed` is called for each). */
void h2_free(struct h2 **h);

/** OK, ERR_PROTOCOL (drain what is queued, then close), ERR_MEMORY. Takes all of `bytes`. */
int h2_feed(struct h2 *h, struct span bytes, mono_ms now);
/** Gives all that may be sent to `write`. */
int h2_drain(struct h2 *h);
/** Nothing more to receive or send: close. */
bool h2_done(struct h2 *h);
bool h2_wants_write(struct h2 *h);
uint32_t h2_streams(const struct h2 *h);
/** The peer exceeded an allowance: for the log and the client's record. */
bool h2_abused(const struct h2 *h);

/** Head of a response, with its body to come through `stream->out` or without. ERR_MEMORY. */
int h2_respond(struct h2 *h, struct h2_stream *s, const struct message *m, bool body_follows);
/** A 1xx head before the response. */
int h2_inform(struct h2 *h, struct h2_stream *s, const struct message *m);
/** `out`, `out_ended` or `trailers` changed. */
void h2_ready(struct h2 *h, struct h2_stream *s);
void h2_reset(struct h2 *h, struct h2_stream *s, uint32_t code);
/** Bytes of the request's body that went on: the peer may send as many more. */
void h2_consumed(struct h2 *h, struct h2_stream *s, size_t bytes);

/** First "no new streams soon" (RFC 9113 §6.8), a moment later the last one that is served. */
void h2_shutdown_notice(struct h2 *h);
void h2_shutdown(struct h2 *h);
/** The end of an idle connection, said politely. */
void h2_goodbye(struct h2 *h);

enum { H2_NO_ERROR = 0, H2_INTERNAL_ERROR = 2, H2_CANCEL = 8, H2_ENHANCE_YOUR_CALM = 11 };

#endif
