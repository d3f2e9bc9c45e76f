// SPDX-License-Identifier: Apache-2.0
#include "proxy/flow/trim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void once_for_each_peak(void **state) {
  struct trim t = {.peak = 0};
  assert_false(trim_is_due(&t, TRIM_PEAK_LEAST * 4));
  assert_false(trim_is_due(&t, TRIM_PEAK_LEAST * 2));
  assert_true(trim_is_due(&t, TRIM_PEAK_LEAST));
  assert_true(trim_is_due(&t, 0)); /* what was left was a peak, too */
  assert_false(trim_is_due(&t, 0));
  assert_false(trim_is_due(&t, TRIM_PEAK_LEAST));
  assert_true(trim_is_due(&t, 1));
}

static void ordinary_days_are_no_peaks(void **state) {
  struct trim t = {.peak = 0};
  for (uint64_t now = 1; now < TRIM_PEAK_LEAST; now++) {
    assert_false(trim_is_due(&t, now));
    assert_false(trim_is_due(&t, 0));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(once_for_each_peak),
      cmocka_unit_test(ordinary_days_are_no_peaks),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
