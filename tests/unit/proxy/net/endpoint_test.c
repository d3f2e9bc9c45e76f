// SPDX-License-Identifier: Apache-2.0
#include "proxy/net/endpoint.h"

#include "rules/base/err.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/un.h>
#include <cmocka.h>

static struct endpoint parsed(const char *text) {
  struct endpoint e;
  assert_int_equal(endpoint_parse(span_of(text), &e), OK);
  return e;
}

static void every_form_comes_back_as_written(void **state) {
  static const char *const FORMS[] = {"127.0.0.1:8443",        "[::]:443",      "[2001:db8::1]:1",
                                      "unix:/run/qorgan.sock", "systemd:https", "0.0.0.0:0"};
  for (size_t i = 0; i < sizeof(FORMS) / sizeof(*FORMS); i++) {
    struct endpoint e = parsed(FORMS[i]);
    char text[ENDPOINT_TEXT_MAX];
    assert_int_equal(endpoint_format(&e, text), strlen(FORMS[i]));
    assert_string_equal(text, FORMS[i]);
  }
}

static void what_is_no_endpoint_is_refused(void **state) {
  static const struct {
    const char *text;
    int err;
  } BAD[] = {{"", ERR_SYNTAX},
             {":443", ERR_SYNTAX},
             {"127.0.0.1", ERR_SYNTAX},
             {"127.0.0.1:", ERR_SYNTAX},
             {"::1:443", ERR_SYNTAX},
             {"localhost:80", ERR_SYNTAX},
             {"127.0.0.1:65536", ERR_RANGE},
             {"127.0.0.1:+1", ERR_SYNTAX},
             {"[::1:443", ERR_SYNTAX},
             {"unix:", ERR_SYNTAX},
             {"systemd:", ERR_SYNTAX},
             {"256.0.0.1:80", ERR_SYNTAX}};
  for (size_t i = 0; i < sizeof(BAD) / sizeof(*BAD); i++) {
    struct endpoint e;
    assert_int_equal(endpoint_parse(span_of(BAD[i].text), &e), BAD[i].err);
  }
}

static void a_path_must_fit_its_socket(void **state) {
  char text[5 + 108 + 1] = "unix:";
  memset(text + 5, 'a', 107);
  assert_int_equal(strlen(parsed(text).path), 107);
  text[5 + 107] = 'a';
  struct endpoint e;
  assert_int_equal(endpoint_parse(span_of(text), &e), ERR_RANGE);
}

static void equal_is_equal_in_kind_and_place(void **state) {
  struct endpoint a = parsed("127.0.0.1:80"), same = parsed("127.0.0.1:80");
  struct endpoint port = parsed("127.0.0.1:81"), host = parsed("127.0.0.2:80");
  struct endpoint unix_one = parsed("unix:/a"), held = parsed("systemd:/a");
  assert_true(endpoint_eq(&a, &same));
  assert_false(endpoint_eq(&a, &port));
  assert_false(endpoint_eq(&a, &host));
  assert_false(endpoint_eq(&unix_one, &held));
}

static void sockets_see_the_same_address(void **state) {
  static const struct {
    const char *text;
    int family;
    socklen_t len;
  } CASES[] = {{"127.0.0.1:8443", AF_INET, sizeof(struct sockaddr_in)},
               {"[2001:db8::7]:443", AF_INET6, sizeof(struct sockaddr_in6)}};
  for (size_t i = 0; i < 2; i++) {
    struct endpoint e = parsed(CASES[i].text);
    struct sockaddr_storage raw;
    assert_int_equal(endpoint_sockaddr(&e, &raw), CASES[i].len);
    assert_int_equal(raw.ss_family, CASES[i].family);
    struct endpoint back = {.kind = ENDPOINT_TCP};
    endpoint_from_sockaddr((struct sockaddr *)&raw, &back.addr, &back.port);
    assert_true(endpoint_eq(&e, &back));
  }
}

static void a_unix_peer_has_no_address(void **state) {
  struct endpoint e = parsed("unix:/run/q.sock");
  struct sockaddr_storage raw;
  assert_int_equal(endpoint_sockaddr(&e, &raw), sizeof(struct sockaddr_un));
  assert_string_equal(((struct sockaddr_un *)&raw)->sun_path, "/run/q.sock");
  struct addr peer, none = {0};
  uint16_t port = 7;
  endpoint_from_sockaddr((struct sockaddr *)&raw, &peer, &port);
  assert_true(addr_eq(&peer, &none));
  assert_int_equal(port, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_form_comes_back_as_written),
      cmocka_unit_test(what_is_no_endpoint_is_refused),
      cmocka_unit_test(a_path_must_fit_its_socket),
      cmocka_unit_test(equal_is_equal_in_kind_and_place),
      cmocka_unit_test(sockets_see_the_same_address),
      cmocka_unit_test(a_unix_peer_has_no_address),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
