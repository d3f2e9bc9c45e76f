// SPDX-License-Identifier: Apache-2.0
// room: proxy/http
/* A client that sends anything after the preface, in pieces, with time passing: every stream that began is closed once,
 * every good head is good, and what a client may make us do for nothing stays bounded. */
#include "proxy/http/h2.h"

#include "rules/base/err.h"
#include "rules/base/list.h"
#include "rules/base/require.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct http_bounds HTTP = {.head_bytes_max = 4096,
                                        .header_count_max = 32,
                                        .url_bytes_max = 512,
                                        .trailer_bytes_max = 1024};
static const struct h2_bounds BOUNDS = {.streams_max = 8,
                                        .stream_window_bytes = 65535,
                                        .connection_window_bytes = 65535,
                                        .resets_burst = 10,
                                        .resets_per_second = 1,
                                        .control_burst = 100,
                                        .control_per_second = 10};

struct request {
  struct h2_stream stream;
  struct list node;
  struct arena arena;
  struct message message, response, trailers;
  uint64_t taken; /* of the body, not yet consumed */
  bool head_seen, ended;
};

struct client {
  struct h2 *h2;
  struct list open;
  unsigned open_count;
  uint64_t written;
  bool choked; /* the connection takes nothing for now */
};

/* One at a time: libFuzzer runs one input after the other. */
static struct client client;

static struct request *request_of(struct h2_stream *s) {
  return LIST_OF(s, struct request, stream);
}

static struct h2_stream *on_begin(void *owner, struct message **m, struct arena **a) {
  struct request *r = calloc(1, sizeof(*r));
  require(r);
  require(client.open_count < BOUNDS.streams_max);
  client.open_count++;
  list_push(&client.open, &r->node);
  arena_init(&r->arena, NULL, 0, 1 << 18);
  buf_init(&r->stream.out, 1 << 16);
  *m = &r->message;
  *a = &r->arena;
  return &r->stream;
}

static void check_good(const struct message *m) {
  require(header_is_token(m->method));
  for (unsigned i = 0; i < m->header_count; i++) {
    require(header_is_token(m->headers[i].name) && header_is_value(m->headers[i].value));
    require(m->headers[i].id != HEADER_TRANSFER_ENCODING && m->headers[i].id != HEADER_CONNECTION);
  }
  require(m->path.len > 0 && (m->path.at[0] == '/' || span_eq(m->path, SPAN("*"))));
  require(m->host.len > 0);
}

static void respond(struct request *r) {
  r->response.status = r->stream.refusal ? refusal_status(r->stream.refusal) : 200;
  bool body = r->stream.id % 4 == 1;
  if (r->stream.id % 3 == 0) {
    struct message early = {.status = 103};
    h2_inform(client.h2, &r->stream, &early);
  }
  h2_respond(client.h2, &r->stream, &r->response, body);
  if (!body) return;
  buf_put(&r->stream.out, SPAN("0123456789abcdef0123456789abcdef"));
  if (r->stream.id % 8 == 1) {
    message_add(&r->trailers, &r->arena, SPAN("x-sum"), SPAN("1"), 8);
    r->stream.trailers = &r->trailers;
  }
  r->stream.out_ended = true;
  h2_ready(client.h2, &r->stream);
}

static void on_head(struct h2_stream *s, bool end) {
  struct request *r = request_of(s);
  require(!r->head_seen && !s->closed);
  r->head_seen = true;
  r->ended = end;
  if (!s->refusal) check_good(&r->message);
  if (end || s->refusal) respond(r);
}

static void on_body(struct h2_stream *s, struct span bytes) {
  struct request *r = request_of(s);
  require(r->head_seen && !r->ended);
  r->taken += bytes.len;
  require(r->taken <= BOUNDS.stream_window_bytes);
  if (r->taken > 1000) {
    h2_consumed(client.h2, s, r->taken);
    r->taken = 0;
  }
}

static void on_end(struct h2_stream *s, struct message *trailers) {
  struct request *r = request_of(s);
  require(r->head_seen && !r->ended);
  r->ended = true;
  if (!s->refusal) respond(r);
}

static void on_drained(struct h2_stream *s, uint32_t len) {
  require(len > 0);
}

static void on_closed(struct h2_stream *s, uint32_t code) {
  struct request *r = request_of(s);
  require(s->closed);
  client.open_count--;
  list_remove(&r->node);
  buf_fini(&s->out);
  arena_fini(&r->arena);
  free(r);
}

static bool on_write(void *owner, struct span bytes) {
  if (client.choked) return false;
  client.written += bytes.len;
  return true;
}

static const struct h2_events EVENTS = {on_begin,   on_head,   on_body, on_end,
                                        on_drained, on_closed, on_write};

/* One byte says how much comes at once and what happens before: time, a drain, a choked connection, a shutdown. */
static int play(struct span in) {
  mono_ms now = 1000;
  int err = OK;
  while (in.len > 1 && !err) {
    uint8_t how = (uint8_t)in.at[0];
    size_t len = 1 + (how & 0x3f) * 8;
    in = span_skip(in, 1);
    if (len > in.len) len = in.len;
    now += how & 0x40 ? 500 : 0;
    client.choked = (how & 0xc0) == 0x80;
    err = h2_feed(client.h2, span_from(in.at, len), now);
    if (how == 0xff) h2_shutdown_notice(client.h2);
    if (!err) err = h2_drain(client.h2);
    require(h2_streams(client.h2) == client.open_count);
    in = span_skip(in, len);
  }
  return err;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  client = (struct client){0};
  list_init(&client.open);
  client.h2 = h2_new(&client, &EVENTS, &HTTP, &BOUNDS, 1000);
  require(client.h2);
  int err = h2_feed(client.h2, SPAN("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 1000);
  if (!err) err = play(span_from(data, size));
  require(!err || err == ERR_PROTOCOL || err == ERR_MEMORY);
  client.choked = false;
  h2_drain(client.h2);
  /* What a client gets for its bytes is bounded: answers of a few words, and acknowledgements. */
  require(client.written <= 4096 + size * 64);
  /* The session ends its streams through `closed`, or leaves them to who owns them. */
  h2_free(&client.h2);
  while (!list_empty(&client.open)) {
    struct request *r = LIST_OF(client.open.next, struct request, node);
    r->stream.closed = true;
    on_closed(&r->stream, 0);
  }
  require(client.open_count == 0);
  return 0;
}
