// SPDX-License-Identifier: Apache-2.0
#include "rules/signals/betabin.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* One attempt after the other: each outcome makes the next one alike (Pólya's urn). */
static double urn_log(unsigned failures, unsigned attempts, struct betabin rates) {
  double log_p = 0;
  for (unsigned i = 0; i < failures; i++) log_p += log((rates.a + i) / (rates.a + rates.b + i));
  for (unsigned i = failures; i < attempts; i++) {
    log_p += log((rates.b + i - failures) / (rates.a + rates.b + i));
  }
  return log_p;
}

static void it_is_polyas_urn(void **state) {
  for (unsigned n = 0; n < 60; n++) {
    for (unsigned k = 0; k <= n; k++) {
      assert_true(fabs(betabin_log(k, n, BETABIN_HONEST) - urn_log(k, n, BETABIN_HONEST)) < 1e-9);
      assert_true(fabs(betabin_log(k, n, BETABIN_ATTACK) - urn_log(k, n, BETABIN_ATTACK)) < 1e-9);
    }
  }
}

static void probabilities_sum_to_one(void **state) {
  for (unsigned n = 0; n < 50; n++) {
    double all = 0;
    for (unsigned k = 0; k <= n; k++) {
      double ways = lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1);
      all += exp(ways + betabin_log(k, n, BETABIN_HONEST));
    }
    assert_true(fabs(all - 1) < 1e-9);
  }
}

static void groups_are_told_apart(void **state) {
  assert_true(betabin_db(0, 0, BETABIN_HONEST, BETABIN_ATTACK, 10) == 0);
  assert_true(betabin_db(98, 100, BETABIN_HONEST, BETABIN_ATTACK, 10) == 10);
  assert_true(betabin_db(13, 100, BETABIN_HONEST, BETABIN_ATTACK, 10) == -10);
  assert_true(betabin_db(3, 3, BETABIN_HONEST, BETABIN_ATTACK, 1000) > 5);
  double before = -1000;
  for (unsigned k = 0; k <= 20; k++) {
    double db = betabin_db(k, 20, BETABIN_HONEST, BETABIN_ATTACK, 1000);
    assert_true(db > before);
    before = db;
  }
}

static void decayed_counts_will_do(void **state) {
  double whole = betabin_db(5, 6, BETABIN_HONEST, BETABIN_ATTACK, 100);
  double less = betabin_db(4.9, 5.9, BETABIN_HONEST, BETABIN_ATTACK, 100);
  assert_true(fabs(whole - less) < 1);
  /* More failures than attempts can come of rounding: they count as all. */
  assert_true(isfinite(betabin_db(5.001, 5, BETABIN_HONEST, BETABIN_ATTACK, 100)));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(it_is_polyas_urn),
      cmocka_unit_test(probabilities_sum_to_one),
      cmocka_unit_test(groups_are_told_apart),
      cmocka_unit_test(decayed_counts_will_do),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
