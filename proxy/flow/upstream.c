// SPDX-License-Identifier: Apache-2.0
#include "proxy/flow/upstream.h"

#include "proxy/flow/rewrite.h"
#include "proxy/flow/upstream_parts.h"
#include "proxy/net/socket.h"
#include "proxy/tls/connection.h"
#include "rules/base/err.h"
#include "rules/base/log.h"
#include "rules/base/require.h"

#include <stdlib.h>
#include <unistd.h>

static struct upstream *upstream_of(struct stream *s) {
  return LIST_OF(s, struct upstream, stream);
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
void upstream_fail(struct upstream *u, int status, const char *why) {
  struct exchange *x = u->exchange;
  u->exchange = NULL;
  /* A name may have an address where nobody listens (::1 of localhost): that is no failure before all were tried. */
  bool unreached = u->state == UPSTREAM_CONNECTING;
  if (unreached) u->origin->next_addr++;
  bool has_another = unreached && x && x->tries < u->origin->spec->addr_count;
  if (!has_another && u->state != UPSTREAM_IDLE && !(u->reused && !u->answered)) {
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
  case UPSTREAM_HANDSHAKE: upstream_fail(u, 504, "no connection within origin_connect"); break;
  case UPSTREAM_BUSY:
    if (u->in_body)
      upstream_fail(u, 504, "no byte of the body within origin_body");
    else
      upstream_fail(u, 504, "no answer within origin_answer");
    break;
  case UPSTREAM_IDLE: upstream_close(u); break;
  case UPSTREAM_CLOSING: break;
  }
}

/* ---- a connection's way ---- */

static void begin_request(struct upstream *u) {
  u->state = UPSTREAM_BUSY;
  stream_want_read(&u->stream, true);
  upstream_arm(u, (mono_ms)upstream_timeouts(u)->origin_answer);
  upstream_send_out(u);
}

static void go_on_with_handshake(struct upstream *u) {
  int err = tls_handshake(&u->stream, NULL);
  if (err == ERR_AGAIN) return;
  if (err)
    upstream_fail(u, 502, tls_reason(&u->stream));
  else
    begin_request(u);
}

static void on_connected(struct upstream *u) {
  int err = socket_connected(u->stream.watch.fd);
  if (err) {
    upstream_fail(u, 502, err_text(err));
    return;
  }
  if (!u->origin->tls) {
    begin_request(u);
    return;
  }
  err = tls_connect(&u->stream, u->origin->tls, u->origin->spec->host);
  if (err) {
    upstream_fail(u, 502, err_text(err));
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
  if (events & WATCH_WRITE) upstream_send_out(u);
  if (events & WATCH_READ && u->exchange) upstream_read_answer(u);
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
  int fd = -1, err = ERR_IO;
  for (size_t i = 0; i < spec->addr_count; i++) {
    err = socket_connect(&spec->addrs[o->next_addr % spec->addr_count], &fd);
    if (!err || err == ERR_AGAIN) break;
    o->next_addr++;
  }
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
  u->flush.run = upstream_on_flush;
  buf_init(&u->out, (uint32_t)(limits->stream_window_bytes * 2 + limits->head_bytes_max * 2 +
                               LOOP_IN_BYTES));
  buf_init(&u->in, (uint32_t)limits->origin_head_bytes_max + LOOP_IN_BYTES);
  flow_count(o->flow, COUNTER_origin_connections);
  flow_count(o->flow, COUNTER_origin_open);
  watch_want(&u->stream.watch, WATCH_WRITE);
  upstream_arm(u, (mono_ms)upstream_timeouts(u)->origin_connect);
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
  upstream_arm(u, (mono_ms)upstream_timeouts(u)->origin_answer);
  if (give_request(u, x))
    upstream_send_later(u);
  else
    upstream_fail(u, 502, "the head is too long for the origin");
}

void upstream_pause(struct upstream *u, bool paused) {
  if (u->state != UPSTREAM_BUSY) return;
  stream_want_read(&u->stream, !paused);
  /* While the client is the slow one, its own deadline counts. */
  if (paused)
    deadline_clear(&u->deadline);
  else
    upstream_arm(u, (mono_ms)upstream_timeouts(u)->origin_body);
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
  upstream_arm(u, (mono_ms)upstream_timeouts(u)->origin_keep_alive);
  origin_serve_waiting(o);
}
