// SPDX-License-Identifier: Apache-2.0
#include "proxy/flow/upstream_parts.h"
#include "proxy/tls/websocket.h"
#include "rules/base/err.h"

static void begin_body(struct upstream *u, struct exchange *x) {
  const struct http_bounds *http = &x->flow->http;
  u->in_body = true;
  if (u->answer.body == BODY_TUNNEL) u->send_ended = false;
  u->keep = u->answer.keep_alive;
  body_init(&u->body, u->answer.body, u->answer.length, http->chunk_extension_bytes_max,
            http->trailer_bytes_max);
  upstream_arm(u, (mono_ms)(u->answer.body == BODY_TUNNEL ? upstream_timeouts(u)->tunnel_idle
                                                          : upstream_timeouts(u)->origin_body));
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
    upstream_fail(u, 502, refusal_text(why));
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
    upstream_fail(u, 502, refusal_text(why));
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
  case BODY_REFUSED: upstream_fail(u, 502, refusal_text(u->body.refusal)); return false;
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
      upstream_fail(u, 502, "no memory for the head of the answer");
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
    upstream_fail(u, 502, u->answered ? "closed in mid-answer" : "closed without an answer");
    return;
  }
  u->body.ended = true;
  u->keep = false;
  exchange_answer_end(x, NULL);
}

void upstream_read_answer(struct upstream *u) {
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
    upstream_arm(u, (mono_ms)(x->tunnel ? upstream_timeouts(u)->tunnel_idle
                                        : upstream_timeouts(u)->origin_body));
  take(u, x, span_from(l->in, (size_t)got));
}
