// SPDX-License-Identifier: Apache-2.0
/** What people read when a rule file is wrong, byte for byte. */
#include "tests/unit/rules/lang/small_schema.h"

#include "rules/base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

enum { TEXT_BYTES_MAX = 1 << 20 };

static void refused(const char *rules, const char *expected) {
  struct program *p = NULL;
  struct buf errors;
  buf_init(&errors, TEXT_BYTES_MAX);
  assert_int_equal(small_compile(span_of(rules), &p, &errors), ERR_SYNTAX);
  assert_null(p);
  buf_put_byte(&errors, '\0');
  assert_string_equal(errors.at, expected);
  buf_fini(&errors);
}

static void a_misspelt_field_is_suggested(void **state) {
  refused("rule a\n  when http.request.url.path eq \"/\" then deny\n",
          "t.rules:2:8: unknown field 'http.request.url.path'\n"
          "    when http.request.url.path eq \"/\" then deny\n"
          "         ^~~~~~~~~~~~~~~~~~~~~\n"
          "  did you mean http.request.uri.path?\n");
}

static void a_misspelt_keyword_is_suggested(void **state) {
  refused("rule a when ssl thne deny\n",
          "t.rules:1:17: expected a clause or the next statement, found 'thne'\n"
          "  rule a when ssl thne deny\n"
          "                  ^~~~\n"
          "  did you mean then?\n");
  refused("rulle a when ssl then deny\n", "t.rules:1:1: expected a statement, found 'rulle'\n"
                                          "  rulle a when ssl then deny\n"
                                          "  ^~~~~\n"
                                          "  did you mean rule?\n");
  refused("rule a when ssl then dney\n", "t.rules:1:22: expected an action, found 'dney'\n"
                                         "  rule a when ssl then dney\n"
                                         "                       ^~~~\n"
                                         "  did you mean deny?\n");
}

static void what_is_missing_is_named(void **state) {
  refused("rule a when ssl\n", "t.rules:1:6: rule 'a' lacks then\n"
                               "  rule a when ssl\n"
                               "       ^\n"
                               "  add: then ACTION\n");
  refused("limit l 10 in 10 by client on request then throttle\n",
          "t.rules:1:15: expected a duration (500ms, 10s, 5m, 24h, 7d), found '10'\n"
          "  limit l 10 in 10 by client on request then throttle\n"
          "                ^~\n"
          "  give it a unit: 500ms, 10s, 5m, 24h, 7d\n");
  refused("rule a when ssl then ban\n", "t.rules:1:22: a ban needs its time\n"
                                        "  rule a when ssl then ban\n"
                                        "                       ^~~\n"
                                        "  as in: then ban for 30m\n");
}

static void types_do_not_mix(void **state) {
  refused("rule a when ip.src eq \"192.0.2.1\" then deny\n",
          "t.rules:1:23: expected an address, but this is text\n"
          "  rule a when ip.src eq \"192.0.2.1\" then deny\n"
          "                        ^~~~~~~~~~~\n"
          "  write the address without quotes\n");
  refused("rule a when ip.src eq 192.0.2.0/24 then deny\n",
          "t.rules:1:23: a prefix equals no address\n"
          "  rule a when ip.src eq 192.0.2.0/24 then deny\n"
          "                        ^~~~~~~~~~~~\n"
          "  as in: ip.src in {192.0.2.0/24}\n");
  refused("rule a when login.password eq \"x\" then deny\n",
          "t.rules:1:13: a password is a key, never compared\n"
          "  rule a when login.password eq \"x\" then deny\n"
          "              ^~~~~~~~~~~~~~\n");
  refused("rule a when response.status eq 404 then deny\n",
          "t.rules:1:13: the answer is not known when this is decided\n"
          "  rule a when response.status eq 404 then deny\n"
          "              ^~~~~~~~~~~~~~~~~~~~~~\n"
          "  a limit or signal `on answer` may look at it, for the requests that follow\n");
}

static void a_bad_pattern_says_where(void **state) {
  refused("rule a when http.host matches \"a(b\" then deny\n",
          "t.rules:1:31: not a regular expression\n"
          "  rule a when http.host matches \"a(b\" then deny\n"
          "                                ^~~~~\n"
          "  missing closing parenthesis, at byte 4 of the pattern\n");
}

static void every_wrong_statement_is_reported_at_once(void **state) {
  refused("rule a when nothing then deny\n"
          "rule b when ssl and then deny\n"
          "rule c when ssl then deny\n"
          "rule c when ssl then drop\n",
          "t.rules:1:13: unknown field 'nothing'\n"
          "  rule a when nothing then deny\n"
          "              ^~~~~~~\n"
          "  `qorgan rules explain` lists the fields\n"
          "t.rules:2:21: expected a field, a value or '(', found 'then'\n"
          "  rule b when ssl and then deny\n"
          "                      ^~~~\n"
          "t.rules:4:6: 'c' is already a rule, at t.rules:3\n"
          "  rule c when ssl then drop\n"
          "       ^\n"
          "  choose another name, or take one of the two out\n");
}

static void twenty_errors_are_shown_and_the_rest_counted(void **state) {
  struct buf rules, errors;
  struct program *p = NULL;
  buf_init(&rules, TEXT_BYTES_MAX);
  buf_init(&errors, TEXT_BYTES_MAX);
  for (int i = 0; i < 25; i++) buf_printf(&rules, "rule r%d when nothing then deny\n", i);
  assert_int_equal(small_compile(buf_span(&rules), &p, &errors), ERR_SYNTAX);
  unsigned shown = 0;
  struct span rest = buf_span(&errors);
  while (rest.len) shown += span_starts(span_cut(&rest, '\n'), SPAN("t.rules:"));
  assert_int_equal(shown, 20);
  assert_non_null(memmem(errors.at, errors.end, "and 5 more\n", 11));
  buf_fini(&rules);
  buf_fini(&errors);
}

/* Sixty patterns over every header could cost more than a request may. */
static void a_program_past_its_cost_is_refused(void **state) {
  struct buf rules, errors;
  struct program *p = NULL;
  buf_init(&rules, TEXT_BYTES_MAX);
  buf_init(&errors, TEXT_BYTES_MAX);
  for (int i = 0; i < 60; i++) {
    buf_printf(&rules, "rule r%d when http.request.headers[\"a\"] matches \"x+y\" then deny\n", i);
  }
  assert_int_equal(small_compile(buf_span(&rules), &p, &errors), ERR_SYNTAX);
  assert_non_null(memmem(errors.at, errors.end, "could cost 307.", 15));
  assert_non_null(memmem(errors.at, errors.end, "the bound is 20.0 ms", 20));
  buf_fini(&rules);
  buf_fini(&errors);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_misspelt_field_is_suggested),
      cmocka_unit_test(a_misspelt_keyword_is_suggested),
      cmocka_unit_test(what_is_missing_is_named),
      cmocka_unit_test(types_do_not_mix),
      cmocka_unit_test(a_bad_pattern_says_where),
      cmocka_unit_test(every_wrong_statement_is_reported_at_once),
      cmocka_unit_test(twenty_errors_are_shown_and_the_rest_counted),
      cmocka_unit_test(a_program_past_its_cost_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
