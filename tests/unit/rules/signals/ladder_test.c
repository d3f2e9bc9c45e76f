// SPDX-License-Identifier: Apache-2.0
#include "rules/signals/ladder.h"

#include "rules/base/err.h"
#include "tests/unit/chance.h"

#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct digest128 digest_of(uint64_t number) {
  struct siphash_key key = {3, 4};
  return siphash_128(&key, span_from(&number, sizeof(number)));
}

static uint64_t ones(const struct ladder *l) {
  uint64_t count = 0;
  for (uint64_t i = 0; i <= l->mask / 64; i++) count += (uint64_t)__builtin_popcountll(l->words[i]);
  return count;
}

static void sizes_have_bounds(void **state) {
  struct ladder l;
  assert_int_equal(ladder_init(&l, 9, 1), ERR_RANGE);
  assert_int_equal(ladder_init(&l, LADDER_LOG2_BITS_MAX + 1, 1), ERR_RANGE);
}

/* The chance that 48 fair coins show 44 heads or more: how rarely a stranger is called popular. */
static void the_threshold_is_eight_in_ten_thousand_million(void **state) {
  double tail = 0;
  for (unsigned k = LADDER_POPULAR; k <= LADDER_RUNGS; k++) {
    tail += exp(lgamma(LADDER_RUNGS + 1) - lgamma(k + 1) - lgamma(LADDER_RUNGS - k + 1) -
                LADDER_RUNGS * log(2));
  }
  assert_true(tail > 7e-10 && tail < 8.5e-10);
}

static void strangers_stand_half_way_up(void **state) {
  struct ladder l;
  assert_int_equal(ladder_init(&l, 20, 7), OK);
  assert_int_equal(ones(&l), 1 << 19);
  double sum = 0, squares = 0;
  enum { STRANGERS = 20000 };
  for (unsigned i = 0; i < STRANGERS; i++) {
    unsigned height = ladder_height(&l, digest_of(i));
    assert_true(height < LADDER_POPULAR);
    sum += height;
    squares += (double)height * height;
  }
  double mean = sum / STRANGERS, variance = squares / STRANGERS - mean * mean;
  assert_true(fabs(mean - 24) < 0.2 && fabs(variance - 12) < 0.6); /* binomial: 48/2 and 48/4 */
  ladder_fini(&l);
}

/* Against a plain array of bytes, told by the filter's own answers where it stands. */
static void each_observation_climbs_one_rung(void **state) {
  struct chance c = chance_seed("ladder");
  struct ladder l;
  assert_int_equal(ladder_init(&l, 22, chance_next(&c)), OK);
  double observations = 0;
  enum { PASSWORDS = 200 };
  for (unsigned i = 0; i < PASSWORDS; i++) {
    struct digest128 d = digest_of(chance_next(&c));
    unsigned height = ladder_height(&l, d);
    while (height < LADDER_RUNGS) {
      assert_int_equal(ladder_observe(&l, d, chance_next(&c)), height);
      assert_int_equal(ladder_height(&l, d), height + 1);
      observations += height++ < LADDER_POPULAR;
    }
    assert_int_equal(ladder_observe(&l, d, chance_next(&c)), LADDER_RUNGS);
    assert_int_equal(ones(&l), 1 << 21);
  }
  print_message("ladder: popular after %.1f observations\n", observations / PASSWORDS);
  assert_true(fabs(observations / PASSWORDS - 20) < 1.5);
  ladder_fini(&l);
}

static void what_is_not_seen_again_sinks(void **state) {
  struct chance c = {99};
  struct ladder l;
  assert_int_equal(ladder_init(&l, 14, 1), OK);
  struct digest128 once_popular = digest_of(1);
  while (ladder_height(&l, once_popular) < LADDER_RUNGS)
    ladder_observe(&l, once_popular, chance_next(&c));
  for (unsigned i = 0; i < 40000; i++) ladder_observe(&l, digest_of(1000 + i), chance_next(&c));
  assert_true(ladder_height(&l, once_popular) < 36);
  assert_int_equal(ones(&l), 1 << 13);
  ladder_fini(&l);
}

static struct ladder shared;

static void *observe_many(void *arg) {
  struct chance c = {(uint64_t)(uintptr_t)arg};
  for (unsigned i = 0; i < 20000; i++)
    ladder_observe(&shared, digest_of(chance_below(&c, 50)), chance_next(&c));
  return NULL;
}

static void half_of_the_bits_stay_set_under_threads(void **state) {
  pthread_t threads[8];
  assert_int_equal(ladder_init(&shared, 16, 5), OK);
  for (uintptr_t i = 0; i < 8; i++)
    assert_int_equal(pthread_create(&threads[i], NULL, observe_many, (void *)(i + 1)), 0);
  for (unsigned i = 0; i < 8; i++) pthread_join(threads[i], NULL);
  assert_int_equal(ones(&shared), 1 << 15);
  for (unsigned i = 0; i < 50; i++) assert_true(ladder_height(&shared, digest_of(i)) > 40);
  ladder_fini(&shared);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sizes_have_bounds),
      cmocka_unit_test(the_threshold_is_eight_in_ten_thousand_million),
      cmocka_unit_test(strangers_stand_half_way_up),
      cmocka_unit_test(each_observation_climbs_one_rung),
      cmocka_unit_test(what_is_not_seen_again_sinks),
      cmocka_unit_test(half_of_the_bits_stay_set_under_threads),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
