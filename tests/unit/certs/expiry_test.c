// SPDX-License-Identifier: Apache-2.0
#include "certs/expiry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define NOW ((real_ms)1790000000000)
#define DAY ((real_ms)86400000)

static struct span names[] = {SPAN("www.example.kz"), SPAN("example.kz")};
static const struct cert cert = {.not_before = NOW - 10 * DAY,
                                 .not_after = NOW + 60 * DAY,
                                 .names = names,
                                 .name_count = 2,
                                 .certificate_path = SPAN("/etc/site.pem")};

static void days_are_whole_and_rounded_down(void **state) {
  assert_int_equal(expiry_days_left(&cert, NOW), 60);
  assert_int_equal(expiry_days_left(&cert, NOW + 1), 59);
  assert_int_equal(expiry_days_left(&cert, NOW + 60 * DAY - 1), 0);
  assert_int_equal(expiry_days_left(&cert, NOW + 60 * DAY + 1), -1);
}

static void each_step_is_news_once(void **state) {
  char text[EXPIRY_TEXT_MAX];
  int said[70], count = 0;
  real_ms before = EXPIRY_NEVER;
  for (int day = 0; day < 70; day++) {
    real_ms now = NOW + day * DAY;
    if (expiry_is_news(&cert, before, now, text)) said[count++] = 60 - day;
    before = now;
  }
  static const int want[] = {30, 14, 7, 3, 1, 0};
  assert_int_equal(count, 6);
  assert_memory_equal(said, want, sizeof(want));
}

static void the_first_check_says_what_holds(void **state) {
  char text[EXPIRY_TEXT_MAX];
  assert_true(expiry_is_news(&cert, EXPIRY_NEVER, NOW + 50 * DAY, text));
  assert_string_equal(text, "/etc/site.pem (www.example.kz and 1 more): ends in 10 days, at "
                            "2026-11-20T14:13:20.000Z. Renew it");
  assert_true(expiry_is_news(&cert, EXPIRY_NEVER, NOW + 61 * DAY, text));
  assert_non_null(strstr(text, "ended at 2026-11-20"));
  assert_true(expiry_is_news(&cert, EXPIRY_NEVER, NOW - 11 * DAY, text));
  assert_non_null(strstr(text, "not valid before 2026-09-11"));
  assert_false(expiry_is_news(&cert, EXPIRY_NEVER, NOW, text));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(days_are_whole_and_rounded_down),
      cmocka_unit_test(each_step_is_news_once),
      cmocka_unit_test(the_first_check_says_what_holds),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
