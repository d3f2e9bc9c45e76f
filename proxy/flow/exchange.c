// SPDX-License-Identifier: Apache-2.0
#include "proxy/flow/exchange.h"

#include "proxy/flow/access.h"
#include "proxy/flow/address.h"
#include "proxy/flow/enforce.h"
#include "proxy/flow/front.h"
#include "proxy/flow/judge.h"
#include "proxy/flow/page.h"
#include "proxy/flow/prints.h"
#include "proxy/flow/routes.h"
#include "proxy/flow/strike.h"
#include "proxy/flow/upstream.h"
#include "rules/base/require.h"

#include <stdlib.h>

enum { ARENA_MAX = 1 << 20, SPARE_MAX = 256, OUT_KEPT = 4096, STATUS_CLIENT_GONE = 499 };

/* ---- beginning and end ---- */

struct exchange *exchange_new(struct session *s) {
  struct flow *f = s->flow;
  struct list *spare = list_pop(&f->spare);
  struct exchange *x = spare ? LIST_OF(spare, struct exchange, node) : malloc(sizeof(*x));
  if (!x) return NULL;
  if (spare) f->spare_count--;
  struct buf out = spare ? x->h2.out : (struct buf){0};
  memset(x, 0, offsetof(struct exchange, arena));
  x->h2.out = out;
  arena_init(&x->arena, x->first, sizeof(x->first), ARENA_MAX);
  x->flow = f;
  x->session = s;
  x->routes = routes_hold(f->routes);
  x->judge = judge_hold(f->judge);
  x->client = s->client;
  x->port = s->port;
  x->site = SIZE_MAX;
  x->verdict = "allow";
  x->began_real = loop_real(f->loop);
  x->began_us = loop_clock_us();
  x->client_sent_at = x->client_took_at = x->rate_since = f->loop->now;
  buf_init(&x->upload, (uint32_t)f->setup->limits.stream_window_bytes + LOOP_IN_BYTES);
  x->h2.out.bytes_max = (uint32_t)f->setup->limits.response_buffer_bytes_max + 4 * LOOP_IN_BYTES;
  buf_reset(&x->h2.out);
  flow_make_id(f, x->id);
  flow_count(f, COUNTER_exchanges_open);
  s->requests++;
  return x;
}

static void count_response(struct exchange *x) {
  static const enum counter CLASSES[] = {COUNTER_responses_1xx, COUNTER_responses_2xx,
                                         COUNTER_responses_3xx, COUNTER_responses_4xx,
                                         COUNTER_responses_5xx};
  struct counters *c = &x->flow->loop->counters;
  if (x->status >= 100 && x->status < 600) counters_add(c, CLASSES[x->status / 100 - 1], 1);
  if (x->cut) counters_add(c, COUNTER_responses_cut, 1);
  counters_add(c, COUNTER_bytes_in, (int64_t)x->bytes_in);
  counters_add(c, COUNTER_bytes_out, (int64_t)x->bytes_out);
  counters_add(c, COUNTER_exchanges_open, -1);
}

static void forget_upload(struct exchange *x) {
  if (x->inspected && x->upload.at) explicit_bzero(x->upload.at, x->upload.cap);
  buf_fini(&x->upload);
}

void exchange_end(struct exchange **exchange) {
  struct exchange *x = *exchange;
  if (!x) return;
  *exchange = NULL;
  require(!x->ended);
  x->ended = true;
  struct flow *f = x->flow;
  origin_forget(x);
  if (x->ruling) deadline_clear(&x->ruling->tarpit);
  judge_end(x);
  if (!x->response_ended) x->cut = true;
  if (!x->status) x->status = STATUS_CLIENT_GONE;
  upstream_release(&x->upstream);
  count_response(x);
  access_write(x);
  routes_drop(&x->routes);
  judge_drop(&x->judge);
  arena_fini(&x->arena);
  forget_upload(x);
  if (x->h2.out.cap > OUT_KEPT) buf_fini(&x->h2.out);
  if (f->spare_count < SPARE_MAX) {
    f->spare_count++;
    x->node = (struct list){0};
    list_push(&f->spare, &x->node);
  } else {
    buf_fini(&x->h2.out);
    free(x);
  }
}

/* ---- the request ---- */

static void ask_origin(struct exchange *x) {
  struct site_route *route = &x->routes->sites[x->site];
  struct origin *o = origin_choose(route->origins, route->count, x->flow->loop->now);
  int status = origin_assign(o, x);
  if (status) exchange_failed(x, status);
}

/* With its body, or with what there is of one that cannot be read. `x` may be gone. */
static void go_on_with_body(struct exchange *x, bool whole) {
  x->holding = false;
  judge_body(x, buf_span(&x->upload), whole);
  if (enforce(x)) ask_origin(x);
}

static uint64_t hold_max(const struct exchange *x) {
  const struct limits *l = &x->flow->setup->limits;
  return l->inspect_bytes_max < l->stream_window_bytes ? l->inspect_bytes_max
                                                       : l->stream_window_bytes;
}

/* All room is taken at once: a buffer that grows would leave copies of a password behind. */
static void hold_body(struct exchange *x) {
  const struct message *m = &x->request;
  uint64_t room = m->body == BODY_LENGTH ? m->length : hold_max(x) + LOOP_IN_BYTES;
  bool holds = !x->skips_body && !x->request_ended &&
               (m->body == BODY_CHUNKED || m->body == BODY_LENGTH) &&
               (m->body == BODY_CHUNKED || m->length <= hold_max(x)) && buf_room(&x->upload, room);
  x->inspected = !x->skips_body;
  x->holding = holds;
  if (!holds) go_on_with_body(x, x->request_ended);
}

void exchange_start(struct exchange *x) {
  struct flow *f = x->flow;
  flow_count(f, x->request.http2 ? COUNTER_requests_h2 : COUNTER_requests_h1);
  prints_headers(x);
  if (!x->refusal) {
    x->client = address_of_client(f->setup, &x->request, x->client);
    x->site = routes_find(x->routes, x->request.host);
    if (x->site == SIZE_MAX) x->refusal = REFUSED_HOST_UNKNOWN;
  }
  if (x->refusal) {
    flow_count(f, COUNTER_requests_refused);
    x->verdict = "refused";
    page_answer(x, refusal_status(x->refusal));
    return;
  }
  if (x->session->terms->redirect_https) {
    page_redirect_https(x);
    return;
  }
  judge_head(x);
  if (!enforce(x)) return;
  if (x->request.expects_continue) x->session->front->inform(x, &(struct message){.status = 100});
  if (judge_wants_body(x))
    hold_body(x);
  else
    ask_origin(x);
}

void exchange_go_on(struct exchange *x) {
  ask_origin(x);
}

void exchange_repeat(struct exchange *x) {
  x->paused = false;
  ask_origin(x);
}

void exchange_body(struct exchange *x, struct span bytes) {
  x->bytes_in += bytes.len;
  x->client_sent_at = x->flow->loop->now;
  if (x->response_ended || x->cut) return; /* nobody wants it */
  x->unconsumed += bytes.len;
  if (x->ruling && x->ruling->tarpit.expired) {
    exchange_sent(x, bytes.len);
    return;
  }
  bool early = x->request.body == BODY_TUNNEL && !x->tunnel;
  if (x->upstream && !early)
    upstream_send_body(x->upstream, bytes);
  else
    require(buf_put(&x->upload, bytes)); /* at most one window, which is less than its bound */
  if (x->holding && buf_len(&x->upload) > hold_max(x)) go_on_with_body(x, false);
}

void exchange_pour(struct exchange *x) {
  if (buf_len(&x->upload)) {
    upstream_send_body(x->upstream, buf_span(&x->upload));
    forget_upload(x);
  }
  if (x->request_ended && !x->tunnel) upstream_send_end(x->upstream, NULL);
}

void exchange_body_end(struct exchange *x, struct message *trailers) {
  x->request_ended = true;
  if (x->holding) {
    go_on_with_body(x, true);
    return;
  }
  if (x->upstream && (x->request.body != BODY_TUNNEL || x->tunnel))
    upstream_send_end(x->upstream, trailers);
}

void exchange_sent(struct exchange *x, size_t bytes) {
  x->unconsumed -= bytes < x->unconsumed ? bytes : x->unconsumed;
  x->client_sent_at = x->flow->loop->now; /* until now it was we who did not take more */
  x->session->front->consumed(x, bytes);
}

void exchange_refuse(struct exchange *x, enum refusal why) {
  x->refusal = why;
  x->holding = false;
  flow_count(x->flow, COUNTER_requests_refused);
  origin_forget(x);
  upstream_release(&x->upstream);
  if (x->response_begun) {
    x->cut = true;
    x->session->front->cut(x);
    return;
  }
  x->verdict = "refused";
  page_answer(x, refusal_status(why));
}

/* ---- the response ---- */

void exchange_informed(struct exchange *x, struct message *m) {
  if (m->status != 100 && x->request.minor > 0) x->session->front->inform(x, m);
}

static void begin_response(struct exchange *x, struct message *m) {
  x->response_begun = true;
  x->status = m->status;
  x->client_took_at = x->rate_since = x->flow->loop->now;
  x->session->front->respond(x, m);
}

void exchange_answered(struct exchange *x, struct message *m) {
  x->answered_us = loop_clock_us();
  judge_answer(x, m);
  if (m->body == BODY_TUNNEL) x->tunnel = true;
  begin_response(x, m);
  if (x->tunnel && x->upstream) {
    x->request_ended = false;
    exchange_pour(x);
  }
}

bool exchange_answer_body(struct exchange *x, struct span bytes) {
  x->bytes_out += bytes.len;
  x->paused = !x->session->front->body(x, bytes);
  return !x->paused;
}

void exchange_answer_end(struct exchange *x, struct message *trailers) {
  x->response_ended = true;
  upstream_release(&x->upstream);
  x->session->front->finish(x, trailers);
}

void exchange_answer_ours(struct exchange *x, struct message *m, struct span body) {
  begin_response(x, m);
  if (body.len) {
    x->bytes_out += body.len;
    x->session->front->body(x, body);
  }
  x->response_ended = true;
  x->session->front->finish(x, NULL);
}

void exchange_failed(struct exchange *x, int status) {
  x->upstream = NULL;
  if (!x->response_begun) {
    page_answer(x, status);
    return;
  }
  x->cut = true;
  x->session->front->cut(x);
}

void exchange_drained(struct exchange *x) {
  if (!x->paused) return;
  x->paused = false;
  if (x->upstream) upstream_pause(x->upstream, false);
}

/* ---- slowness ---- */

mono_ms exchange_patience(const struct flow *f) {
  const struct timeouts *t = &f->setup->timeouts;
  uint64_t least = t->request_body < t->response_write ? t->request_body : t->response_write;
  return least / 4 < 5000 ? (mono_ms)(least / 4) + 1 : 5000;
}

static void cut(struct exchange *x) {
  x->cut = true;
  flow_count(x->flow, COUNTER_closed_slow);
  strike(x->session, STRIKE_SLOW);
  x->session->front->cut(x);
}

static bool too_slow(uint64_t bytes, mono_ms elapsed, uint64_t per_second) {
  return bytes * 1000 < per_second * (uint64_t)elapsed;
}

/* The request's body: the client owes it, nothing of ours holds it up. */
static bool sender_is_slow(struct exchange *x, mono_ms now) {
  const struct setup *s = x->flow->setup;
  if (x->request_ended || (x->unconsumed && !x->holding) || x->response_begun) return false;
  if (now - x->client_sent_at > (mono_ms)s->timeouts.request_body) return true;
  mono_ms elapsed = now - x->rate_since;
  if (elapsed < (mono_ms)s->timeouts.request_body) return false;
  bool slow = too_slow(x->bytes_in - x->rate_in, elapsed, s->limits.slow_body_bytes_per_second);
  x->rate_since = now;
  x->rate_in = x->bytes_in;
  return slow;
}

static bool reader_is_slow(struct exchange *x, uint64_t took, mono_ms now) {
  const struct setup *s = x->flow->setup;
  if (now - x->client_took_at > (mono_ms)s->timeouts.response_write) return true;
  mono_ms elapsed = now - x->rate_since;
  if (elapsed < (mono_ms)s->timeouts.response_write) return false;
  bool slow = too_slow(took - x->rate_took, elapsed, s->limits.slow_reader_bytes_per_second);
  x->rate_since = now;
  x->rate_took = took;
  return slow;
}

bool exchange_expire(struct exchange *x, bool waiting, uint64_t took) {
  mono_ms now = x->flow->loop->now;
  const struct timeouts *t = &x->flow->setup->timeouts;
  if (x->cut) return false;
  if (took != x->took_bytes || !waiting) {
    x->took_bytes = took;
    x->client_took_at = now;
  }
  if (x->waits_for && now - x->waits_since > (mono_ms)t->origin_wait) {
    origin_forget(x);
    exchange_failed(x, 503);
    return true;
  }
  if (x->tunnel) return false; /* the upstream's deadline is the tunnel's */
  if (sender_is_slow(x, now)) {
    strike(x->session, STRIKE_SLOW);
    exchange_refuse(x, REFUSED_SLOW_BODY);
    return true;
  }
  if (waiting && reader_is_slow(x, took, now)) {
    cut(x);
    return true;
  }
  return false;
}
