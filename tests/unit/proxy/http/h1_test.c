// SPDX-License-Identifier: Apache-2.0
#include "proxy/http/h1.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const struct http_bounds BOUNDS = {.head_bytes_max = 4096,
                                          .header_count_max = 8,
                                          .url_bytes_max = 64,
                                          .chunk_extension_bytes_max = 16,
                                          .trailer_bytes_max = 256};

/* One test's memory. */
static struct arena arena;

static int arena_begin(void **state) {
  arena_init(&arena, NULL, 0, 1 << 20);
  return 0;
}

static int arena_end(void **state) {
  arena_fini(&arena);
  return 0;
}

/* As a front does it: scan, then parse. */
static enum refusal request(const char *text, struct message *m) {
  struct h1_scan scan = {0};
  enum refusal why = REFUSED_NONE;
  *m = (struct message){0};
  enum h1_found found = h1_scan(&scan, span_of(text), BOUNDS.head_bytes_max, &why);
  assert_int_not_equal(found, H1_MORE);
  if (found == H1_REFUSED) return why;
  assert_int_equal(scan.at, strlen(text));
  return h1_request(span_from(text + scan.skipped, scan.at - scan.skipped), m, &arena, &BOUNDS);
}

static void a_request_comes_apart(void **state) {
  struct message m;
  assert_int_equal(
      request("GET /a/b?c=d?e HTTP/1.1\r\nHost: WWW.Example.kz:8443\r\nX-A:  1 \r\n\r\n", &m),
      REFUSED_NONE);
  assert_true(span_eq(m.method, SPAN("GET")));
  assert_true(span_eq(m.path, SPAN("/a/b")));
  assert_true(span_eq(m.query, SPAN("?c=d?e")));
  assert_true(span_eq(m.host, SPAN("www.example.kz")));
  assert_int_equal(m.header_count, 2);
  assert_true(span_eq(m.headers[1].name, SPAN("X-A")));
  assert_true(span_eq(m.headers[1].value, SPAN("1")));
  assert_int_equal(m.body, BODY_NONE);
  assert_true(m.keep_alive);
}

static void a_head_is_found_however_it_is_cut(void **state) {
  static const char IN[] = "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\nNEXT";
  for (size_t piece = 1; piece < sizeof(IN); piece++) {
    struct h1_scan s = {0};
    enum refusal why = REFUSED_NONE;
    enum h1_found found = H1_MORE;
    for (size_t len = piece; found == H1_MORE; len += piece) {
      if (len > sizeof(IN) - 1) len = sizeof(IN) - 1;
      found = h1_scan(&s, span_from(IN, len), 4096, &why);
    }
    assert_int_equal(found, H1_HEAD);
    assert_int_equal(s.skipped, 2);
    assert_int_equal(s.at, sizeof(IN) - 1 - 4);
  }
}

static void what_two_readers_could_read_differently_is_refused(void **state) {
#define HOST "Host: a\r\n"
  static const struct {
    const char *in;
    enum refusal why;
  } BAD[] = {
      {"GET / HTTP/1.1\n", REFUSED_BARE_LF},
      {"GET / HTTP/1.1\r\nHost: a\n\r\n", REFUSED_BARE_LF},
      {"GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n", REFUSED_BARE_CR},
      {"GET / HTTP/1.1\r\r\n", REFUSED_BARE_CR},
      {"GET / HTTP/1.1\r\n" HOST "X: a\x01\r\n\r\n", REFUSED_CONTROL_BYTE},
      {"GET / HTTP/1.1\r\n" HOST "X: a\x7f\r\n\r\n", REFUSED_CONTROL_BYTE},
      {"GET / HTTP/1.1\r\n" HOST "X: a\r\n b\r\n\r\n", REFUSED_OBS_FOLD},
      {"GET / HTTP/1.1\r\n" HOST "X: a\r\n\tb\r\n\r\n", REFUSED_OBS_FOLD},
      {"\r\n\r\n", REFUSED_REQUEST_LINE},
      {"GET  / HTTP/1.1\r\n" HOST "\r\n", REFUSED_REQUEST_LINE},
      {"GET / HTTP/1.1 \r\n" HOST "\r\n", REFUSED_REQUEST_LINE},
      {"GET /\r\n" HOST "\r\n", REFUSED_REQUEST_LINE},
      {"GET / http/1.1\r\n" HOST "\r\n", REFUSED_REQUEST_LINE},
      {"GET / HTTP/11\r\n" HOST "\r\n", REFUSED_REQUEST_LINE},
      {"GET / HTTP/2.0\r\n" HOST "\r\n", REFUSED_VERSION},
      {"GET / HTTP/1.2\r\n" HOST "\r\n", REFUSED_VERSION},
      {" GET / HTTP/1.1\r\n" HOST "\r\n", REFUSED_METHOD},
      {"G(T / HTTP/1.1\r\n" HOST "\r\n", REFUSED_METHOD},
      {"CONNECT a:443 HTTP/1.1\r\n" HOST "\r\n", REFUSED_CONNECT_HERE},
      {"TRACE / HTTP/1.1\r\n" HOST "\r\n", REFUSED_TRACE_HERE},
      {"GET a HTTP/1.1\r\n" HOST "\r\n", REFUSED_TARGET},
      {"GET * HTTP/1.1\r\n" HOST "\r\n", REFUSED_TARGET},
      {"GET /#f HTTP/1.1\r\n" HOST "\r\n", REFUSED_TARGET_BYTE},
      {"GET /\xd0\x80 HTTP/1.1\r\n" HOST "\r\n", REFUSED_TARGET_BYTE},
      {"GET / HTTP/1.1\r\n" HOST "X : a\r\n\r\n", REFUSED_HEADER_NAME},
      {"GET / HTTP/1.1\r\n" HOST ": a\r\n\r\n", REFUSED_HEADER_NAME},
      {"GET / HTTP/1.1\r\n" HOST "X\r\n\r\n", REFUSED_HEADER_NAME},
      {"GET / HTTP/1.1\r\n\r\n", REFUSED_HOST_MISSING},
      {"GET http://a/ HTTP/1.1\r\n\r\n", REFUSED_HOST_MISSING},
      {"GET / HTTP/1.1\r\n" HOST HOST "\r\n", REFUSED_HOST_TWICE},
      {"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", REFUSED_HOST_BAD},
      {"GET http://b/ HTTP/1.1\r\n" HOST "\r\n", REFUSED_HOST_DISAGREES},
      {"POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nContent-Length: 1\r\n\r\n",
       REFUSED_LENGTH_TWICE},
      {"POST / HTTP/1.1\r\n" HOST "Content-Length: +1\r\n\r\n", REFUSED_LENGTH_BAD},
      {"POST / HTTP/1.1\r\n" HOST "Content-Length: 1, 1\r\n\r\n", REFUSED_LENGTH_BAD},
      {"POST / HTTP/1.1\r\n" HOST "Content-Length: 99999999999999999999\r\n\r\n",
       REFUSED_LENGTH_BAD},
      {"POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
       REFUSED_LENGTH_AND_CODING},
      {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n", REFUSED_CODING_BAD},
      {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: xchunked\r\n\r\n", REFUSED_CODING_BAD},
      {"POST / HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n", REFUSED_CODING_IN_1_0},
      {"GET / HTTP/1.1\r\n" HOST "Connection: host\r\n\r\n", REFUSED_CONNECTION_NAMES},
      {"GET / HTTP/1.1\r\n" HOST "Connection: x-forwarded-for\r\n\r\n", REFUSED_CONNECTION_NAMES},
      {"GET / HTTP/1.1\r\n" HOST "Expect: 200-ok\r\n\r\n", REFUSED_EXPECT_UNKNOWN},
  };
  for (size_t i = 0; i < sizeof(BAD) / sizeof(*BAD); i++) {
    struct message m;
    enum refusal why = request(BAD[i].in, &m);
    if (why != BAD[i].why) print_error("%s\n=> %s\n", BAD[i].in, refusal_text(why));
    assert_int_equal(why, BAD[i].why);
  }
}

static void a_nul_in_the_head_is_refused(void **state) {
  struct h1_scan s = {0};
  enum refusal why = REFUSED_NONE;
  assert_int_equal(h1_scan(&s, SPAN("GET /\0 HTTP/1.1\r\n\r\n"), 4096, &why), H1_REFUSED);
  assert_int_equal(why, REFUSED_CONTROL_BYTE);
}

static void bounds_are_kept_and_named(void **state) {
  struct message m;
  char text[512] = "GET /";
  memset(text + 5, 'a', 64);
  strcpy(text + 5 + 64, " HTTP/1.1\r\nHost: a\r\n\r\n");
  assert_int_equal(request(text, &m), REFUSED_TARGET_LONG);
  strcpy(text + 5 + 63, " HTTP/1.1\r\nHost: a\r\n\r\n");
  assert_int_equal(request(text, &m), REFUSED_NONE);
  assert_int_equal(m.path.len, 64);
  assert_int_equal(
      request("GET / HTTP/1.1\r\nHost: a\r\n1:\r\n2:\r\n3:\r\n4:\r\n5:\r\n6:\r\n7:\r\n\r\n", &m),
      REFUSED_NONE);
  assert_int_equal(
      request("GET / HTTP/1.1\r\nHost: a\r\n1:\r\n2:\r\n3:\r\n4:\r\n5:\r\n6:\r\n7:\r\n8:\r\n\r\n",
              &m),
      REFUSED_HEADERS_MANY);
  struct h1_scan line = {0}, head = {0};
  enum refusal why = REFUSED_NONE;
  assert_int_equal(h1_scan(&line, SPAN("GET /aaaaaaaaaaaaaaa"), 16, &why), H1_REFUSED);
  assert_int_equal(why, REFUSED_TARGET_LONG);
  assert_int_equal(h1_scan(&head, SPAN("GET / HTTP/1.1\r\nX: y"), 20, &why), H1_REFUSED);
  assert_int_equal(why, REFUSED_HEAD_LONG);
}

static void a_body_is_framed_by_one_thing(void **state) {
  struct message m;
  assert_int_equal(request("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\n\r\n", &m),
                   REFUSED_NONE);
  assert_int_equal(m.body, BODY_LENGTH);
  assert_int_equal(m.length, 12);
  assert_int_equal(request("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n", &m),
                   REFUSED_NONE);
  assert_int_equal(m.body, BODY_CHUNKED);
}

static void answers_are_framed_by_what_was_asked(void **state) {
  static const struct {
    const char *in;
    bool to_head, to_upgrade;
    enum refusal why;
    enum body_kind body;
    bool keep_alive;
  } CASES[] = {
      {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", 0, 0, REFUSED_NONE, BODY_LENGTH, 1},
      {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", 1, 0, REFUSED_NONE, BODY_NONE, 1},
      {"HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n", 0, 0, REFUSED_NONE, BODY_NONE, 1},
      {"HTTP/1.1 204 No Content\r\n\r\n", 0, 0, REFUSED_NONE, BODY_NONE, 1},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", 0, 0, REFUSED_NONE, BODY_CHUNKED,
       1},
      {"HTTP/1.1 200 OK\r\n\r\n", 0, 0, REFUSED_NONE, BODY_UNTIL_CLOSE, 0},
      {"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", 0, 0, REFUSED_NONE, BODY_NONE, 0},
      {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", 0, 0, REFUSED_NONE,
       BODY_NONE, 0},
      {"HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n", 0, 1, REFUSED_NONE,
       BODY_TUNNEL, 0},
      {"HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n", 0, 0,
       REFUSED_UPGRADE_BAD, 0, 0},
      {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", 0, 0,
       REFUSED_LENGTH_AND_CODING, 0, 0},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", 0, 0, REFUSED_CODING_BAD, 0, 0},
  };
  for (size_t i = 0; i < sizeof(CASES) / sizeof(*CASES); i++) {
    struct message m = {0};
    enum refusal why = h1_response(span_of(CASES[i].in), &m, &arena, &BOUNDS, CASES[i].to_head,
                                   CASES[i].to_upgrade);
    if (why != CASES[i].why) print_error("%s\n=> %s\n", CASES[i].in, refusal_text(why));
    assert_int_equal(why, CASES[i].why);
    if (why) continue;
    assert_int_equal(m.body, CASES[i].body);
    assert_int_equal(m.keep_alive, CASES[i].keep_alive);
  }
}

/* RFC 9110 §6.5.1: what frames, routes or authenticates does not come after the body. */
static void trailers_that_would_change_the_message_are_left_out(void **state) {
  struct message m = {0};
  struct span lines =
      SPAN("X-Sum: 1\r\nContent-Length: 5\r\nHost: b\r\nSet-Cookie: a=b\r\nETag: \"x\"\r\n\r\n");
  assert_int_equal(h1_trailers(lines, &m, &arena, &BOUNDS), REFUSED_NONE);
  assert_int_equal(m.header_count, 2);
  assert_true(span_eq(m.headers[0].name, SPAN("X-Sum")));
  assert_true(span_eq(m.headers[1].name, SPAN("ETag")));
  struct message none = {0};
  assert_int_equal(h1_trailers(SPAN("\r\n"), &none, &arena, &BOUNDS), REFUSED_NONE);
  assert_int_equal(none.header_count, 0);
  assert_int_equal(h1_trailers(SPAN("X : 1\r\n\r\n"), &none, &arena, &BOUNDS), REFUSED_TRAILER_BAD);
  assert_int_equal(h1_trailers(SPAN(" X: 1\r\n\r\n"), &none, &arena, &BOUNDS), REFUSED_TRAILER_BAD);
}

static void what_is_written_is_as_the_standard_has_it(void **state) {
  struct buf b;
  buf_init(&b, 4096);
  h1_put_status(&b, 404);
  h1_put_header(&b, SPAN("X"), SPAN(""));
  h1_put_header(&b, SPAN("Y"), SPAN("z"));
  h1_put_chunk_size(&b, 0);
  h1_put_chunk_size(&b, 0x1fa0);
  h1_put_status(&b, 299);
  assert_true(
      span_eq(buf_span(&b),
              SPAN("HTTP/1.1 404 Not Found\r\nX: \r\nY: z\r\n0\r\n1fa0\r\nHTTP/1.1 299 \r\n")));
  buf_fini(&b);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, arena_begin, arena_end)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_request_comes_apart),
      TEST(a_head_is_found_however_it_is_cut),
      TEST(what_two_readers_could_read_differently_is_refused),
      TEST(a_nul_in_the_head_is_refused),
      TEST(bounds_are_kept_and_named),
      TEST(a_body_is_framed_by_one_thing),
      TEST(answers_are_framed_by_what_was_asked),
      TEST(trailers_that_would_change_the_message_are_left_out),
      TEST(what_is_written_is_as_the_standard_has_it),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
