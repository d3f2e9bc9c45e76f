// SPDX-License-Identifier: Apache-2.0
#include "proxy/http/header.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const struct {
  const char *name;
  uint8_t id, flags;
} ROWS[] = {
#define X(id, name, flags) {name, HEADER_##id, flags},
    HEADER_TABLE(X)
#undef X
};
enum { ROW_COUNT = sizeof(ROWS) / sizeof(*ROWS) };

static struct header identified(const char *name) {
  struct header h = {.name = span_of(name), .id = 99, .flags = 99};
  header_identify(&h);
  return h;
}

static void every_row_is_found_in_any_case(void **state) {
  for (size_t i = 0; i < ROW_COUNT; i++) {
    char upper[32];
    size_t len = strlen(ROWS[i].name);
    assert_true(len < sizeof(upper));
    for (size_t k = 0; k <= len; k++) {
      char c = ROWS[i].name[k];
      upper[k] = c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
    }
    struct header as_is = identified(ROWS[i].name), shouted = identified(upper);
    assert_int_equal(as_is.id, ROWS[i].id);
    assert_int_equal(as_is.flags, ROWS[i].flags);
    assert_int_equal(shouted.id, ROWS[i].id);
  }
}

/* header_identify's index of lengths holds only while the table is sorted by length. */
static void the_table_is_sorted_by_length(void **state) {
  for (size_t i = 1; i < ROW_COUNT; i++) {
    assert_true(strlen(ROWS[i - 1].name) <= strlen(ROWS[i].name));
  }
}

static void neighbours_of_a_row_are_others(void **state) {
  static const char *const OTHERS[] = {"",
                                       "t",
                                       "tf",
                                       "hosu",
                                       "hosts",
                                       "x-score",
                                       "ten",
                                       "exposed-credential-checks",
                                       "exposed-credential-chec"};
  for (size_t i = 0; i < sizeof(OTHERS) / sizeof(*OTHERS); i++) {
    struct header h = identified(OTHERS[i]);
    assert_int_equal(h.id, HEADER_OTHER);
  }
}

/* RFC 9110 §5.6.2: every byte on its own. */
static void a_token_is_made_of_tchars(void **state) {
  static const char MARKS[] = "!#$%&'*+-.^_`|~";
  for (int c = 0; c < 256; c++) {
    char byte = (char)c;
    bool expected = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                    (c && strchr(MARKS, c));
    assert_int_equal(header_is_token(span_from(&byte, 1)), expected);
  }
  assert_false(header_is_token(SPAN("")));
  assert_false(header_is_token(SPAN("a b")));
  assert_true(header_is_token(SPAN("x-a")));
}

/* RFC 9110 §5.5: controls never, the tab inside; bytes past ASCII are opaque. */
static void a_value_has_no_controls_and_no_blanks_at_its_ends(void **state) {
  for (int c = 0; c < 256; c++) {
    char text[3] = {'a', (char)c, 'b'};
    bool control = (c < 32 && c != '\t') || c == 127;
    assert_int_equal(header_is_value(span_from(text, 3)), !control);
  }
  assert_true(header_is_value(SPAN("")));
  assert_false(header_is_value(SPAN(" a")));
  assert_false(header_is_value(SPAN("a ")));
  assert_false(header_is_value(SPAN("\ta")));
  assert_false(header_is_value(SPAN("a\t")));
}

static void a_list_comes_apart_at_its_commas(void **state) {
  struct span rest = SPAN(" a ,,b\t, c d");
  static const char *const PARTS[] = {"a", "", "b", "c d"};
  for (size_t i = 0; i < 4; i++) {
    assert_true(rest.len > 0);
    assert_true(span_eq(header_element(&rest), span_of(PARTS[i])));
  }
  assert_int_equal(rest.len, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_row_is_found_in_any_case),
      cmocka_unit_test(the_table_is_sorted_by_length),
      cmocka_unit_test(neighbours_of_a_row_are_others),
      cmocka_unit_test(a_token_is_made_of_tchars),
      cmocka_unit_test(a_value_has_no_controls_and_no_blanks_at_its_ends),
      cmocka_unit_test(a_list_comes_apart_at_its_commas),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
