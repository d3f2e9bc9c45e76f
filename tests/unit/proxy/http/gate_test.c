// SPDX-License-Identifier: Apache-2.0
#include "proxy/http/gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const struct http_bounds BOUNDS = {.url_bytes_max = 64};
static struct arena arena;

static int arena_begin(void **state) {
  arena_init(&arena, NULL, 0, 1 << 20);
  return 0;
}

static int arena_end(void **state) {
  arena_fini(&arena);
  return 0;
}

static void add(struct message *m, const char *name, const char *value) {
  assert_true(message_add(m, &arena, span_of(name), span_of(value), 32));
}

static struct message get(const char *host) {
  struct message m = {.method = SPAN("GET"), .path = SPAN("/"), .minor = 1};
  if (host) add(&m, "Host", host);
  return m;
}

static void hosts_are_names_or_addresses(void **state) {
  static const struct {
    const char *value, *host; /* NULL: refused */
  } CASES[] = {
      {"a", "a"},
      {"WWW.Example.KZ", "www.example.kz"},
      {"example.kz:8443", "example.kz"},
      {"example.kz:", "example.kz"},
      {"example.kz.", "example.kz"},
      {"xn--80ak6aa92e.kz", "xn--80ak6aa92e.kz"},
      {"a_b.kz", "a_b.kz"},
      {"192.0.2.1:80", "192.0.2.1"},
      {"[2001:DB8::1]:443", "[2001:db8::1]"},
      {"", NULL},
      {".", NULL},
      {".a", NULL},
      {":80", NULL},
      {"a:65536", NULL},
      {"a:-1", NULL},
      {"a:80:80", NULL},
      {"a/b", NULL},
      {"a b", NULL},
      {"a,b", NULL},
      {"user@a", NULL},
      {"a%2eb", NULL},
      {"[::1", NULL},
      {"[::1]x", NULL},
      {"[]", NULL},
      {"[192.0.2.1]", NULL},
      {"\xd2\x9b.kz", NULL},
  };
  for (size_t i = 0; i < sizeof(CASES) / sizeof(*CASES); i++) {
    struct message m = get(CASES[i].value);
    enum refusal why = gate_request(&m, &arena);
    if (!why != !!CASES[i].host) print_error("host '%s': %s\n", CASES[i].value, refusal_text(why));
    assert_int_equal(why, CASES[i].host ? REFUSED_NONE : REFUSED_HOST_BAD);
    if (!why) assert_true(span_eq(m.host, span_of(CASES[i].host)));
  }
}

static void targets_come_apart(void **state) {
  static const struct {
    const char *method, *target, *path, *query, *authority;
  } CASES[] = {
      {"GET", "/", "/", "", NULL},
      {"GET", "/a?b", "/a", "?b", NULL},
      {"GET", "//evil/a", "//evil/a", "", NULL},
      {"GET", "http://a", "/", "", "a"},
      {"GET", "HTTPS://a:1?b", "/", "?b", "a:1"},
      {"GET", "http://a/b?c", "/b", "?c", "a"},
      {"OPTIONS", "*", "*", "", NULL},
      {"OPTIONS", "http://a", "*", "", "a"},
      {"OPTIONS", "http://a/", "/", "", "a"},
  };
  for (size_t i = 0; i < sizeof(CASES) / sizeof(*CASES); i++) {
    struct message m = {.method = span_of(CASES[i].method)};
    assert_int_equal(gate_target(&m, span_of(CASES[i].target), &BOUNDS), REFUSED_NONE);
    assert_true(span_eq(m.path, span_of(CASES[i].path)));
    assert_true(span_eq(m.query, span_of(CASES[i].query)));
    assert_int_equal(!m.authority.at, !CASES[i].authority);
    if (m.authority.at) assert_true(span_eq(m.authority, span_of(CASES[i].authority)));
  }
}

static void a_field_that_connection_names_ends_here(void **state) {
  struct message m = get("a");
  add(&m, "Connection", "X-Private, close");
  add(&m, "x-private", "1");
  add(&m, "X-Public", "1");
  assert_int_equal(gate_request(&m, &arena), REFUSED_NONE);
  assert_false(m.keep_alive);
  assert_true(m.headers[2].flags & HEADER_HOP);
  assert_false(m.headers[3].flags & HEADER_HOP);
}

static void connection_may_not_take_away_what_matters(void **state) {
  static const char *const GUARDED[] = {"Host",          "cookie",           "Content-Length",
                                        "Authorization", "X-Forwarded-For",  "X-Qorgan-Verdict",
                                        "Expect",        "Transfer-Encoding"};
  for (size_t i = 0; i < sizeof(GUARDED) / sizeof(*GUARDED); i++) {
    struct message m = get("a");
    add(&m, "Connection", GUARDED[i]); /* whether it is there or not */
    assert_int_equal(gate_request(&m, &arena), REFUSED_CONNECTION_NAMES);
  }
}

static void versions_differ_in_what_stays_open(void **state) {
  static const struct {
    uint8_t minor;
    const char *connection;
    bool keep_alive;
  } CASES[] = {{1, NULL, true},  {1, "keep-alive", true}, {1, "Close", false},
               {0, NULL, false}, {0, "Keep-Alive", true}, {0, "keep-alive, close", false}};
  for (size_t i = 0; i < sizeof(CASES) / sizeof(*CASES); i++) {
    struct message m = get("a");
    m.minor = CASES[i].minor;
    if (CASES[i].connection) add(&m, "Connection", CASES[i].connection);
    assert_int_equal(gate_request(&m, &arena), REFUSED_NONE);
    assert_int_equal(m.keep_alive, CASES[i].keep_alive);
  }
}

static void an_upgrade_is_a_websocket_or_is_not_heard(void **state) {
  struct message m = get("a");
  add(&m, "Connection", "keep-alive, Upgrade");
  add(&m, "Upgrade", "websocket");
  struct message lacking = m;
  assert_int_equal(gate_request(&lacking, &arena), REFUSED_UPGRADE_BAD);
  add(&m, "Sec-WebSocket-Key", "AQIDBAUGBwgJCgsMDQ4PEC==");
  assert_int_equal(gate_request(&m, &arena), REFUSED_NONE);
  assert_true(span_eq(m.protocol, SPAN("websocket")));
  struct message h2c = get("a");
  add(&h2c, "Connection", "Upgrade, HTTP2-Settings");
  add(&h2c, "Upgrade", "h2c");
  assert_int_equal(gate_request(&h2c, &arena), REFUSED_NONE);
  assert_null(h2c.protocol.at);
  struct message unnamed = get("a");
  add(&unnamed, "Upgrade", "websocket");
  assert_int_equal(gate_request(&unnamed, &arena), REFUSED_NONE);
  assert_null(unnamed.protocol.at);
}

static void only_a_body_is_waited_for(void **state) {
  struct message m = get("a");
  add(&m, "Expect", "100-Continue");
  assert_int_equal(gate_request(&m, &arena), REFUSED_NONE);
  assert_false(m.expects_continue);
  struct message with = get("a");
  add(&with, "Expect", "100-continue");
  add(&with, "Content-Length", "3");
  assert_int_equal(gate_request(&with, &arena), REFUSED_NONE);
  assert_true(with.expects_continue);
  struct message old = get("a");
  old.minor = 0; /* RFC 9110 §10.1.1: ignored in HTTP/1.0 */
  add(&old, "Expect", "100-continue");
  add(&old, "Content-Length", "3");
  assert_int_equal(gate_request(&old, &arena), REFUSED_NONE);
  assert_false(old.expects_continue);
}

static void http2_needs_an_authority_or_a_host(void **state) {
  struct message none = {.method = SPAN("GET"), .path = SPAN("/"), .minor = 1, .http2 = true};
  struct message both = none, apart = none;
  assert_int_equal(gate_request(&none, &arena), REFUSED_HOST_MISSING);
  both.authority = SPAN("Example.kz");
  add(&both, "host", "example.kz");
  assert_int_equal(gate_request(&both, &arena), REFUSED_NONE);
  assert_true(span_eq(both.host, SPAN("example.kz")));
  apart.authority = SPAN("a");
  add(&apart, "host", "b");
  assert_int_equal(gate_request(&apart, &arena), REFUSED_HOST_DISAGREES);
}

static void without_memory_a_host_is_not_believed(void **state) {
  struct message m = get("a");
  struct arena none;
  arena_init(&none, NULL, 0, 0);
  assert_int_not_equal(gate_request(&m, &none), REFUSED_NONE);
  arena_fini(&none);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, arena_begin, arena_end)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(hosts_are_names_or_addresses),
      TEST(targets_come_apart),
      TEST(a_field_that_connection_names_ends_here),
      TEST(connection_may_not_take_away_what_matters),
      TEST(versions_differ_in_what_stays_open),
      TEST(an_upgrade_is_a_websocket_or_is_not_heard),
      TEST(only_a_body_is_waited_for),
      TEST(http2_needs_an_authority_or_a_host),
      TEST(without_memory_a_host_is_not_believed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
