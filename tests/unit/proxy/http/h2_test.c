// SPDX-License-Identifier: Apache-2.0
#include "proxy/http/h2.h"

#include "rules/base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

enum { STREAMS_MAX = 4, RESETS = 10, CONTROLS = 50, NOW = 1000, REQUESTS_MAX = 256 };
enum {
  DATA = 0,
  HEADERS = 1,
  RST_STREAM = 3,
  SETTINGS = 4,
  PING = 6,
  GOAWAY = 7,
  WINDOW_UPDATE = 8
};
enum { END_STREAM = 1, END_HEADERS = 4 };

static const struct http_bounds HTTP = {
    .head_bytes_max = 1024, .header_count_max = 16, .url_bytes_max = 256, .trailer_bytes_max = 256};
static const struct h2_bounds BOUNDS = {STREAMS_MAX, 65535, 65535, RESETS, 1, CONTROLS, 1};

/* What the session told of each request, in the order in which they began. */
struct request {
  struct h2_stream stream;
  struct arena arena;
  struct message message;
  size_t body_bytes;
  unsigned trailer_count;
  bool head, end, closed;
  uint32_t code;
};

static struct h2 *h2;
static struct request *requests[REQUESTS_MAX];
static unsigned request_count;
static struct buf sent;

static struct request *request_of(struct h2_stream *s) {
  return (struct request *)((char *)s - offsetof(struct request, stream));
}

static struct h2_stream *on_begin(void *owner, struct message **m, struct arena **a) {
  struct request *r = calloc(1, sizeof(*r));
  assert_true(r && request_count < REQUESTS_MAX);
  requests[request_count++] = r;
  arena_init(&r->arena, NULL, 0, 1 << 18);
  buf_init(&r->stream.out, 1 << 16);
  *m = &r->message;
  *a = &r->arena;
  return &r->stream;
}

static void on_head(struct h2_stream *s, bool end) {
  request_of(s)->head = true;
  request_of(s)->end = end;
}

static void on_body(struct h2_stream *s, struct span bytes) {
  request_of(s)->body_bytes += bytes.len;
}

static void on_end(struct h2_stream *s, struct message *trailers) {
  request_of(s)->end = true;
  request_of(s)->trailer_count = trailers ? trailers->header_count : 0;
}

static void on_drained(struct h2_stream *s, uint32_t len) {}

static void on_closed(struct h2_stream *s, uint32_t code) {
  struct request *r = request_of(s);
  assert_false(r->closed);
  r->closed = true;
  r->code = code;
}

static bool on_write(void *owner, struct span bytes) {
  return buf_put(&sent, bytes);
}

static const struct h2_events EVENTS = {on_begin,   on_head,   on_body, on_end,
                                        on_drained, on_closed, on_write};

static int begin(void **state) {
  request_count = 0;
  buf_init(&sent, 1 << 20);
  h2 = h2_new(NULL, &EVENTS, &HTTP, &BOUNDS, NOW);
  return h2 ? h2_feed(h2, SPAN("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"), NOW) : -1;
}

static int end(void **state) {
  h2_free(&h2);
  for (unsigned i = 0; i < request_count; i++) {
    buf_fini(&requests[i]->stream.out);
    arena_fini(&requests[i]->arena);
    free(requests[i]);
  }
  buf_fini(&sent);
  return 0;
}

static int feed(uint8_t type, uint8_t flags, uint32_t id, struct span payload) {
  char frame[4096] = {0,           (char)(payload.len >> 8), (char)payload.len, (char)type,
                      (char)flags, (char)(id >> 24),         (char)(id >> 16),  (char)(id >> 8),
                      (char)id};
  assert_true(payload.len <= sizeof(frame) - 9);
  if (payload.len) memcpy(frame + 9, payload.at, payload.len);
  int err = h2_feed(h2, span_from(frame, 9 + payload.len), NOW);
  return err ? err : h2_drain(h2);
}

/* HPACK (RFC 7541): :method GET or POST, :scheme https, :path /, :authority a, then `more`. */
static int ask(uint32_t id, bool post, bool last, struct span more) {
  char block[3000] = {(char)(post ? 0x83 : 0x82), (char)0x87, (char)0x84, 0x41, 1, 'a'};
  memcpy(block + 6, more.at, more.len);
  return feed(HEADERS, (uint8_t)(END_HEADERS | (last ? END_STREAM : 0)), id,
              span_from(block, 6 + more.len));
}

/* Whether a frame of this type was sent; its payload's bytes 0 to 8 in `payload`. */
static bool was_sent(uint8_t type, uint8_t payload[8]) {
  struct span left = buf_span(&sent);
  while (left.len >= 9) {
    const uint8_t *at = (const uint8_t *)left.at;
    size_t len = (size_t)at[0] << 16 | (size_t)at[1] << 8 | at[2];
    if (at[3] == type) {
      if (payload) memcpy(payload, at + 9, len < 8 ? len : 8);
      return true;
    }
    left = span_skip(left, 9 + len);
  }
  return false;
}

static void a_request_is_heard_and_answered(void **state) {
  struct message answer = {.status = 200};
  assert_int_equal(ask(1, false, true, SPAN("")), OK);
  assert_int_equal(request_count, 1);
  struct request *r = requests[0];
  assert_true(r->head && r->end);
  assert_int_equal(r->stream.refusal, REFUSED_NONE);
  assert_true(span_eq(r->message.method, SPAN("GET")) && span_eq(r->message.path, SPAN("/")));
  assert_true(span_eq(r->message.host, SPAN("a")));
  buf_reset(&sent);
  buf_put(&r->stream.out, SPAN("hello"));
  r->stream.out_ended = true;
  assert_int_equal(h2_respond(h2, &r->stream, &answer, true), OK);
  assert_int_equal(h2_drain(h2), OK);
  uint8_t payload[8] = {0};
  assert_true(was_sent(DATA, payload));
  assert_memory_equal(payload, "hello", 5);
  assert_true(r->closed);
  assert_int_equal(r->code, H2_NO_ERROR);
  assert_int_equal(h2_streams(h2), 0);
}

static void an_upload_brings_its_body_and_trailers(void **state) {
  assert_int_equal(ask(1, true, false, SPAN("")), OK);
  assert_int_equal(feed(DATA, 0, 1, SPAN("hello")), OK);
  assert_false(requests[0]->end);
  assert_int_equal(feed(HEADERS, END_HEADERS | END_STREAM, 1,
                        SPAN("\0\5x-sum\1"
                             "1")),
                   OK);
  assert_int_equal(requests[0]->body_bytes, 5);
  assert_true(requests[0]->end);
  assert_int_equal(requests[0]->trailer_count, 1);
}

/* RFC 9113 §8.1.1. */
static void a_body_of_another_length_is_reset(void **state) {
  assert_int_equal(ask(1, true, false,
                       SPAN("\0\16content-length\1"
                            "9")),
                   OK);
  assert_int_equal(feed(DATA, END_STREAM, 1, SPAN("hello")), OK);
  assert_true(was_sent(RST_STREAM, NULL));
  assert_true(requests[0]->closed && !requests[0]->end);
}

static void a_head_past_its_bound_is_431(void **state) {
  char more[1200] = {0,   1,          'x',
                     127, (char)0xb3, 7}; /* a value of 127 + 0x33 + 7 * 128 = 1074 bytes */
  memset(more + 6, 'v', 1074);
  assert_int_equal(ask(1, false, true, span_from(more, 6 + 1074)), OK);
  assert_true(requests[0]->head);
  assert_int_equal(refusal_status(requests[0]->stream.refusal), 431);
}

static void rapid_reset_ends_the_connection(void **state) {
  int err = OK;
  uint32_t id = 1;
  for (; !err && id < 400; id += 2) {
    err = ask(id, false, true, SPAN(""));
    if (!err) err = feed(RST_STREAM, 0, id, SPAN("\0\0\0\10"));
  }
  assert_int_equal(err, ERR_PROTOCOL);
  assert_true(h2_abused(h2));
  assert_int_equal(request_count, RESETS + 1);
  uint8_t payload[8] = {0};
  h2_drain(h2);
  assert_true(was_sent(GOAWAY, payload));
  assert_int_equal(payload[7], H2_ENHANCE_YOUR_CALM);
}

/* The mirror of rapid reset: the client's errors make us reset (CVE-2025-8671). */
static void provoked_resets_end_it_too(void **state) {
  int err = OK;
  for (uint32_t id = 1; !err && id < 400; id += 2) {
    err = ask(id, true, false, SPAN(""));
    if (!err) err = feed(WINDOW_UPDATE, 0, id, SPAN("\x7f\xff\xff\xff")); /* past 2^31 - 1 */
  }
  assert_int_equal(err, ERR_PROTOCOL);
  assert_true(h2_abused(h2));
  assert_true(request_count <= RESETS + 1);
}

static void frames_that_carry_nothing_are_bounded(void **state) {
  int err = OK;
  unsigned pings = 0;
  while (!err && pings < 1000) {
    err = feed(PING, 0, 0, SPAN("12345678"));
    pings++;
  }
  assert_int_equal(err, ERR_PROTOCOL);
  assert_true(pings > CONTROLS / 2 && pings <= CONTROLS + 1);
}

static void the_allowance_returns_with_time(void **state) {
  struct span ping = SPAN("\0\0\10\6\0\0\0\0\0"
                          "12345678");
  for (mono_ms at = NOW; at < NOW + 1000000; at += 2000) {
    assert_int_equal(h2_feed(h2, ping, at), OK);
    assert_int_equal(h2_drain(h2), OK);
    buf_reset(&sent);
  }
  assert_false(h2_abused(h2));
}

static void an_orderly_end_serves_what_began(void **state) {
  struct message answer = {.status = 204};
  assert_int_equal(ask(1, false, true, SPAN("")), OK);
  h2_shutdown(h2);
  assert_int_equal(h2_drain(h2), OK);
  uint8_t payload[8] = {0};
  assert_true(was_sent(GOAWAY, payload));
  assert_int_equal(payload[3], 1);
  assert_int_equal(payload[7], H2_NO_ERROR);
  assert_false(h2_done(h2));
  assert_int_equal(h2_respond(h2, &requests[0]->stream, &answer, false), OK);
  assert_int_equal(h2_drain(h2), OK);
  assert_true(requests[0]->closed && h2_done(h2));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_request_is_heard_and_answered),       TEST(an_upload_brings_its_body_and_trailers),
      TEST(a_body_of_another_length_is_reset),     TEST(a_head_past_its_bound_is_431),
      TEST(rapid_reset_ends_the_connection),       TEST(provoked_resets_end_it_too),
      TEST(frames_that_carry_nothing_are_bounded), TEST(the_allowance_returns_with_time),
      TEST(an_orderly_end_serves_what_began),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
