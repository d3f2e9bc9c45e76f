// SPDX-License-Identifier: Apache-2.0
#include "rules/signals/distinct_table.h"

#include "rules/base/err.h"
#include "tests/unit/chance.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <cmocka.h>

enum { WINDOW_MS = 1000 };
static struct distinct_table t;

static uint64_t digest_of(uint64_t number) {
  struct chance c = {number * 31 + 7};
  return chance_next(&c);
}

static void sizes_have_bounds(void **state) {
  assert_int_equal(distinct_table_init(&t, 0, WINDOW_MS), ERR_RANGE);
  assert_int_equal(distinct_table_init(&t, 3, WINDOW_MS), ERR_RANGE);
  assert_int_equal(distinct_table_init(&t, 2 * DISTINCT_BUCKETS_MAX, WINDOW_MS), ERR_RANGE);
  assert_int_equal(distinct_table_init(&t, 2, 1), ERR_RANGE);
}

/* Against a matrix of who was seen with what, in a table with room for all. */
static void it_is_a_set_of_users_for_each_key(void **state) {
  struct chance c = chance_seed("distinct table");
  enum { KEYS = 40, USERS = DISTINCT_KEPT };
  static bool seen[KEYS][USERS];
  memset(seen, 0, sizeof(seen));
  assert_int_equal(distinct_table_init(&t, 4096, WINDOW_MS), OK);
  for (unsigned step = 0; step < 3000; step++) {
    unsigned key = (unsigned)chance_below(&c, KEYS), user = (unsigned)chance_below(&c, USERS),
             expected = 0;
    seen[key][user] = true;
    for (unsigned i = 0; i < USERS; i++) expected += seen[key][i];
    assert_true(distinct_table_add(&t, 5, digest_of(key), digest_of(1000 + user)) == expected);
    assert_true(distinct_table_count(&t, 5, digest_of(key)) == expected);
  }
  assert_true(distinct_table_count(&t, 5, digest_of(KEYS + 1)) == 0);
  assert_true(distinct_table_count(&t, 5 + WINDOW_MS, digest_of(0)) == 0);
  distinct_table_fini(&t);
}

static void a_flood_of_new_keys_leaves_the_sprayed_one(void **state) {
  assert_int_equal(distinct_table_init(&t, 8, WINDOW_MS), OK);
  for (unsigned user = 0; user < 5; user++)
    distinct_table_add(&t, 5, digest_of(1), digest_of(user));
  for (unsigned key = 2; key < 20000; key++) {
    assert_true(distinct_table_add(&t, 5, digest_of(key), digest_of(9)) ==
                1); /* nothing inherited */
  }
  assert_true(distinct_table_count(&t, 5, digest_of(1)) == 5);
  /* After its window it makes room like any other. */
  unsigned there = 0;
  for (unsigned key = 0; key < 1000; key++)
    distinct_table_add(&t, 5 + WINDOW_MS, digest_of(50000 + key), 3);
  for (unsigned i = 0; i < 8 * DISTINCT_WAYS; i++)
    there += t.buckets[i / 4].keys[i % 4] == digest_of(1);
  assert_int_equal(there, 0);
  distinct_table_fini(&t);
}

static void key_zero_is_a_key(void **state) {
  assert_int_equal(distinct_table_init(&t, 2, WINDOW_MS), OK);
  assert_true(distinct_table_count(&t, 5, 0) == 0);
  assert_true(distinct_table_add(&t, 5, 0, digest_of(1)) == 1);
  assert_true(distinct_table_count(&t, 5, 0) == 1);
  distinct_table_fini(&t);
}

enum { THREADS = 8, SHARED_KEYS = 6 };

/* Each thread has a user of its own, seen again and again. */
static void *add_own_users(void *arg) {
  unsigned number = *(unsigned *)arg;
  for (unsigned i = 0; i < 5000; i++) {
    uint64_t user = number * 100;
    distinct_table_add(&t, 5, digest_of(i % SHARED_KEYS), digest_of(5000 + user));
    distinct_table_count(&t, 5, digest_of(i % SHARED_KEYS));
  }
  return NULL;
}

static void users_of_all_threads_are_counted(void **state) {
  pthread_t threads[THREADS];
  unsigned numbers[THREADS];
  assert_int_equal(distinct_table_init(&t, 64, WINDOW_MS), OK);
  for (unsigned i = 0; i < THREADS; i++) {
    numbers[i] = i;
    assert_int_equal(pthread_create(&threads[i], NULL, add_own_users, &numbers[i]), 0);
  }
  for (unsigned i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
  for (unsigned key = 0; key < SHARED_KEYS; key++) {
    assert_true(distinct_table_count(&t, 5, digest_of(key)) == THREADS);
  }
  distinct_table_fini(&t);
}

static void cost_is_printed(void **state) {
  struct chance c = {1};
  enum { ROUNDS = 200000 };
  assert_int_equal(distinct_table_init(&t, 16384, WINDOW_MS), OK);
  double all = 0, from = now_ns();
  for (unsigned i = 0; i < ROUNDS; i++) {
    all += distinct_table_add(&t, 5, digest_of(chance_below(&c, 40000)), chance_next(&c));
  }
  print_message("distinct table: %.0f ns an addition, 40,000 keys\n", (now_ns() - from) / ROUNDS);
  assert_true(all >= ROUNDS);
  distinct_table_fini(&t);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sizes_have_bounds),
      cmocka_unit_test(it_is_a_set_of_users_for_each_key),
      cmocka_unit_test(a_flood_of_new_keys_leaves_the_sprayed_one),
      cmocka_unit_test(key_zero_is_a_key),
      cmocka_unit_test(users_of_all_threads_are_counted),
      cmocka_unit_test(cost_is_printed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
