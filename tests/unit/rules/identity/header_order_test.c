// SPDX-License-Identifier: Apache-2.0
#include "rules/identity/header_order.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>

static const char BROWSER[] =
    "Host Connection sec-ch-ua sec-ch-ua-mobile sec-ch-ua-platform Upgrade-Insecure-Requests "
    "User-Agent Accept Sec-Fetch-Site Sec-Fetch-Mode Sec-Fetch-User Sec-Fetch-Dest "
    "Accept-Encoding Accept-Language Cookie";
static char text[HEADER_ORDER_TEXT_SIZE];

static const char *print_of(const char *names) {
  struct header_order o;
  struct span rest = span_of(names);
  header_order_init(&o);
  while (rest.len) header_order_add(&o, span_cut(&rest, ' '));
  header_order_finish(&o, text);
  return text;
}

/* Made by another program from the description in header_order.h alone. */
static void the_description_suffices(void **state) {
  assert_string_equal(print_of(BROWSER), "718544304dd2");
  assert_string_equal(print_of("Host User-Agent Accept"), "0d1785167cd9");
  assert_string_equal(print_of("host user-agent accept"), "7f151c3338e1");
  assert_string_equal(print_of("Host Accept User-Agent"), "7a61a166d1d2");
  assert_string_equal(print_of("abcdefg abcdefgh abcdefghi"), "fbbe9f4cfc2a");
  assert_string_equal(print_of(""), "000000000000");
}

static void what_depends_on_the_request_stays_out(void **state) {
  assert_string_equal(print_of(":method :path Host Cookie User-Agent referer Accept If-None-Match"),
                      "0d1785167cd9");
  assert_string_equal(print_of("Host CONTENT-LENGTH User-Agent Content-Type Accept Origin"),
                      "0d1785167cd9");
  assert_string_equal(print_of("cookie Authorization :method"), "000000000000");
  assert_string_not_equal(print_of("Host User-Agent Accept Cookies"), "0d1785167cd9");
}

static void where_a_name_ends_matters(void **state) {
  char first[HEADER_ORDER_TEXT_SIZE];
  memcpy(first, print_of("ab c"), sizeof(first));
  assert_string_not_equal(print_of("a bc"), first);
  assert_string_not_equal(print_of("abc"), first);
}

static void any_bytes_and_lengths_will_do(void **state) {
  for (size_t len = 0; len < 100; len++) {
    char *name = malloc(len + 1);
    memset(name, 0xff, len);
    struct header_order o;
    header_order_init(&o);
    header_order_add(&o, span_from(name, len));
    header_order_finish(&o, text);
    assert_int_equal(o.count, len > 0);
    assert_int_equal(strspn(text, "0123456789abcdef"), 12);
    free(name);
  }
}

static void cost_is_printed(void **state) {
  enum { ROUNDS = 100000, NAMES = 15 };
  struct span names[NAMES], rest = span_of(BROWSER);
  for (unsigned i = 0; i < NAMES; i++) names[i] = span_cut(&rest, ' ');
  assert_int_equal(rest.len, 0);
  struct timespec from, to;
  clock_gettime(CLOCK_MONOTONIC, &from);
  for (unsigned round = 0; round < ROUNDS; round++) {
    struct header_order o;
    header_order_init(&o);
    for (unsigned i = 0; i < NAMES; i++) header_order_add(&o, names[i]);
    header_order_finish(&o, text);
    __asm__ volatile("" : : "r"(text) : "memory");
  }
  clock_gettime(CLOCK_MONOTONIC, &to);
  double ns = (double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec);
  print_message("header order: %.0f ns for %d headers\n", ns / ROUNDS, NAMES);
  assert_string_equal(text, "718544304dd2");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_description_suffices),
      cmocka_unit_test(what_depends_on_the_request_stays_out),
      cmocka_unit_test(where_a_name_ends_matters),
      cmocka_unit_test(any_bytes_and_lengths_will_do),
      cmocka_unit_test(cost_is_printed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
