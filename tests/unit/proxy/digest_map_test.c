// SPDX-License-Identifier: Apache-2.0
/** A map of digests remembers all it was given, whatever it grew through. */
#include "proxy/digest_map.h"

#include "rules/base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static uint64_t key_of(uint64_t space, int number) {
  return digest_map_key(space, span_from(&number, sizeof(number)));
}

static void all_is_found_again(void **state) {
  enum { COUNT = 100000 };
  struct digest_map m = {0};
  assert_null(digest_map_get(&m, key_of(1, 0)));
  for (int i = 0; i < COUNT; i++) assert_int_equal(digest_map_put(&m, key_of(1, i), i), OK);
  for (int i = 0; i < COUNT; i += 2) assert_int_equal(digest_map_put(&m, key_of(1, i), -i), OK);
  assert_int_equal(m.count, COUNT);
  for (int i = 0; i < COUNT; i++) {
    const int64_t *value = digest_map_get(&m, key_of(1, i));
    assert_non_null(value);
    assert_int_equal(*value, i % 2 ? i : -i);
    assert_null(digest_map_get(&m, key_of(2, i))); /* another space */
  }
  digest_map_fini(&m);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(all_is_found_again)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
