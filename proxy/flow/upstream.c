// SPDX-License-Identifier: Apache-2.0
#include "proxy/flow/upstream.h"

#include "proxy/flow/rewrite.h"
#include "proxy/net/socket.h"
#include "proxy/tls/connection.h"
#include "proxy/tls/websocket.h"
#include "rules/base/err.h"
#include "rules/base/log.h"
#include "rules/base/require.h"

#include <stdlib.h>
#include <unistd.h>

/* Of `out` above which the front should wait; and below which a piece of body is copied to leave with its head. */
enum { OUT_HIGH = 65536, COPY_MAX = 8192, OUT_KEPT = 16384 };

static struct upstream *upstream_of(struct stream *s) {
  return LIST_OF(s, struct upstream, stream);
}

static const struct timeouts *timeouts_of(const struct upstream *u) {
  return &u->origin->flow->setup->timeouts;
}

static void arm(struct upstream *u, mono_ms in_ms) {
  loop_deadline(u->origin->flow->loop, &u->deadline, in_ms);
}

/* ---- the end of a connection ---- */

static void on_closed(struct stream *s) {
  struct upstream *u = upstream_of(s);
  struct origin *o = u->origin;
  free(u);
  origin_drop(&o);
}

void upstream_close(struct upstream *u) {
  if (u->state == UPSTREAM_CLOSING) return;
  struct origin *o = u->origin;
  if (u->state == UPSTREAM_IDLE) {
    list_remove(&u->node);
    o->idle_count--;
  } else {
    o->busy_count--;
  }
  u->state = UPSTREAM_CLOSING;
  o->open_count--;
  counters_add(&o->flow->loop->counters, COUNTER_origin_open, -1);
  deadline_clear(&u->deadline);
  list_remove(&u->flush.node);
  buf_fini(&u->out);
  buf_fini(&u->in);
  stream_close(&u->stream, on_closed);
}

static bool can_repeat(const struct upstream *u, const struct exchange *x) {
  enum { TRIES_MAX = 3 };
  if (x->tries >= TRIES_MAX || u->answered) return false;
  if (u->state == UPSTREAM_CONNECTING || u->state == UPSTREAM_HANDSHAKE) return true;
  return u->reused && !u->body_sent && message_is_idempotent(&x->request);
}

/* What was for this connection goes to another one. A request that never left takes its bytes along. */
static void repeat(struct upstream *u, struct exchange *x) {
  bool unsent = u->state != UPSTREAM_BUSY;
  if (u->state == UPSTREAM_BUSY) flow_count(x->flow, COUNTER_origin_retries);
  if (unsent && u->payload && !u->sends_chunks) {
    struct span all = buf_span(&u->out);
    buf_put(&x->upload, span_skip(all, all.len - u->payload));
  }
  upstream_close(u);
  exchange_repeat(x);
}

/* The connection is of no more use to its exchange: another one, the rest of the answer, or none. */
static void fail(struct upstream *u, int status, const char *why) {
  struct exchange *x = u->exchange;
  u->exchange = NULL;
  if (u->state != UPSTREAM_IDLE && !(u->reused && !u->answered)) {
    origin_complain(u->origin, why);
    flow_count(u->origin->flow, COUNTER_origin_failures);
    if (!u->answered) origin_failed(u->origin);
  }
  if (!x) {
    upstream_close(u);
    return;
  }
  x->upstream = NULL;
  if (can_repeat(u, x) && !(u->payload && u->sends_chunks)) {
    repeat(u, x);
    return;
  }
  upstream_close(u);
  exchange_failed(x, status);
}

static void on_expired(struct deadline *d) {
  struct upstream *u = LIST_OF(d, struct upstream, deadline);
  switch (u->state) {
  case UPSTREAM_CONNECTING:
  case UPSTREAM_HANDSHAKE: fail(u, 504, "no connection within origin_connect"); break;
  case UPSTREAM_BUSY:
    if (u->in_body)
      fail(u, 504, "no byte of the body within origin_body");
    else
      fail(u, 504, "no answer within origin_answer");
    break;
  case UPSTREAM_IDLE: upstream_close(u); break;
  case UPSTREAM_CLOSING: break;
  }
}

/* ---- sending ---- */

static void report_sent(struct upstream *u) {
  size_t payload = u->payload;
  u->payload = 0;
  if (payload && u->exchange) exchange_sent(u->exchange, payload);
}

static void send_out(struct upstream *u) {
  if (u->state != UPSTREAM_BUSY) return;
  while (buf_len(&u->out)) {
    size_t took = stream_write(&u->stream, buf_span(&u->out));
    buf_skip(&u->out, took);
    if (took == 0) break;
  }
  stream_flush(&u->stream);
  if (buf_len(&u->out)) return;
  if (u->out.cap > OUT_KEPT) buf_fini(&u->out);
  if (u->payload) report_sent(u);
}

static void on_flush(struct task *t) {
  send_out(LIST_OF(t, struct upstream, flush));
}

static void send_later(struct upstream *u) {
  loop_defer(u->origin->flow->loop, &u->flush);
}

void upstream_send_body(struct upstream *u, struct span bytes) {
  if (bytes.len == 0) return;
  size_t len = bytes.len;
  u->body_sent = true;
  if (u->state == UPSTREAM_BUSY && !u->sends_chunks && len > COPY_MAX) {
    send_out(u);
    while (bytes.len && buf_len(&u->out) == 0) {
      size_t took = stream_write(&u->stream, bytes);
      bytes = span_skip(bytes, took);
      if (took == 0) break;
    }
    stream_flush(&u->stream);
    if (len > bytes.len && u->exchange) exchange_sent(u->exchange, len - bytes.len);
    if (bytes.len == 0) return;
  }
  u->payload += bytes.len;
  if (u->sends_chunks) h1_put_chunk_size(&u->out, bytes.len);
  buf_put(&u->out, bytes);
  if (u->sends_chunks) buf_put(&u->out, SPAN("\r\n"));
  require(!u->out.overflow); /* the fronts stop at their windows, and `out` holds one and a head */
  send_later(u);
}

void upstream_send_end(struct upstream *u, struct message *trailers) {
  if (u->send_ended) return;
  u->send_ended = true;
  if (u->exchange->tunnel) {
    send_out(u);
    stream_finish(&u->stream);
    return;
  }
  if (!u->sends_chunks) return;
  buf_put(&u->out, SPAN("0\r\n"));
  for (unsigned i = 0; trailers && i < trailers->header_count; i++) {
    h1_put_header(&u->out, trailers->headers[i].name, trailers->headers[i].value);
  }
  buf_put(&u->out, SPAN("\r\n"));
  send_later(u);
}

/* ---- the answer ---- */

static void begin_body(struct upstream *u, struct exchange *x) {
  const struct http_bounds *http = &x->flow->http;
  u->in_body = true;
  if (u->answer.body == BODY_TUNNEL) u->send_ended = false;
  u->keep = u->answer.keep_alive;
  body_init(&u->body, u->answer.body, u->answer.length, http->chunk_extension_bytes_max,
            http->trailer_bytes_max);
  arm(u, (mono_ms)(u->answer.body == BODY_TUNNEL ? timeouts_of(u)->tunnel_idle
                                                 : timeouts_of(u)->origin_body));
  exchange_answered(x, &u->answer);
}

/* To a CONNECT of HTTP/2 any 2xx says that the tunnel stands, so only a true 101 may become one (RFC 8441 §5). */
static bool switches(const struct exchange *x, const struct message *answer) {
  if (answer->status != 101) return answer->status / 100 != 2;
  const struct header *h = message_find(answer, HEADER_SEC_WEBSOCKET_ACCEPT);
  char accept[WEBSOCKET_ACCEPT_LEN + 1];
  websocket_accept(x->id, accept);
  return h && span_eq(h->value, span_from(accept, WEBSOCKET_ACCEPT_LEN));
}

static bool answer_head(struct upstream *u, struct exchange *x, struct span head) {
  u->answer = (struct message){0};
  bool to_head = message_is(&x->request, SPAN("HEAD"));
  enum refusal why = h1_response(head, &u->answer, &x->arena, &x->flow->http, to_head,
                                 x->request.protocol.at != NULL);
  if (!why && x->request.http2 && x->request.protocol.at && !switches(x, &u->answer))
    why = REFUSED_UPGRADE_BAD;
  if (why) {
    fail(u, 502, refusal_text(why));
    return false;
  }
  u->scan = (struct h1_scan){0};
  if (u->answer.status / 100 == 1 && u->answer.status != 101)
    exchange_informed(x, &u->answer);
  else
    begin_body(u, x);
  return u->exchange == x;
}

/* Takes a head off the front of `*input`, perhaps together with what came before. False: done with this input. */
static bool take_head(struct upstream *u, struct exchange *x, struct span *input) {
  enum refusal why = REFUSED_NONE;
  uint32_t bytes_max = (uint32_t)x->flow->setup->limits.origin_head_bytes_max;
  if (u->in.bytes_max != bytes_max + LOOP_IN_BYTES) u->in.bytes_max = bytes_max + LOOP_IN_BYTES;
  enum h1_found found = h1_scan(&u->scan, *input, bytes_max, &why);
  if (found == H1_REFUSED) {
    fail(u, 502, refusal_text(why));
    return false;
  }
  if (found == H1_MORE) return false;
  struct span head = span_from(input->at + u->scan.skipped, u->scan.at - u->scan.skipped);
  *input = span_skip(*input, u->scan.at);
  return answer_head(u, x, head);
}

/* The exchange hears of the end after the connection was given back, so that its next request may use it. */
static void answer_ended(struct upstream *u, struct exchange *x) {
  struct message trailers = {0}, *found = NULL;
  if (buf_len(&u->in) &&
      h1_trailers(buf_span(&u->in), &trailers, &x->arena, &x->flow->http) == REFUSED_NONE &&
      trailers.header_count) {
    for (unsigned i = 0; i < trailers.header_count; i++) {
      trailers.headers[i].name = arena_copy(&x->arena, trailers.headers[i].name);
      trailers.headers[i].value = arena_copy(&x->arena, trailers.headers[i].value);
    }
    found = arena_take(&x->arena, sizeof(*found));
    if (found) *found = trailers;
  }
  exchange_answer_end(x, found);
}

/* False: done with this input, or with the exchange. */
static bool take_body(struct upstream *u, struct exchange *x, struct span *input) {
  struct span data;
  switch (body_next(&u->body, input, &data)) {
  case BODY_MORE: return false;
  case BODY_DATA:
    if (!exchange_answer_body(x, data) && u->exchange == x) upstream_pause(u, true);
    return u->exchange == x;
  case BODY_TRAILER: buf_put(&u->in, data); return true;
  case BODY_END:
    u->body.ended = true;
    if (input->len) u->keep = false; /* it says more than it was asked */
    answer_ended(u, x);
    return false;
  case BODY_REFUSED: fail(u, 502, refusal_text(u->body.refusal)); return false;
  }
  return false;
}

/* A head that came in parts is joined: `parts` holds it while `in` begins anew for what comes behind it. */
static void take(struct upstream *u, struct exchange *x, struct span input) {
  struct buf parts;
  buf_init(&parts, u->in.bytes_max);
  u->answered = true;
  if (!u->in_body && buf_len(&u->in)) {
    parts = u->in;
    buf_init(&u->in, parts.bytes_max);
    if (buf_put(&parts, input)) {
      input = buf_span(&parts);
    } else {
      buf_fini(&parts);
      fail(u, 502, "no memory for the head of the answer");
      return;
    }
  }
  while (u->exchange == x && !u->in_body) {
    if (!take_head(u, x, &input)) break;
  }
  if (u->exchange == x && !u->in_body && input.len) buf_put(&u->in, input);
  while (u->exchange == x && u->in_body) {
    if (!take_body(u, x, &input)) break;
  }
  buf_fini(&parts);
}

static void on_end(struct upstream *u, struct exchange *x, int err) {
  bool whole = u->in_body && (u->body.kind == BODY_UNTIL_CLOSE || u->body.kind == BODY_TUNNEL) &&
               err == ERR_CLOSED;
  if (!whole) {
    fail(u, 502, u->answered ? "closed in mid-answer" : "closed without an answer");
    return;
  }
  u->body.ended = true;
  u->keep = false;
  exchange_answer_end(x, NULL);
}

static void on_readable(struct upstream *u) {
  struct exchange *x = u->exchange;
  struct loop *l = u->origin->flow->loop;
  /* No more at once than the client takes at once: what it does not take is kept in memory. */
  size_t room = x->session->stream.burst < LOOP_IN_BYTES ? x->session->stream.burst : LOOP_IN_BYTES;
  if (x->session->held_bytes >= SESSION_HELD_MAX) room = SESSION_PIECE;
  ssize_t got = stream_read(&u->stream, l->in, room);
  if (got == ERR_AGAIN) return;
  if (got < 0) {
    on_end(u, x, (int)got);
    return;
  }
  if (u->in_body)
    arm(u, (mono_ms)(x->tunnel ? timeouts_of(u)->tunnel_idle : timeouts_of(u)->origin_body));
  take(u, x, span_from(l->in, (size_t)got));
}

/* ---- a connection's way ---- */

static void begin_request(struct upstream *u) {
  u->state = UPSTREAM_BUSY;
  stream_want_read(&u->stream, true);
  arm(u, (mono_ms)timeouts_of(u)->origin_answer);
  send_out(u);
}

static void go_on_with_handshake(struct upstream *u) {
  int err = tls_handshake(&u->stream, NULL);
  if (err == ERR_AGAIN) return;
  if (err)
    fail(u, 502, tls_reason(&u->stream));
  else
    begin_request(u);
}

static void on_connected(struct upstream *u) {
  int err = socket_connected(u->stream.watch.fd);
  if (err) {
    fail(u, 502, err_text(err));
    return;
  }
  if (!u->origin->tls) {
    begin_request(u);
    return;
  }
  err = tls_connect(&u->stream, u->origin->tls, u->origin->spec->host);
  if (err) {
    fail(u, 502, err_text(err));
    return;
  }
  u->state = UPSTREAM_HANDSHAKE;
  stream_want_read(&u->stream, true);
  go_on_with_handshake(u);
}

static void on_ready(struct stream *s, unsigned events) {
  struct upstream *u = upstream_of(s);
  switch (u->state) {
  case UPSTREAM_CONNECTING: on_connected(u); return;
  case UPSTREAM_HANDSHAKE: go_on_with_handshake(u); return;
  case UPSTREAM_IDLE: upstream_close(u); return;
  case UPSTREAM_CLOSING: return;
  case UPSTREAM_BUSY: break;
  }
  if (events & WATCH_WRITE) send_out(u);
  if (events & WATCH_READ && u->exchange) on_readable(u);
}

static bool give_request(struct upstream *u, struct exchange *x) {
  u->exchange = x;
  x->upstream = u;
  x->tries++;
  u->scan = (struct h1_scan){0};
  u->answered = u->in_body = u->keep = u->send_ended = u->body_sent = false;
  u->body = (struct body_reader){0};
  u->payload = 0;
  u->sends_chunks = rewrite_sends_chunks(&x->request);
  if (!rewrite_request(&u->out, x, u->origin)) return false;
  if (x->request.body != BODY_TUNNEL) exchange_pour(x);
  return true;
}

int upstream_open(struct origin *o, struct exchange *x) {
  struct upstream *u = calloc(1, sizeof(*u));
  if (!u) return 503;
  const struct origin_spec *spec = o->spec;
  int fd = -1;
  int err = socket_connect(&spec->addrs[o->next_addr % spec->addr_count], &fd);
  if (!err || err == ERR_AGAIN) {
    err = stream_open(&u->stream, o->flow->loop, fd, on_ready);
    if (err) close(fd);
  }
  if (err) {
    free(u);
    origin_complain(o, err_text(err));
    origin_failed(o);
    return 502;
  }
  const struct limits *limits = &o->flow->setup->limits;
  u->origin = o;
  o->refs++;
  o->open_count++;
  o->busy_count++;
  u->state = UPSTREAM_CONNECTING;
  u->deadline.expired = on_expired;
  u->flush.run = on_flush;
  buf_init(&u->out, (uint32_t)(limits->stream_window_bytes * 2 + limits->head_bytes_max * 2 +
                               LOOP_IN_BYTES));
  buf_init(&u->in, (uint32_t)limits->origin_head_bytes_max + LOOP_IN_BYTES);
  flow_count(o->flow, COUNTER_origin_connections);
  flow_count(o->flow, COUNTER_origin_open);
  watch_want(&u->stream.watch, WATCH_WRITE);
  arm(u, (mono_ms)timeouts_of(u)->origin_connect);
  if (give_request(u, x)) return 0;
  x->upstream = NULL;
  u->exchange = NULL;
  upstream_close(u);
  return 502;
}

void upstream_reuse(struct upstream *u, struct exchange *x) {
  require(u->state == UPSTREAM_IDLE);
  list_remove(&u->node);
  u->origin->idle_count--;
  u->origin->busy_count++;
  u->state = UPSTREAM_BUSY;
  u->reused = true;
  flow_count(u->origin->flow, COUNTER_origin_reused);
  arm(u, (mono_ms)timeouts_of(u)->origin_answer);
  if (give_request(u, x))
    send_later(u);
  else
    fail(u, 502, "the head is too long for the origin");
}

void upstream_pause(struct upstream *u, bool paused) {
  if (u->state != UPSTREAM_BUSY) return;
  stream_want_read(&u->stream, !paused);
  /* While the client is the slow one, its own deadline counts. */
  if (paused)
    deadline_clear(&u->deadline);
  else
    arm(u, (mono_ms)timeouts_of(u)->origin_body);
}

static bool may_be_kept(const struct upstream *u) {
  const struct origin *o = u->origin;
  return u->state == UPSTREAM_BUSY && u->keep && u->body.ended && u->exchange->request_ended &&
         buf_len(&u->out) == 0 && stream_clear(&u->stream) && !u->stream.broken &&
         o->idle_count < o->flow->setup->limits.origin_idle_max && !o->flow->draining;
}

void upstream_release(struct upstream **upstream) {
  struct upstream *u = *upstream;
  if (!u) return;
  *upstream = NULL;
  struct origin *o = u->origin;
  bool keep = may_be_kept(u);
  u->exchange = NULL;
  if (u->answered) origin_healed(o);
  if (!keep) {
    o->refs++; /* closing may drop the last one */
    upstream_close(u);
    origin_serve_waiting(o);
    origin_drop(&o);
    return;
  }
  buf_fini(&u->in);
  u->state = UPSTREAM_IDLE;
  u->idle_since = o->flow->loop->now;
  o->busy_count--;
  o->idle_count++;
  list_push(&o->idle, &u->node);
  stream_want_read(&u->stream, true);
  arm(u, (mono_ms)timeouts_of(u)->origin_keep_alive);
  origin_serve_waiting(o);
}
