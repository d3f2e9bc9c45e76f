// SPDX-License-Identifier: Apache-2.0
#include "proxy/flow/front.h"
#include "proxy/flow/prints.h"
#include "proxy/flow/strike.h"
#include "rules/base/err.h"
#include "rules/base/require.h"

#include <stdlib.h>

/* The first notice of a shutdown and the last word are this far apart (RFC 9113 §6.8: at least one round trip). */
enum { GOAWAY_MS = 500, RECORD_MAX = 16384, LINGER_AFTER_ABUSE = 16384 };

struct h2_front {
  struct h2 *h2;
  struct list exchanges;
  uint32_t budget; /* bytes that this turn may still hand to the stream */
  mono_ms idle_since, moved_at;
  uint64_t sent_seen;
  struct h2print *print; /* until the first request */
  bool draining, last_word, failed;
  bool is_full; /* requests_per_connection_max was reached: the last one is under way */
};

static struct h2_front *h2_of(struct session *s) {
  return s->front_state;
}

static struct exchange *exchange_of(struct h2_stream *stream) {
  return LIST_OF(stream, struct exchange, h2);
}

/* ---- events of the session ---- */

static struct h2_stream *on_begin(void *owner, struct message **m, struct arena **a) {
  struct session *s = owner;
  struct h2_front *f = h2_of(s);
  struct exchange *x = exchange_new(s);
  if (!x) return NULL;
  list_push(&f->exchanges, &x->node);
  if (s->requests == s->flow->setup->limits.requests_per_connection_max) f->is_full = true;
  *m = &x->request;
  *a = &x->arena;
  return &x->h2;
}

static void on_head(struct h2_stream *stream, bool end) {
  struct exchange *x = exchange_of(stream);
  struct h2_front *f = h2_of(x->session);
  if (f->print) {
    prints_first_request(f->print, x);
    free(f->print);
    f->print = NULL;
  }
  x->refusal = stream->refusal;
  x->request_ended = end;
  /* No body is announced, yet the stream stays open: what comes decides (RFC 9113 §8.1.1). */
  bool empty = !end && !x->refusal && x->request.body == BODY_LENGTH && x->request.length == 0;
  if (!empty) exchange_start(x);
}

static void on_body(struct h2_stream *stream, struct span bytes) {
  struct exchange *x = exchange_of(stream);
  struct h2_front *f = h2_of(x->session);
  if (x->request.body == BODY_NONE || x->response_ended) {
    h2_consumed(f->h2, stream, bytes.len);
    return;
  }
  exchange_body(x, bytes);
}

static void on_end(struct h2_stream *stream, struct message *trailers) {
  struct exchange *x = exchange_of(stream);
  bool empty = x->request.body == BODY_LENGTH && x->request.length == 0 && !x->refusal;
  if (empty) x->request_ended = true;
  if (empty)
    exchange_start(x);
  else
    exchange_body_end(x, trailers);
}

static void on_drained(struct h2_stream *stream, uint32_t len) {
  struct exchange *x = exchange_of(stream);
  x->session->held_bytes -= len;
  if (buf_len(&stream->out) == 0) exchange_drained(x);
}

static void on_closed(struct h2_stream *stream, uint32_t code) {
  struct exchange *x = exchange_of(stream);
  struct h2_front *f = h2_of(x->session);
  if (x->unconsumed) h2_consumed(f->h2, stream, x->unconsumed);
  x->session->held_bytes -= buf_len(&stream->out);
  if (code) x->cut = true;
  list_remove(&x->node);
  if (list_empty(&f->exchanges)) f->idle_since = x->flow->loop->now;
  exchange_end(&x);
}

/* Frames of a turn are gathered into whole TLS records. A frame is taken whole or not at all. */
static bool on_write(void *owner, struct span bytes) {
  struct session *s = owner;
  struct h2_front *f = h2_of(s);
  struct buf *record = &s->flow->record;
  if (f->budget == 0) return false;
  f->budget -= bytes.len < f->budget ? (uint32_t)bytes.len : f->budget;
  if (bytes.len == 9 && f->budget == 0) f->budget = 1; /* its frame must follow */
  while (bytes.len) {
    size_t room = RECORD_MAX - buf_len(record);
    size_t len = bytes.len < room ? bytes.len : room;
    buf_put(record, span_from(bytes.at, len));
    bytes = span_skip(bytes, len);
    if (buf_len(record) == RECORD_MAX) {
      require(stream_write(&s->stream, buf_span(record)) ==
              RECORD_MAX); /* a turn's budget fits the cork */
      buf_reset(record);
    }
  }
  return true;
}

static const struct h2_events EVENTS = {on_begin,   on_head,   on_body, on_end,
                                        on_drained, on_closed, on_write};

/* ---- the session ---- */

static int h2_front_open(struct session *s) {
  struct h2_front *f = calloc(1, sizeof(*f));
  if (!f) return ERR_MEMORY;
  list_init(&f->exchanges);
  s->front_state = f;
  f->idle_since = f->moved_at = s->flow->loop->now;
  f->h2 = h2_new(s, &EVENTS, &s->flow->http, &s->flow->h2, s->flow->loop->now);
  if (!f->h2) {
    free(f);
    s->front_state = NULL;
    return ERR_MEMORY;
  }
  f->print = malloc(sizeof(*f->print)); /* no memory: no print */
  if (f->print) h2print_init(f->print);
  session_flush_later(s);
  session_deadline(s, (mono_ms)s->flow->setup->timeouts.request_head);
  return OK;
}

static void h2_front_free(struct session *s) {
  struct h2_front *f = h2_of(s);
  while (!list_empty(&f->exchanges)) {
    struct exchange *x = LIST_OF(list_pop(&f->exchanges), struct exchange, node);
    exchange_end(&x);
  }
  h2_free(&f->h2);
  free(f->print);
  free(f);
  s->front_state = NULL;
}

static void h2_front_flush(struct session *s) {
  enum { ROUNDS_MAX = 4 };
  struct h2_front *f = h2_of(s);
  if (f->is_full && !f->last_word) {
    f->last_word = true;
    h2_shutdown(f->h2);
  }
  for (int round = 0; round < ROUNDS_MAX && stream_clear(&s->stream) && h2_wants_write(f->h2);
       round++) {
    struct buf *record = &s->flow->record;
    f->budget = s->stream.burst - RECORD_MAX / 2;
    int err = h2_drain(f->h2);
    if (buf_len(record)) stream_write(&s->stream, buf_span(record));
    buf_reset(record);
    stream_flush(&s->stream);
    if (err || s->stream.broken) {
      session_close(s);
      return;
    }
    if (f->budget) break;
  }
  if (h2_done(f->h2) || (f->failed && !h2_wants_write(f->h2))) {
    if (stream_clear(&s->stream)) session_finish(s);
  } else if (stream_clear(&s->stream) && h2_wants_write(f->h2) && f->budget == 0) {
    session_flush_later(s);
  }
}

static void h2_front_feed(struct session *s, struct span bytes) {
  struct h2_front *f = h2_of(s);
  if (f->failed) return;
  bool idle = list_empty(&f->exchanges);
  if (f->print) h2print_feed(f->print, bytes);
  if (h2_feed(f->h2, bytes, s->flow->loop->now)) {
    f->failed = true;
    s->linger_bytes = LINGER_AFTER_ABUSE;
    if (h2_abused(f->h2)) {
      flow_count(s->flow, COUNTER_closed_h2_abuse);
      strike(s, STRIKE_H2_ABUSE);
    }
    stream_want_read(&s->stream, false);
  }
  if (idle && !list_empty(&f->exchanges)) session_deadline(s, exchange_patience(s->flow));
  session_flush_later(s);
}

static void h2_front_ended(struct session *s) {
  session_close(s);
}

static bool stalled(struct session *s, struct exchange *x) {
  bool waiting = buf_len(&x->h2.out) > 0;
  return exchange_expire(x, waiting, x->h2.sent_bytes);
}

/* Nothing moves on the connection at all, so no stream can be reset either. */
static bool socket_is_stuck(struct session *s, struct h2_front *f) {
  mono_ms now = s->flow->loop->now;
  if (stream_clear(&s->stream) || s->stream.bytes_sent != f->sent_seen) {
    f->sent_seen = s->stream.bytes_sent;
    f->moved_at = now;
  }
  return now - f->moved_at > (mono_ms)s->flow->setup->timeouts.response_write;
}

static void h2_front_expired(struct session *s) {
  struct h2_front *f = h2_of(s);
  const struct timeouts *t = &s->flow->setup->timeouts;
  if (f->draining && !f->last_word) {
    f->last_word = true;
    h2_shutdown(f->h2);
    session_flush_later(s);
  }
  if (list_empty(&f->exchanges)) {
    if (f->draining || f->failed || s->flow->loop->now - f->idle_since >= (mono_ms)t->keep_alive) {
      h2_goodbye(f->h2);
      h2_front_flush(s);
      session_finish(s);
    } else
      session_deadline(s, (mono_ms)t->keep_alive);
    return;
  }
  if (socket_is_stuck(s, f)) {
    flow_count(s->flow, COUNTER_closed_slow);
    strike(s, STRIKE_SLOW);
    session_cut(s);
    return;
  }
  /* One that stalls may be gone after its turn, and others with it: begin anew until none does. */
  bool all_cut = true;
  struct list *node = f->exchanges.next;
  while (node != &f->exchanges) {
    struct list *next = node->next;
    struct exchange *x = LIST_OF(node, struct exchange, node);
    bool cut = stalled(s, x);
    if (s->state != SESSION_HTTP) return;
    if (!cut) all_cut = false;
    node = next;
  }
  if (all_cut) h2_shutdown(f->h2); /* no stream moves: nobody reads there */
  f->failed |= all_cut;
  session_flush_later(s);
  session_deadline(s, exchange_patience(s->flow));
}

static void h2_front_drain(struct session *s) {
  struct h2_front *f = h2_of(s);
  f->draining = true;
  h2_shutdown_notice(f->h2);
  session_flush_later(s);
  session_deadline(s, GOAWAY_MS);
}

/* ---- responses ---- */

static void h2_front_respond(struct exchange *x, const struct message *m) {
  struct h2_front *f = h2_of(x->session);
  struct message head = *m;
  if (m->body == BODY_TUNNEL) head.status = 200; /* RFC 8441 §4 */
  if (x->h2.closed || h2_respond(f->h2, &x->h2, &head, m->body != BODY_NONE)) x->cut = true;
  session_flush_later(x->session);
}

static void h2_front_inform(struct exchange *x, const struct message *m) {
  struct h2_front *f = h2_of(x->session);
  if (!x->h2.closed) h2_inform(f->h2, &x->h2, m);
  session_flush_later(x->session);
}

static bool h2_front_body(struct exchange *x, struct span bytes) {
  struct h2_front *f = h2_of(x->session);
  if (!buf_put(&x->h2.out, bytes)) { /* no memory: the stream ends where the hole would be */
    x->cut = true;
    h2_reset(f->h2, &x->h2, H2_INTERNAL_ERROR);
    return false;
  }
  x->session->held_bytes += (uint32_t)bytes.len;
  h2_ready(f->h2, &x->h2);
  session_flush_later(x->session);
  return x->session->held_bytes < SESSION_HELD_MAX &&
         buf_len(&x->h2.out) < x->session->stream.burst;
}

static void h2_front_finish(struct exchange *x, struct message *trailers) {
  struct h2_front *f = h2_of(x->session);
  x->h2.out_ended = true;
  x->h2.trailers = trailers;
  h2_ready(f->h2, &x->h2);
  if (x->unconsumed) {
    h2_consumed(f->h2, &x->h2, x->unconsumed);
    x->unconsumed = 0;
  }
  session_flush_later(x->session);
}

static void h2_front_cut(struct exchange *x) {
  struct h2_front *f = h2_of(x->session);
  h2_reset(f->h2, &x->h2, H2_INTERNAL_ERROR);
  session_flush_later(x->session);
}

static void h2_front_consumed(struct exchange *x, size_t bytes) {
  struct h2_front *f = h2_of(x->session);
  h2_consumed(f->h2, &x->h2, bytes);
  session_flush_later(x->session);
}

const struct front FRONT_H2 = {
    .open = h2_front_open,
    .feed = h2_front_feed,
    .ended = h2_front_ended,
    .flush = h2_front_flush,
    .expired = h2_front_expired,
    .drain = h2_front_drain,
    .free = h2_front_free,
    .respond = h2_front_respond,
    .inform = h2_front_inform,
    .body = h2_front_body,
    .finish = h2_front_finish,
    .cut = h2_front_cut,
    .consumed = h2_front_consumed,
};
