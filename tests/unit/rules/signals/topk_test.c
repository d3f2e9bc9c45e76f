// SPDX-License-Identifier: Apache-2.0
#include "rules/signals/topk.h"

#include "tests/unit/chance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static struct topk t;

static const struct topk_entry *entry_of(uint64_t key) {
  for (size_t i = 0; i < t.count; i++) {
    if (t.at[i].key == key) return &t.at[i];
  }
  return NULL;
}

static void few_keys_are_exact(void **state) {
  memset(&t, 0, sizeof(t));
  for (unsigned round = 0; round < 10; round++) {
    for (uint64_t key = 0; key < TOPK_MAX; key++) topk_add(&t, key, key);
  }
  struct topk_entry out[TOPK_MAX];
  assert_int_equal(topk_list(&t, out, 3), 3);
  for (uint64_t i = 0; i < 3; i++) {
    assert_int_equal(out[i].key, TOPK_MAX - 1 - i);
    assert_int_equal(out[i].weight, 10 * (TOPK_MAX - 1 - i));
    assert_int_equal(out[i].error, 0);
  }
  assert_int_equal(topk_list(&t, out, 1000), TOPK_MAX);
}

/* Space-Saving's promises, against exact counts: random keys, and in the order that evicts most. */
static void its_promises_hold(void **state) {
  struct chance c = chance_seed("topk");
  enum { KEYS = 1000 };
  static uint64_t truth[KEYS];
  for (unsigned order = 0; order < 2; order++) {
    memset(&t, 0, sizeof(t));
    memset(truth, 0, sizeof(truth));
    uint64_t all = 0;
    for (unsigned step = 0; step < 50000; step++) {
      uint64_t key =
          order ? step % (TOPK_MAX + 1) : chance_below(&c, KEYS) * chance_below(&c, KEYS) / KEYS;
      if (step % 10 == 0) key = 7;
      uint64_t weight = 1 + chance_below(&c, 5);
      topk_add(&t, key, weight);
      truth[key] += weight;
      all += weight;
    }
    for (uint64_t key = 0; key < KEYS; key++) {
      const struct topk_entry *e = entry_of(key);
      if (truth[key] > all / TOPK_MAX) assert_non_null(e);
      if (e) assert_in_range(truth[key], e->weight - e->error, e->weight);
    }
    struct topk_entry first;
    assert_int_equal(topk_list(&t, &first, 1), 1);
    assert_int_equal(first.key, 7);
  }
}

static void halving_forgets(void **state) {
  memset(&t, 0, sizeof(t));
  topk_add(&t, 1, 9);
  topk_add(&t, 2, 1);
  topk_halve(&t);
  assert_int_equal(entry_of(1)->weight, 5);
  assert_null(entry_of(2));
  for (unsigned i = 0; i < 3; i++) topk_halve(&t);
  assert_int_equal(t.count, 1);
  topk_halve(&t);
  assert_int_equal(t.count, 0);
}

static void weights_end_at_the_top(void **state) {
  memset(&t, 0, sizeof(t));
  topk_add(&t, 1, UINT64_MAX);
  topk_add(&t, 1, 5);
  assert_true(entry_of(1)->weight == UINT64_MAX);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(few_keys_are_exact),
      cmocka_unit_test(its_promises_hold),
      cmocka_unit_test(halving_forgets),
      cmocka_unit_test(weights_end_at_the_top),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
