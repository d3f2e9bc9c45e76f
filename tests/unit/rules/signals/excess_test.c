// SPDX-License-Identifier: Apache-2.0
#include "rules/signals/excess.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static double poisson_log(double k, double rate) {
  return k * log(rate) - rate - lgamma(k + 1);
}

static void it_is_the_poisson_likelihood_ratio(void **state) {
  for (unsigned k = 1; k < 60; k++) {
    for (double expected = 0.6; expected < 30; expected += 0.7) {
      double ratio = 10 * log10(exp(1)) * (poisson_log(k, k) - poisson_log(k, expected));
      double wanted = k > expected ? ratio : 0;
      assert_float_equal((float)excess_db(k, expected, 1000), (float)wanted, 1e-3f);
    }
  }
}

static void no_more_than_expected_is_no_evidence(void **state) {
  assert_true(excess_db(0, 0.6, 20) == 0);
  assert_true(excess_db(0.6, 0.6, 20) == 0);
  assert_true(excess_db(-1, 0.6, 20) == 0);
  assert_true(excess_db(NAN, 0.6, 20) == 0);
  assert_true(excess_db(5, 0, 20) == 0);
  assert_true(excess_db(5, NAN, 20) == 0);
}

static void it_rises_to_the_cap(void **state) {
  double before = 0;
  for (double k = 1; k < 1e6; k *= 1.5) {
    double db = excess_db(k, 0.6, 20);
    assert_true(db >= before && db <= 20);
    before = db;
  }
  assert_true(before == 20 && excess_db(INFINITY, 0.6, 20) == 20);
}

static void successes_excuse_failures(void **state) {
  assert_true(excess_expected(0) == 0.6);
  assert_true(fabs(excess_expected(100) - 12.6) < 1e-9);
  assert_true(excess_expected(-3) == 0.6);
  /* An office: 100 people in, 12 slips; and the same slips alone. */
  assert_true(excess_db(12, excess_expected(100), 20) == 0);
  assert_true(excess_db(12, excess_expected(0), 20) == 20);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(it_is_the_poisson_likelihood_ratio),
      cmocka_unit_test(no_more_than_expected_is_no_evidence),
      cmocka_unit_test(it_rises_to_the_cap),
      cmocka_unit_test(successes_excuse_failures),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
