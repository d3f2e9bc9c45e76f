// SPDX-License-Identifier: Apache-2.0
#include "rules/base/span.h"

#include "rules/base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void cut_takes_part_and_separator(void **state) {
  struct span rest = SPAN("a,bc,");
  assert_true(span_eq(span_cut(&rest, ','), SPAN("a")));
  assert_true(span_eq(span_cut(&rest, ','), SPAN("bc")));
  assert_int_equal(rest.len, 0);
}

static void trim_takes_blanks_of_both_ends(void **state) {
  assert_true(span_eq(span_trim(SPAN(" \t a b\t ")), SPAN("a b")));
  assert_int_equal(span_trim(SPAN(" \t")).len, 0);
}

static void compare_ignores_case_of_letters_only(void **state) {
  assert_true(span_eq_nocase(SPAN("Content-Length"), SPAN("content-lengTH")));
  assert_false(span_eq_nocase(SPAN("a["), SPAN("a{")));
  assert_false(span_eq_nocase(SPAN("a"), SPAN("ab")));
}

static void numbers_are_digits_without_overflow(void **state) {
  uint64_t value = 7;
  assert_int_equal(span_to_u64(SPAN("18446744073709551615"), &value), OK);
  assert_true(value == UINT64_MAX);
  assert_int_equal(span_to_u64(SPAN("18446744073709551616"), &value), ERR_RANGE);
  assert_int_equal(span_to_u64(SPAN(""), &value), ERR_SYNTAX);
  assert_int_equal(span_to_u64(SPAN("+1"), &value), ERR_SYNTAX);
  assert_int_equal(span_to_u64(SPAN("1 "), &value), ERR_SYNTAX);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(cut_takes_part_and_separator),
      cmocka_unit_test(trim_takes_blanks_of_both_ends),
      cmocka_unit_test(compare_ignores_case_of_letters_only),
      cmocka_unit_test(numbers_are_digits_without_overflow),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
