// SPDX-License-Identifier: Apache-2.0
#include "rules/signals/hourly.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <cmocka.h>

enum { BIN_MS = 300000, HOUR_MS = 3600000, DAY_MS = 24 * HOUR_MS };

static bool near(double a, double b) {
  return fabs(a - b) < 1e-9;
}

static void learn_days(struct hourly *h, unsigned days, real_ms from) {
  for (unsigned bin = 0; bin < days * 288; bin++) {
    real_ms at = from + (real_ms)bin * BIN_MS;
    hourly_learn(h, at, (double)(at / HOUR_MS % 24));
  }
}

static void nothing_is_expected_before_anything_was_learned(void **state) {
  struct hourly h = {.all = 0};
  assert_true(hourly_expected(&h, 12345) == 0);
}

static void each_hour_has_its_own_mean(void **state) {
  struct hourly h = {.all = 0};
  learn_days(&h, 20, (real_ms)20000 * DAY_MS);
  for (unsigned hour = 0; hour < 24; hour++) {
    real_ms at = (real_ms)30000 * DAY_MS + (real_ms)hour * HOUR_MS + HOUR_MS - 1;
    assert_true(near(hourly_expected(&h, at), hour));
  }
}

static void an_unknown_hour_is_expected_as_the_others(void **state) {
  struct hourly h = {.all = 0};
  for (unsigned i = 0; i < 6; i++) hourly_learn(&h, 0, 4);
  assert_true(near(hourly_expected(&h, 5 * HOUR_MS), 4));
  for (unsigned i = 0; i < 6; i++) hourly_learn(&h, 5 * HOUR_MS, 10);
  /* Half known: half its own 10, half the 7 of all. */
  assert_true(near(hourly_expected(&h, 5 * HOUR_MS), 8.5));
}

static void a_change_is_learned_within_weeks(void **state) {
  struct hourly h = {.all = 0};
  for (unsigned i = 0; i < 12 * 30; i++) hourly_learn(&h, 0, 10);
  for (unsigned i = 0; i < 12 * 7; i++) hourly_learn(&h, 0, 20);
  double week = hourly_expected(&h, 0);
  assert_true(week > 16 && week < 17); /* 1 - 1/e of the way */
}

static void hours_before_1970_are_hours(void **state) {
  struct hourly h = {.all = 0};
  for (unsigned i = 0; i < 20; i++) hourly_learn(&h, -1, 6);
  assert_true(near(hourly_expected(&h, 23 * HOUR_MS), 6));
  assert_int_equal(h.bins[23], 20);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nothing_is_expected_before_anything_was_learned),
      cmocka_unit_test(each_hour_has_its_own_mean),
      cmocka_unit_test(an_unknown_hour_is_expected_as_the_others),
      cmocka_unit_test(a_change_is_learned_within_weeks),
      cmocka_unit_test(hours_before_1970_are_hours),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
