// SPDX-License-Identifier: Apache-2.0
#include "rules/signals/gcra.h"

#include "rules/base/err.h"
#include "tests/unit/chance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void limits_become_prices(void **state) {
  struct gcra limit;
  assert_int_equal(gcra_limit(60, 1000, 200, &limit), OK);
  assert_int_equal(limit.price_us, 16667);
  assert_int_equal(limit.most_us, 200 * 16667);
  assert_int_equal(gcra_limit(10, 600000, 0, &limit), OK);
  assert_int_equal(limit.price_us, 60000000);
  assert_int_equal(limit.most_us, 600000000);
  assert_int_equal(gcra_limit(1, GCRA_MS_MAX, 0, &limit), OK);
}

static void limits_that_mean_nothing_are_refused(void **state) {
  struct gcra limit;
  assert_int_equal(gcra_limit(0, 1000, 0, &limit), ERR_RANGE);
  assert_int_equal(gcra_limit(1, 0, 0, &limit), ERR_RANGE);
  assert_int_equal(gcra_limit(1, -5, 0, &limit), ERR_RANGE);
  assert_int_equal(gcra_limit(1, GCRA_MS_MAX + 1, 0, &limit), ERR_RANGE);
  assert_int_equal(gcra_limit(1001, 1, 0, &limit), ERR_RANGE);
  assert_int_equal(gcra_limit(1, GCRA_MS_MAX, 1000, &limit), ERR_RANGE);
  assert_int_equal(gcra_limit(1, 1000, UINT64_MAX, &limit), ERR_RANGE);
}

static void a_burst_then_the_rate(void **state) {
  struct gcra limit;
  assert_int_equal(gcra_limit(2, 1000, 5, &limit), OK);
  mono_us until = 0, now = 7000000;
  mono_ms wait = -1;
  for (unsigned i = 0; i < 5; i++) {
    assert_true(gcra_admit(&limit, &until, now, &wait));
    assert_int_equal(wait, 0);
  }
  assert_false(gcra_admit(&limit, &until, now, &wait));
  assert_int_equal(wait, 500);
  assert_false(gcra_admit(&limit, &until, now + 499999, &wait));
  assert_int_equal(wait, 1);
  assert_true(gcra_admit(&limit, &until, now + 500000, &wait));
  assert_false(gcra_admit(&limit, &until, now + 500000, &wait));
}

/* The model: a bucket of tokens, refilled before each request. */
static void it_is_the_token_bucket(void **state) {
  struct chance c = chance_seed("gcra");
  for (unsigned round = 0; round < 200; round++) {
    uint64_t count = 1 + chance_below(&c, 50), burst = 1 + chance_below(&c, 60);
    mono_ms window = (mono_ms)(count * (1 + chance_below(&c, 300)));
    struct gcra limit;
    assert_int_equal(gcra_limit(count, window, burst, &limit), OK);
    uint64_t filled_us = limit.most_us;
    mono_us until = 0, now = 1000000, last = now;
    for (unsigned i = 0; i < 500; i++) {
      now += (mono_us)chance_below(&c, 2 * limit.price_us);
      filled_us += (uint64_t)(now - last);
      if (filled_us > limit.most_us) filled_us = limit.most_us;
      last = now;
      bool expected = filled_us >= limit.price_us;
      mono_ms wait;
      assert_int_equal(gcra_admit(&limit, &until, now, &wait), expected);
      if (expected)
        filled_us -= limit.price_us;
      else
        assert_int_equal(wait, (limit.price_us - filled_us + 999) / 1000);
    }
  }
}

static void waiting_as_told_suffices(void **state) {
  struct gcra limit;
  assert_int_equal(gcra_limit(7, 1000, 3, &limit), OK);
  mono_us until = 0, now = 1;
  unsigned refused = 0;
  for (unsigned i = 0; i < 1000; i++) {
    mono_ms wait;
    if (gcra_admit(&limit, &until, now, &wait)) continue;
    refused++;
    now += wait * 1000;
    assert_true(gcra_admit(&limit, &until, now, &wait));
  }
  assert_true(refused > 400);
}

static void time_going_backwards_gives_nothing_away(void **state) {
  struct gcra limit;
  assert_int_equal(gcra_limit(1, 1000, 2, &limit), OK);
  mono_us until = 0;
  mono_ms wait;
  assert_true(gcra_admit(&limit, &until, 10000000, &wait));
  assert_false(gcra_admit(&limit, &until, 5000000, &wait));
  assert_int_equal(wait, 5000);
  assert_true(gcra_admit(&limit, &until, 10000000, &wait));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(limits_become_prices),
      cmocka_unit_test(limits_that_mean_nothing_are_refused),
      cmocka_unit_test(a_burst_then_the_rate),
      cmocka_unit_test(it_is_the_token_bucket),
      cmocka_unit_test(waiting_as_told_suffices),
      cmocka_unit_test(time_going_backwards_gives_nothing_away),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
