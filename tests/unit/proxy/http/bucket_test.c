// SPDX-License-Identifier: Apache-2.0
#include "proxy/http/bucket.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static unsigned take_all(struct bucket *b, mono_ms now) {
  unsigned taken = 0;
  while (taken < 1000000 && bucket_take(b, now)) taken++;
  return taken;
}

static void the_burst_is_there_at_once_and_no_more(void **state) {
  struct bucket b;
  bucket_init(&b, 10, 2, 1000);
  assert_int_equal(take_all(&b, 1000), 10);
  assert_false(bucket_take(&b, 1000));
}

static void it_returns_at_its_rate_to_the_millisecond(void **state) {
  struct bucket b;
  bucket_init(&b, 10, 2, 1000);
  take_all(&b, 1000);
  assert_false(bucket_take(&b, 1499));
  assert_true(bucket_take(&b, 1500));
  assert_false(bucket_take(&b, 1500));
  assert_int_equal(take_all(&b, 3500), 4);
}

static void steps_of_a_millisecond_lose_nothing(void **state) {
  struct bucket b;
  bucket_init(&b, 10, 3, 0);
  take_all(&b, 0);
  unsigned taken = 0;
  for (mono_ms now = 1; now <= 10000; now++) taken += bucket_take(&b, now);
  assert_int_equal(taken, 30);
}

static void rest_never_gives_more_than_the_burst(void **state) {
  struct bucket b;
  bucket_init(&b, 10, 1000000, 0);
  take_all(&b, 0);
  assert_int_equal(take_all(&b, INT64_MAX / 2), 10);
}

static void time_that_goes_backwards_gives_nothing(void **state) {
  struct bucket b;
  bucket_init(&b, 2, 1000, 5000);
  take_all(&b, 5000);
  assert_false(bucket_take(&b, 1000));
  assert_false(bucket_take(&b, 5000));
  assert_true(bucket_take(&b, 5001));
}

static void without_a_rate_it_never_returns(void **state) {
  struct bucket b;
  bucket_init(&b, 1, 0, 0);
  assert_true(bucket_take(&b, 0));
  assert_false(bucket_take(&b, 900));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_burst_is_there_at_once_and_no_more),
      cmocka_unit_test(it_returns_at_its_rate_to_the_millisecond),
      cmocka_unit_test(steps_of_a_millisecond_lose_nothing),
      cmocka_unit_test(rest_never_gives_more_than_the_burst),
      cmocka_unit_test(time_that_goes_backwards_gives_nothing),
      cmocka_unit_test(without_a_rate_it_never_returns),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
