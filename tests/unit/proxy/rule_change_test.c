// SPDX-License-Identifier: Apache-2.0
/** What makes a statement another one, and what does not. */
#include "proxy/rule_change.h"

#include "rules/base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* As "+rule a ~limit b -score c ", in the order found. */
static void changes(const char *before, const char *after, const char *expected) {
  const struct source was = {.name = SPAN("site.rules"), .text = span_of(before)},
                      is = {.name = SPAN("site.rules"), .text = span_of(after)};
  static const char SIGNS[] = {[RULE_ADDED] = '+', [RULE_REMOVED] = '-', [RULE_CHANGED] = '~'};
  struct rule_changes c;
  struct buf text;
  buf_init(&text, 4096);
  assert_int_equal(rule_changes(&was, 1, &is, 1, &c), OK);
  for (size_t i = 0; i < c.count; i++) {
    buf_printf(&text, "%c%s %.*s ", SIGNS[c.items[i].kind],
               statement_rows[c.items[i].statement].word, SPAN_ARG(c.items[i].name));
  }
  buf_put_byte(&text, '\0');
  assert_string_equal(text.at, expected);
  assert_int_equal(c.count, c.counts[0] + c.counts[1] + c.counts[2]);
  buf_fini(&text);
  rule_changes_fini(&c);
}

#define A "rule a when ssl then deny\n"
#define B "rule b when http.host eq \"x\" then deny\n"

static void statements_come_go_and_change(void **state) {
  changes(A, A, "");
  changes("", "", "");
  changes(A, A B, "+rule b ");
  changes(A B, B, "-rule a ");
  changes(A B, B "rule a when ssl then drop\n", "~rule a ");
  changes(A, "shadow " A, "~rule a ");
  changes(A, "limit a 3 in 1s by client on request then deny\n", "-rule a +limit a ");
  changes(A, "off a\n" A, "+off a ");
}

static void layout_comments_and_spelling_are_no_change(void **state) {
  changes(A B, B A, "");
  changes(B, "# why\nrule b # for now\n  when http.host == \"x\"\n  # really\n  then deny\n", "");
}

static void routes_of_one_name_are_told_apart_by_their_place(void **state) {
  changes("route r when ssl\n", "route r when ssl\nroute r when not ssl\n", "+route r ");
  changes("route r when ssl\nroute r when not ssl\n",
          "route r when ssl\nroute r when bot.verified\n", "~route r ");
}

static void what_cannot_be_read_is_said(void **state) {
  const struct source was = {.text = SPAN(A)}, is = {.text = SPAN("rule a when then deny\n")};
  struct rule_changes c;
  assert_int_equal(rule_changes(&was, 1, &is, 1, &c), ERR_SYNTAX);
  rule_changes_fini(&c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(statements_come_go_and_change),
      cmocka_unit_test(layout_comments_and_spelling_are_no_change),
      cmocka_unit_test(routes_of_one_name_are_told_apart_by_their_place),
      cmocka_unit_test(what_cannot_be_read_is_said),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
