// SPDX-License-Identifier: Apache-2.0
/* Literal addresses and names that no resolver is asked for: the tests need no network. */
#include "proxy/resolve.h"

#include "rules/base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static char memory[8192];

static int resolve(const char *host, struct endpoint **out, size_t *count, const char **why) {
  struct arena arena;
  arena_init(&arena, memory, sizeof(memory), 0);
  int err = resolve_host(host, 8080, &arena, out, count, why);
  arena_fini(&arena);
  return err;
}

static void a_literal_address_is_taken_as_it_stands(void **state) {
  static const char *const LITERALS[][2] = {{"192.0.2.7", "192.0.2.7:8080"},
                                            {"2001:db8::7", "[2001:db8::7]:8080"},
                                            {"::1", "[::1]:8080"}};
  for (size_t i = 0; i < 3; i++) {
    struct endpoint *found;
    size_t count;
    const char *why;
    char text[ENDPOINT_TEXT_MAX];
    assert_int_equal(resolve(LITERALS[i][0], &found, &count, &why), OK);
    assert_int_equal(count, 1);
    endpoint_format(&found[0], text);
    assert_string_equal(text, LITERALS[i][1]);
  }
}

static void this_machine_is_found_without_repeats(void **state) {
  struct endpoint *found;
  size_t count;
  const char *why;
  assert_int_equal(resolve("localhost", &found, &count, &why), OK);
  assert_in_range(count, 1, RESOLVE_ADDRS_MAX);
  for (size_t i = 0; i < count; i++) {
    assert_int_equal(found[i].port, 8080);
    for (size_t j = 0; j < i; j++) assert_false(endpoint_eq(&found[i], &found[j]));
  }
}

static void what_no_name_can_be_is_not_found_and_said(void **state) {
  char label[] =
      "a.................................................................................b";
  struct endpoint *found;
  size_t count;
  const char *why = NULL;
  assert_int_equal(resolve(label, &found, &count, &why), ERR_NOT_FOUND);
  assert_non_null(why);
}

static void a_full_arena_is_an_error(void **state) {
  struct arena arena;
  struct endpoint *found;
  size_t count;
  const char *why;
  arena_init(&arena, memory, 1, 0);
  assert_int_equal(resolve_host("::1", 1, &arena, &found, &count, &why), ERR_MEMORY);
  arena_fini(&arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_literal_address_is_taken_as_it_stands),
      cmocka_unit_test(this_machine_is_found_without_repeats),
      cmocka_unit_test(what_no_name_can_be_is_not_found_and_said),
      cmocka_unit_test(a_full_arena_is_an_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
