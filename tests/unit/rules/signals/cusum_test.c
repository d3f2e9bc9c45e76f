// SPDX-License-Identifier: Apache-2.0
#include "rules/signals/cusum.h"

#include "tests/unit/chance.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

enum { BINS_A_DAY = 288 };

static unsigned poisson(struct chance *c, double rate) {
  double product = chance_unit(c), least = exp(-rate);
  unsigned k = 0;
  for (; product > least; k++) product *= chance_unit(c);
  return k;
}

static void the_sum_is_the_likelihood_ratio_since_the_best_start(void **state) {
  struct chance c = chance_seed("cusum");
  double ratios[200];
  struct cusum cusum = {0};
  for (unsigned n = 0; n < 200; n++) {
    double expected = 1 + 5 * chance_unit(&c);
    unsigned counted = poisson(&c, expected);
    /* Poisson likelihood of twice the rate over that of the rate. */
    ratios[n] = (counted * log(2 * expected) - 2 * expected) - (counted * log(expected) - expected);
    double best = 0, sum = 0;
    for (unsigned from = n + 1; from-- > 0;) {
      sum += ratios[from];
      best = fmax(best, sum);
    }
    cusum_step(&cusum, counted, expected);
    if (best >= CUSUM_ALARM) return; /* the cap is tested below */
    assert_true(fabs(cusum.sum - best) < 1e-6);
  }
}

static void false_alarms_are_rare(void **state) {
  struct chance c = {12345}; /* always the same years: no test by luck */
  struct cusum cusum = {0};
  unsigned alarms = 0;
  for (unsigned bin = 0; bin < 10 * 365 * BINS_A_DAY; bin++) {
    alarms += cusum_step(&cusum, poisson(&c, 3), 3) == CUSUM_RAISED;
  }
  print_message("cusum: %u false alarms in ten years of bins of 5 minutes\n", alarms);
  assert_in_range(alarms, 0, 12);
}

static void an_attack_is_found_and_its_end_too(void **state) {
  struct chance c = {54321};
  double delays = 0;
  enum { ATTACKS = 200 };
  for (unsigned i = 0; i < ATTACKS; i++) {
    struct cusum cusum = {0};
    unsigned bins = 1;
    while (cusum_step(&cusum, poisson(&c, 3 + 6), 3) != CUSUM_RAISED) assert_true(++bins < 100);
    delays += bins;
    for (unsigned bin = 0; bin < 50; bin++) cusum_step(&cusum, poisson(&c, 9), 3);
    assert_true(cusum.alarm && cusum.sum <= CUSUM_MOST);
    bins = 1;
    while (cusum_step(&cusum, poisson(&c, 3), 3) != CUSUM_ENDED) assert_true(++bins < 200);
    assert_false(cusum.alarm);
  }
  print_message("cusum: an attack that trebles 3 a bin is found after %.1f bins\n",
                delays / ATTACKS);
  assert_true(delays / ATTACKS < 8);
}

static void quiet_sites_do_not_cry(void **state) {
  struct cusum cusum = {0};
  for (unsigned i = 0; i < 1000; i++) {
    assert_int_equal(cusum_step(&cusum, i % 2, 0), CUSUM_NOTHING); /* one failure in ten minutes */
    assert_true(cusum.sum < 1);
  }
  assert_int_equal(cusum_step(&cusum, 1000, 0), CUSUM_RAISED);
  assert_int_equal(cusum_step(&cusum, 1000, 0), CUSUM_NOTHING);
  assert_true(cusum.sum == CUSUM_MOST);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_sum_is_the_likelihood_ratio_since_the_best_start),
      cmocka_unit_test(false_alarms_are_rare),
      cmocka_unit_test(an_attack_is_found_and_its_end_too),
      cmocka_unit_test(quiet_sites_do_not_cry),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
