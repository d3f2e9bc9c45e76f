// SPDX-License-Identifier: Apache-2.0
#include "proxy/flow/front.h"
#include "proxy/flow/page.h"
#include "proxy/flow/rewrite.h"
#include "proxy/flow/strike.h"
#include "proxy/http/body.h"
#include "proxy/http/h1.h"
#include "rules/base/err.h"

#include <stdlib.h>

enum h1_state {
  H1_HEAD_NEXT, /* between requests, or in a head */
  H1_BODY,      /* the request's body comes */
  H1_ANSWER,    /* the request is whole, the response is not */
  H1_TUNNEL,    /* bytes both ways */
  H1_OVER,      /* this connection serves no further request */
};

struct h1 {
  enum h1_state state;
  struct exchange *x;
  struct buf in;  /* a head in parts; what came too early */
  struct buf out; /* heads and small pieces of a turn; what a slow reader has not taken */
  struct h1_scan scan;
  struct body_reader body;
  struct buf trailers;
  bool keep;   /* the connection may serve another request */
  bool chunks; /* the response goes in chunks */
  bool draining, client_ended, feeding, finish_after_flush;
};

/* Of `out` above which the origin waits; pieces up to COPY_MAX leave together with what stands before them. */
enum { COPY_MAX = 8192, DRAIN_IDLE_MS = 1000 };

static struct h1 *h1_of(struct session *s) {
  return s->front_state;
}

static int h1_open(struct session *s) {
  struct h1 *f = calloc(1, sizeof(*f));
  if (!f) return ERR_MEMORY;
  const struct limits *limits = &s->flow->setup->limits;
  buf_init(&f->in, (uint32_t)limits->head_bytes_max + 2 * LOOP_IN_BYTES);
  buf_init(&f->out, (uint32_t)limits->response_buffer_bytes_max +
                        (uint32_t)limits->origin_head_bytes_max * 2 + 4 * LOOP_IN_BYTES);
  buf_init(&f->trailers, (uint32_t)limits->trailer_bytes_max + 4);
  s->front_state = f;
  session_deadline(s, (mono_ms)s->flow->setup->timeouts.request_head);
  return OK;
}

static void h1_free(struct session *s) {
  struct h1 *f = h1_of(s);
  s->front_state = NULL;
  exchange_end(&f->x);
  buf_fini(&f->in);
  buf_fini(&f->out);
  buf_fini(&f->trailers);
  free(f);
}

/* ---- between two requests ---- */

static void watch_client(struct session *s, struct h1 *f) {
  /* What came too early waits in the kernel; else reading tells us when the client goes away. */
  bool full = buf_len(&f->in) > 0 && f->state != H1_HEAD_NEXT;
  bool wait = f->x && !exchange_takes(f->x) && f->state != H1_HEAD_NEXT;
  stream_want_read(&s->stream, !full && !wait && !f->client_ended);
}

static void next_request(struct session *s, struct h1 *f);

static void request_done(struct session *s, struct h1 *f) {
  bool whole = f->x->request_ended && f->state == H1_ANSWER;
  exchange_end(&f->x);
  if (!whole || !f->keep || f->draining) {
    f->state = H1_OVER;
    f->finish_after_flush = true;
    session_deadline(s, (mono_ms)s->flow->setup->timeouts.response_write);
    session_flush_later(s);
    return;
  }
  next_request(s, f);
}

static void h1_feed(struct session *s, struct span bytes);

static void next_request(struct session *s, struct h1 *f) {
  const struct timeouts *t = &s->flow->setup->timeouts;
  f->state = H1_HEAD_NEXT;
  f->scan = (struct h1_scan){0};
  session_deadline(s, (mono_ms)t->keep_alive);
  session_flush_later(s);
  if (f->feeding) return; /* the loop there goes on with what it has */
  watch_client(s, f);
  if (buf_len(&f->in))
    h1_feed(s, span_from(NULL, 0));
  else if (f->client_ended)
    session_finish(s);
}

/* ---- the request ---- */

static void begin_exchange(struct session *s, struct h1 *f, struct span head, enum refusal why) {
  struct exchange *x = exchange_new(s);
  if (!x) {
    session_close(s);
    return;
  }
  f->x = x;
  struct span kept = arena_copy(&x->arena, head);
  if (!why && !kept.at) why = REFUSED_HEAD_LONG;
  if (!why) why = h1_request(kept, &x->request, &x->arena, &s->flow->http);
  x->refusal = why;
  const struct limits *limits = &s->flow->setup->limits;
  f->keep = !why && x->request.keep_alive && !f->draining &&
            s->requests < limits->requests_per_connection_max;
  x->request_ended = !why && x->request.body == BODY_NONE;
  f->state = x->request_ended ? H1_ANSWER : H1_BODY;
  body_init(&f->body, why ? BODY_NONE : x->request.body, x->request.length,
            s->flow->http.chunk_extension_bytes_max, s->flow->http.trailer_bytes_max);
  session_deadline(s, exchange_patience(s->flow));
  exchange_start(x);
}

static struct span take_head(struct session *s, struct h1 *f, struct span in) {
  enum refusal why = REFUSED_NONE;
  if (f->scan.at == 0 && in.len)
    session_deadline(s, (mono_ms)s->flow->setup->timeouts.request_head);
  switch (h1_scan(&f->scan, in, s->flow->http.head_bytes_max, &why)) {
  case H1_MORE: break;
  case H1_HEAD: {
    struct span head = span_from(in.at + f->scan.skipped, f->scan.at - f->scan.skipped);
    begin_exchange(s, f, head, REFUSED_NONE);
    return span_skip(in, f->scan.at);
  }
  case H1_REFUSED: begin_exchange(s, f, span_from(NULL, 0), why); return span_from(in.at, 0);
  }
  return in;
}

static void body_is_whole(struct h1 *f) {
  struct exchange *x = f->x;
  struct message *trailers = NULL;
  f->state = H1_ANSWER;
  if (buf_len(&f->trailers) > 2) {
    struct span lines = arena_copy(&x->arena, buf_span(&f->trailers));
    trailers = arena_zero(&x->arena, sizeof(*trailers));
    if (!lines.at || !trailers || h1_trailers(lines, trailers, &x->arena, &x->flow->http)) {
      exchange_refuse(x, REFUSED_TRAILER_BAD);
      return;
    }
  }
  buf_fini(&f->trailers);
  exchange_body_end(x, trailers);
}

/* One step of the body. False: nothing more to take now. */
static bool take_body(struct session *s, struct h1 *f, struct span *in) {
  struct span data;
  switch (body_next(&f->body, in, &data)) {
  case BODY_MORE: return false;
  case BODY_DATA:
    exchange_body(f->x, data);
    /* The last byte ends the request, also where the origin holds back: its answer may come before that changes. */
    if (f->x && f->body.kind == BODY_LENGTH && f->body.left == 0) body_is_whole(f);
    break;
  case BODY_TRAILER: buf_put(&f->trailers, data); break;
  case BODY_END: body_is_whole(f); break;
  case BODY_REFUSED: exchange_refuse(f->x, f->body.refusal); break;
  }
  return s->state == SESSION_HTTP && f->x && exchange_takes(f->x);
}

/* Takes what can be taken now off the front of `in`, answers the rest. */
static struct span take(struct session *s, struct h1 *f, struct span in) {
  for (;;) {
    size_t before = in.len;
    enum h1_state state = f->state;
    if (state == H1_HEAD_NEXT && in.len)
      in = take_head(s, f, in);
    else if (state == H1_BODY && !take_body(s, f, &in))
      return in;
    else if (state == H1_TUNNEL && in.len) {
      exchange_body(f->x, in);
      return span_skip(in, in.len);
    }
    if (s->state != SESSION_HTTP || (in.len == before && f->state == state)) return in;
  }
}

static void h1_feed(struct session *s, struct span bytes) {
  struct h1 *f = h1_of(s);
  if (f->state == H1_OVER) return;
  bool kept = buf_len(&f->in) > 0;
  if (kept && !buf_put(&f->in, bytes)) {
    session_close(s);
    return;
  }
  struct span in = kept ? buf_span(&f->in) : bytes;
  f->feeding = true;
  struct span rest = take(s, f, in);
  if (s->state != SESSION_HTTP) return; /* closed, and `f` with it */
  f->feeding = false;
  if (kept) {
    buf_skip(&f->in, in.len - rest.len);
    if (buf_len(&f->in) == 0) buf_fini(&f->in);
  } else if (rest.len && f->state != H1_OVER && !buf_put(&f->in, rest)) {
    session_close(s);
    return;
  }
  watch_client(s, f);
  if (f->client_ended && f->state == H1_HEAD_NEXT) session_finish(s);
}

static void h1_ended(struct session *s) {
  struct h1 *f = h1_of(s);
  f->client_ended = true;
  stream_want_read(&s->stream, false);
  if (f->state == H1_TUNNEL && f->x) {
    exchange_body_end(f->x, NULL);
    return;
  }
  if (f->state == H1_HEAD_NEXT && stream_clear(&s->stream))
    session_finish(s);
  else if (f->state != H1_OVER)
    session_close(s); /* nobody is there for the answer */
}

/* ---- the response ---- */

static void h1_flush(struct session *s) {
  struct h1 *f = h1_of(s);
  while (buf_len(&f->out)) {
    size_t took = stream_write(&s->stream, buf_span(&f->out));
    buf_skip(&f->out, took);
    if (took == 0) break;
  }
  stream_flush(&s->stream);
  if (s->stream.broken) {
    session_close(s);
    return;
  }
  if (buf_len(&f->out) || !stream_clear(&s->stream)) return;
  if (f->out.cap) buf_fini(&f->out);
  if (f->finish_after_flush)
    session_finish(s);
  else if (f->x)
    exchange_drained(f->x);
}

static void h1_respond(struct exchange *x, const struct message *m) {
  struct session *s = x->session;
  struct h1 *f = h1_of(s);
  bool old = x->request.minor == 0 && x->refusal == REFUSED_NONE;
  bool unknown_end = m->body == BODY_CHUNKED || m->body == BODY_UNTIL_CLOSE;
  f->chunks = unknown_end && !old;
  if ((unknown_end && old) || m->body == BODY_TUNNEL) f->keep = false;
  if (!x->request_ended)
    f->keep = false; /* what is left of the body would be read as the next request */
  if (f->draining) f->keep = false;
  rewrite_response(&f->out, m, old, f->keep, f->chunks);
  if (m->body == BODY_TUNNEL) {
    f->state = H1_TUNNEL;
    watch_client(s, f);
  }
  session_flush_later(s);
}

static void h1_inform(struct exchange *x, const struct message *m) {
  rewrite_response(&h1_of(x->session)->out, m, false, true, false);
  session_flush_later(x->session);
}

/* A large piece goes from the origin's buffer into TLS without a copy; what the socket refuses is kept. */
static bool h1_body(struct exchange *x, struct span bytes) {
  struct session *s = x->session;
  struct h1 *f = h1_of(s);
  if (f->chunks) h1_put_chunk_size(&f->out, bytes.len);
  if (bytes.len > COPY_MAX) {
    while (buf_len(&f->out)) {
      size_t took = stream_write(&s->stream, buf_span(&f->out));
      buf_skip(&f->out, took);
      if (took == 0) break;
    }
    while (bytes.len && buf_len(&f->out) == 0) {
      size_t took = stream_write(&s->stream, bytes);
      bytes = span_skip(bytes, took);
      if (took == 0) break;
    }
    stream_flush(&s->stream);
  }
  buf_put(&f->out, bytes);
  if (f->chunks) buf_put(&f->out, SPAN("\r\n"));
  if (f->out.overflow) { /* no memory: a response with a hole is worse than none */
    f->out.overflow = false;
    x->cut = true;
    f->finish_after_flush = true;
  }
  if (buf_len(&f->out)) session_flush_later(s);
  return stream_clear(&s->stream) &&
         buf_len(&f->out) < x->flow->setup->limits.response_buffer_bytes_max;
}

static void h1_finish(struct exchange *x, struct message *trailers) {
  struct session *s = x->session;
  struct h1 *f = h1_of(s);
  if (f->chunks) {
    buf_put(&f->out, SPAN("0\r\n"));
    for (unsigned i = 0; trailers && i < trailers->header_count; i++) {
      h1_put_header(&f->out, trailers->headers[i].name, trailers->headers[i].value);
    }
    buf_put(&f->out, SPAN("\r\n"));
  }
  f->chunks = false;
  request_done(s, f);
}

/* No goodbye of TLS, so that the client sees the answer is not whole. What it was sent it may still read, unless it
 * does not read at all: then the kernel gives back what it holds. */
static void h1_cut(struct exchange *x) {
  struct session *s = x->session;
  h1_flush(s);
  if (stream_clear(&s->stream))
    session_close(s);
  else
    session_cut(s);
}

static void h1_consumed(struct exchange *x, size_t bytes) {
  struct session *s = x->session;
  struct h1 *f = h1_of(s);
  if (f->feeding || x->unconsumed >= EXCHANGE_UNCONSUMED_HIGH) return;
  if (buf_len(&f->in) || f->state == H1_BODY)
    h1_feed(s, span_from(NULL, 0));
  else
    watch_client(s, f);
}

static void h1_expired(struct session *s) {
  struct h1 *f = h1_of(s);
  if (f->x) {
    bool waiting = buf_len(&f->out) || !stream_clear(&s->stream);
    if (!exchange_expire(f->x, waiting, s->stream.bytes_sent))
      session_deadline(s, exchange_patience(s->flow));
    return;
  }
  if (f->state == H1_HEAD_NEXT && f->scan.at) {
    flow_count(s->flow, COUNTER_closed_slow);
    strike(s, STRIKE_SLOW);
    begin_exchange(s, f, span_from(NULL, 0), REFUSED_SLOW_HEAD);
    return;
  }
  if (f->state == H1_HEAD_NEXT)
    session_finish(s);
  else
    session_cut(s); /* its last answer was not taken */
}

static void h1_drain(struct session *s) {
  struct h1 *f = h1_of(s);
  /* A request may be on its way: for a moment it is still answered, with Connection: close. */
  f->draining = true;
  if (f->state == H1_HEAD_NEXT && f->scan.at == 0) session_deadline(s, DRAIN_IDLE_MS);
}

const struct front FRONT_H1 = {
    .open = h1_open,
    .feed = h1_feed,
    .ended = h1_ended,
    .flush = h1_flush,
    .expired = h1_expired,
    .drain = h1_drain,
    .free = h1_free,
    .respond = h1_respond,
    .inform = h1_inform,
    .body = h1_body,
    .finish = h1_finish,
    .cut = h1_cut,
    .consumed = h1_consumed,
};
