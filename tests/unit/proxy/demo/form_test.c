// SPDX-License-Identifier: Apache-2.0
#include "proxy/demo/form.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

enum { ROOM = 8 };

static const struct {
  const char *form, *expected;
} CASES[] = {
    {"s=abc", "abc"},
    {"x=1&s=abc&s=def", "abc"},
    {"ss=1&s=2", "2"},
    {"s=a+b%2B", "a b+"},
    {"s=%d2%9B", "қ"},
    {"s=%", "%"},
    {"s=%4", "%4"},
    {"s=%zz", "%zz"},
    {"s=a%00b", "ab"},
    {"s", ""},
    {"", ""},
    {"t=1", ""},
    {"s=1234567", "1234567"},
    {"s=12345678", "1234567"},
    {"s=12345%D2%9B", "12345қ"},
    {"s=123456%D2%9B", "123456"},
    {"s=12345%E2%82%AC", "12345"},
};

static void fields_are_decoded(void **state) {
  for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
    char room[ROOM];
    struct span got = form_field(span_of(CASES[i].form), SPAN("s"), room, sizeof(room));
    if (!span_eq(got, span_of(CASES[i].expected)))
      fail_msg("%s gives %.*s, not %s", CASES[i].form, SPAN_ARG(got), CASES[i].expected);
    assert_int_equal(room[got.len], 0);
  }
}

static void cookies_are_found(void **state) {
  struct span all = SPAN("a=1; key=x|y ;b=2; key=z");
  assert_true(span_eq(form_cookie(all, SPAN("key")), SPAN("x|y")));
  assert_true(span_eq(form_cookie(all, SPAN("b")), SPAN("2")));
  assert_int_equal(form_cookie(all, SPAN("ke")).len, 0);
  assert_int_equal(form_cookie(SPAN(""), SPAN("key")).len, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(fields_are_decoded),
      cmocka_unit_test(cookies_are_found),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
