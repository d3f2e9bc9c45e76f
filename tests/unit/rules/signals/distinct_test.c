// SPDX-License-Identifier: Apache-2.0
#include "rules/signals/distinct.h"

#include "tests/unit/chance.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

enum { WINDOW_MS = 1000, HALF_MS = WINDOW_MS / 2 };

static uint64_t digest_of(uint64_t number) {
  struct chance c = {number};
  return chance_next(&c);
}

static void few_are_counted_exactly(void **state) {
  struct distinct d = {0};
  assert_true(distinct_count(&d, 0, WINDOW_MS) == 0);
  for (unsigned n = 1; n <= DISTINCT_KEPT; n++) {
    for (unsigned again = 0; again < 3; again++) distinct_add(&d, 10, WINDOW_MS, digest_of(n));
    assert_true(distinct_count(&d, 10, WINDOW_MS) == n);
  }
}

static void it_looks_back_for_half_the_window_to_all_of_it(void **state) {
  struct distinct d = {0};
  distinct_add(&d, 3 * HALF_MS - 1, WINDOW_MS, digest_of(1));
  assert_true(distinct_count(&d, 4 * HALF_MS - 1, WINDOW_MS) == 1);
  assert_true(distinct_count(&d, 4 * HALF_MS, WINDOW_MS) == 0);
  distinct_add(&d, 3 * HALF_MS, WINDOW_MS, digest_of(2));
  assert_true(distinct_count(&d, 5 * HALF_MS - 1, WINDOW_MS) == 1);
  assert_true(distinct_count(&d, 1000 * HALF_MS, WINDOW_MS) == 0);
}

/* The model: when each user was last seen in each half. */
static void it_is_the_set_of_both_halves(void **state) {
  struct chance c = chance_seed("distinct");
  enum { USERS = 12 };
  for (unsigned round = 0; round < 100; round++) {
    struct distinct d = {0};
    int64_t last_half[USERS];
    for (unsigned i = 0; i < USERS; i++) last_half[i] = -10;
    mono_ms now = 0;
    for (unsigned step = 0; step < 200; step++) {
      now += (mono_ms)chance_below(&c, 150);
      unsigned user = (unsigned)chance_below(&c, USERS), expected = 0;
      distinct_add(&d, now, WINDOW_MS, digest_of(1 + user));
      last_half[user] = now / HALF_MS;
      for (unsigned i = 0; i < USERS; i++) expected += last_half[i] >= now / HALF_MS - 1;
      assert_true(distinct_count(&d, now, WINDOW_MS) == expected);
    }
  }
}

static void many_are_estimated(void **state) {
  struct chance c = {2024};
  static const unsigned COUNTS[] = {16, 30, 100, 1000, 20000};
  for (unsigned i = 0; i < sizeof(COUNTS) / sizeof(COUNTS[0]); i++) {
    enum { RUNS = 400 };
    double sum = 0, squares = 0;
    for (unsigned run = 0; run < RUNS; run++) {
      struct distinct d = {0};
      for (unsigned n = 0; n < COUNTS[i]; n++) {
        uint64_t digest = chance_next(&c);
        distinct_add(&d, n % 2 ? HALF_MS : 0, WINDOW_MS, digest);
        if (n % 3 == 0)
          distinct_add(&d, HALF_MS, WINDOW_MS, digest); /* in both halves: still one */
      }
      double share = distinct_count(&d, HALF_MS, WINDOW_MS) / COUNTS[i];
      sum += share;
      squares += share * share;
    }
    double mean = sum / RUNS, error = sqrt(squares / RUNS - mean * mean);
    print_message("distinct: %u are counted as %.3f of that, standard error %.0f%%\n", COUNTS[i],
                  mean, 100 * error);
    assert_true(fabs(mean - 1) < 0.06 && error < 0.32);
  }
}

static void time_going_backwards_loses_nobody(void **state) {
  struct distinct d = {0};
  distinct_add(&d, 10 * HALF_MS, WINDOW_MS, digest_of(1));
  distinct_add(&d, 2 * HALF_MS, WINDOW_MS, digest_of(2));
  distinct_add(&d, INT64_MIN, WINDOW_MS, digest_of(3));
  assert_true(distinct_count(&d, 0, WINDOW_MS) == 3);
  assert_true(distinct_count(&d, 10 * HALF_MS, WINDOW_MS) == 3);
  distinct_add(&d, INT64_MAX, WINDOW_MS, digest_of(4));
  assert_true(distinct_count(&d, INT64_MAX, WINDOW_MS) == 1);
}

static void what_is_taken_back_is_not_counted(void **state) {
  struct distinct d = {0};
  for (unsigned n = 1; n <= 4; n++) {
    assert_true(distinct_add(&d, 3 * HALF_MS, WINDOW_MS, digest_of(n)));
    assert_false(distinct_add(&d, 4 * HALF_MS, WINDOW_MS, digest_of(n)));
  }
  for (unsigned n = 4; n > 0; n--) {
    distinct_remove(&d, 4 * HALF_MS, WINDOW_MS, digest_of(n));
    distinct_remove(&d, 4 * HALF_MS, WINDOW_MS, digest_of(99));
    assert_true(distinct_count(&d, 4 * HALF_MS, WINDOW_MS) == n - 1);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(few_are_counted_exactly),
      cmocka_unit_test(it_looks_back_for_half_the_window_to_all_of_it),
      cmocka_unit_test(it_is_the_set_of_both_halves),
      cmocka_unit_test(many_are_estimated),
      cmocka_unit_test(time_going_backwards_loses_nobody),
      cmocka_unit_test(what_is_taken_back_is_not_counted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
