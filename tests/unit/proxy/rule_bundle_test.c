// SPDX-License-Identifier: Apache-2.0
/** What goes into a bundle comes out of it, whatever bytes the files have; what is no bundle is said to be none. */
#include "proxy/rule_bundle.h"

#include "rules/base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#define FILE_OF(n, t)                                                                              \
  { .name = SPAN(n), .text = SPAN(t) }

static void files_come_back_as_they_were(void **state) {
  const struct source files[] = {
      FILE_OF("/etc/qorgan/site.rules", "#: 3 trap\nrule a when ssl then deny\n"),
      FILE_OF("empty.rules", ""), FILE_OF("-", "no newline at the end \0 and a NUL")};
  struct source back[4];
  struct buf text;
  size_t count, at;
  buf_init(&text, 4096);
  assert_int_equal(rule_bundle_join(files, 3, &text, &at), OK);
  assert_int_equal(rule_bundle_split(buf_span(&text), back, 4, &count), OK);
  assert_int_equal(count, 3);
  for (size_t i = 0; i < count; i++) assert_true(span_eq(back[i].text, files[i].text));
  assert_true(span_eq(back[0].name, SPAN("site.rules")));
  assert_true(span_eq(back[2].name, SPAN("stdin.rules")));
  assert_int_equal(rule_bundle_split(buf_span(&text), back, 2, &count), ERR_FULL);
  /* Cut anywhere, it is a bundle of fewer files or none at all, never of other ones. */
  for (size_t len = 1; len < buf_len(&text); len++) {
    int err = rule_bundle_split(span_from(buf_span(&text).at, len), back, 4, &count);
    assert_true(len < 3 || err == ERR_CORRUPT || count < 3);
  }
  buf_fini(&text);
}

static void a_plain_text_is_one_file(void **state) {
  struct source back[1];
  size_t count;
  assert_int_equal(rule_bundle_split(SPAN("rule a when ssl then deny"), back, 1, &count), OK);
  assert_int_equal(count, 1);
  assert_true(span_eq(back[0].name, RULE_BUNDLE_UNNAMED));
}

static void names_that_cannot_be_told_apart_are_refused(void **state) {
  const struct source twice[] = {FILE_OF("a/site.rules", ""), FILE_OF("b/site.rules", "")};
  const struct source newline[] = {FILE_OF("site\n.rules", "")}, nothing[] = {FILE_OF("a/", "")};
  struct buf text;
  size_t at;
  buf_init(&text, 4096);
  assert_int_equal(rule_bundle_join(twice, 2, &text, &at), ERR_EXISTS);
  assert_int_equal(at, 1);
  assert_int_equal(rule_bundle_join(newline, 1, &text, &at), ERR_RANGE);
  assert_int_equal(rule_bundle_join(nothing, 1, &text, &at), ERR_RANGE);
  buf_fini(&text);
  buf_init(&text, 8);
  assert_int_equal(rule_bundle_join(twice, 1, &text, &at), ERR_FULL);
  buf_fini(&text);
}

static void what_is_no_bundle_is_corrupt(void **state) {
  static const char *const TEXTS[] = {
      "#: ",        "#: 5",           "#: 5 a\n",
      "#: 1 a\nxx", "#: x a\n\n",     "#: 0 \n\n",
      "#: 1 a\nx",  "#: 0 a\n\njunk", "#: 18446744073709551615 a\nx\n"};
  struct source back[4];
  size_t count;
  for (size_t i = 0; i < sizeof(TEXTS) / sizeof(TEXTS[0]); i++) {
    assert_int_equal(rule_bundle_split(span_of(TEXTS[i]), back, 4, &count), ERR_CORRUPT);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(files_come_back_as_they_were),
      cmocka_unit_test(a_plain_text_is_one_file),
      cmocka_unit_test(names_that_cannot_be_told_apart_are_refused),
      cmocka_unit_test(what_is_no_bundle_is_corrupt),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
