// SPDX-License-Identifier: Apache-2.0
#include "proxy/flow/address.h"

#include "rules/base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct addr addr(const char *text) {
  struct addr a;
  assert_int_equal(addr_parse(span_of(text), &a), OK);
  return a;
}

/* A CDN at 10.0.0.0/8 and 2001:db8::/32 that tells of its visitors in X-Forwarded-For. */
static void assert_client(const char *peer, const char *first, const char *second,
                          const char *expected) {
  struct prefix trusted[2];
  struct header headers[] = {{.name = SPAN("X-Forwarded-For"), .value = span_of(first)},
                             {.name = SPAN("Accept"), .value = SPAN("203.0.113.99")},
                             {.name = SPAN("x-forwarded-FOR"), .value = span_of(second)}};
  struct message m = {.headers = headers, .header_count = second ? 3 : first ? 1 : 0};
  assert_int_equal(prefix_parse(SPAN("10.0.0.0/8"), &trusted[0]), OK);
  assert_int_equal(prefix_parse(SPAN("2001:db8::/32"), &trusted[1]), OK);
  struct setup s = {
      .trusted = trusted, .trusted_count = 2, .address_header = SPAN("x-forwarded-for")};
  struct addr got = address_of_client(&s, &m, addr(peer)), want = addr(expected);
  char text[ADDR_TEXT_MAX];
  addr_format(&got, text);
  if (!addr_eq(&got, &want)) print_error("%s: %s, not %s\n", first ? first : "", text, expected);
  assert_true(addr_eq(&got, &want));
}

static void a_stranger_is_not_believed(void **state) {
  assert_client("192.0.2.1", "203.0.113.9", NULL, "192.0.2.1");
  assert_client("192.0.2.1", "10.0.0.1", NULL, "192.0.2.1");
}

static void the_rightmost_stranger_is_who_asks(void **state) {
  assert_client("10.0.0.1", "203.0.113.9", NULL, "203.0.113.9");
  assert_client("10.0.0.1", "1.1.1.1, 203.0.113.9", NULL, "203.0.113.9");
  assert_client("10.0.0.1", "1.1.1.1, 203.0.113.9, 10.2.3.4", NULL, "203.0.113.9");
  assert_client("10.0.0.1", "203.0.113.9 ,10.2.3.4\t", NULL, "203.0.113.9");
  assert_client("2001:db8::1", "2a00::7", NULL, "2a00::7");
}

static void several_fields_are_one_list(void **state) {
  assert_client("10.0.0.1", "1.1.1.1", "203.0.113.9", "203.0.113.9");
  assert_client("10.0.0.1", "203.0.113.9", "10.0.0.2, 10.0.0.3", "203.0.113.9");
}

static void where_all_are_trusted_the_leftmost_asks(void **state) {
  assert_client("10.0.0.1", "10.0.0.3, 10.0.0.2", NULL, "10.0.0.3");
  assert_client("10.0.0.1", NULL, NULL, "10.0.0.1");
  assert_client("10.0.0.1", "", NULL, "10.0.0.1");
}

/* Left of what is no address anybody may have written. */
static void what_is_no_address_ends_the_walk(void **state) {
  assert_client("10.0.0.1", "203.0.113.9, unknown", NULL, "10.0.0.1");
  assert_client("10.0.0.1", "203.0.113.9, unknown, 10.0.0.2", NULL, "10.0.0.2");
  assert_client("10.0.0.1", "203.0.113.9, , 10.0.0.2", NULL, "10.0.0.2");
  assert_client("10.0.0.1", "203.0.113.9", "evil", "10.0.0.1");
}

static void an_address_may_carry_a_port(void **state) {
  assert_client("10.0.0.1", "203.0.113.9:56324", NULL, "203.0.113.9");
  assert_client("10.0.0.1", "[2a00::7]:443", NULL, "2a00::7");
  assert_client("10.0.0.1", "[2a00::7]", NULL, "2a00::7");
}

static void ipv4_is_ipv4_however_it_is_written(void **state) {
  assert_client("::ffff:10.0.0.1", "::ffff:203.0.113.9, ::ffff:10.1.1.1", NULL, "203.0.113.9");
}

static void without_a_header_the_peer_asks(void **state) {
  struct prefix trusted;
  struct header h = {.name = SPAN(""), .value = SPAN("203.0.113.9")};
  struct message m = {.headers = &h, .header_count = 1};
  assert_int_equal(prefix_parse(SPAN("10.0.0.0/8"), &trusted), OK);
  struct setup s = {.trusted = &trusted, .trusted_count = 1};
  struct addr got = address_of_client(&s, &m, addr("10.0.0.1")), want = addr("10.0.0.1");
  assert_true(addr_eq(&got, &want));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_stranger_is_not_believed),
      cmocka_unit_test(the_rightmost_stranger_is_who_asks),
      cmocka_unit_test(several_fields_are_one_list),
      cmocka_unit_test(where_all_are_trusted_the_leftmost_asks),
      cmocka_unit_test(what_is_no_address_ends_the_walk),
      cmocka_unit_test(an_address_may_carry_a_port),
      cmocka_unit_test(ipv4_is_ipv4_however_it_is_written),
      cmocka_unit_test(without_a_header_the_peer_asks),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
