// SPDX-License-Identifier: Apache-2.0
#include "proxy/nearest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

struct row {
  const char *name;
  int more;
};

static const struct row ROWS[] = {{"check", 1}, {"bans", 2}, {"ban", 3}, {"rules check", 4}};

static const char *nearest(const char *word) {
  return nearest_name(span_of(word), ROWS, 4, sizeof(*ROWS));
}

static void edits_are_counted(void **state) {
  assert_int_equal(nearest_distance(SPAN(""), SPAN("abc")), 3);
  assert_int_equal(nearest_distance(SPAN("kitten"), SPAN("sitting")), 3);
  assert_int_equal(nearest_distance(SPAN("orign"), SPAN("origin")), 1);
  assert_int_equal(nearest_distance(SPAN("chekc"), SPAN("check")), 1);
  assert_int_equal(nearest_distance(SPAN("CHECK"), SPAN("check")), 0);
  assert_int_equal(nearest_distance(SPAN("ca"), SPAN("abc")), 3);
}

static void the_nearest_name_is_found(void **state) {
  assert_string_equal(nearest("chekc"), "check");
  assert_string_equal(nearest("ban"), "ban");
  assert_string_equal(nearest("bnas"), "bans");
  assert_string_equal(nearest("rule chek"), "rules check");
}

static void what_is_far_from_all_is_near_to_none(void **state) {
  assert_null(nearest("simulate"));
  assert_null(nearest("xyz"));
  assert_null(nearest(""));
}

static void long_words_are_not_compared(void **state) {
  char word[66] = {0};
  memset(word, 'a', 65);
  assert_true(nearest_distance(span_of(word), SPAN("a")) == SIZE_MAX);
  assert_null(nearest(word));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(edits_are_counted),
      cmocka_unit_test(the_nearest_name_is_found),
      cmocka_unit_test(what_is_far_from_all_is_near_to_none),
      cmocka_unit_test(long_words_are_not_compared),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
