// SPDX-License-Identifier: Apache-2.0
/** Lines of a trace, right and wrong, and files of them. */
#include "proxy/trace.h"

#include "rules/base/err.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static void every_member_is_read(void **state) {
  struct trace_line l;
  struct trace_error why;
  assert_int_equal(
      trace_parse(
          SPAN("{\"t\":1789000000000,\"ip\":\"203.0.113.9\",\"asn\":64500,\"country\":\"KZ\","
               "\"ja4\":\"t13\",\"h2\":\"1:65536\",\"headers\":\"a1b2\",\"agent\":\"M\","
               "\"kind\":\"login\",\"user\":\"aigerim\",\"password\":\"correct horse\","
               "\"exists\":true,\"correct\":true,\"role\":\"reader\",\"device\":\"d17\","
               "\"detour_ms\":2.5,\"solves\":true,\"confirms\":true,\"label\":\"legit\","
               "\"cohort\":\"cgnat\",\"else\":[1]}"),
          &l, &why),
      OK);
  struct addr ip;
  assert_int_equal(addr_parse(SPAN("203.0.113.9"), &ip), OK);
  assert_true(l.seen.t == 1789000000000 && addr_eq(&l.seen.ip, &ip));
  assert_true(l.seen.kind == TRACE_LOGIN && l.seen.asn == 64500 && l.seen.detour_ms == 2.5);
  assert_true(span_eq(l.seen.user, SPAN("aigerim")) && span_eq(l.seen.role, SPAN("reader")));
  assert_true(span_eq(l.seen.password, SPAN("correct horse")));
  assert_true(span_eq(l.seen.device, SPAN("d17")) && span_eq(l.seen.h2, SPAN("1:65536")));
  assert_true(l.hidden.exists && l.hidden.correct && l.hidden.solves && l.hidden.confirms);
  assert_true(span_eq(l.hidden.label, SPAN("legit")) && span_eq(l.hidden.cohort, SPAN("cgnat")));
  trace_line_fini(&l);
}

static void what_is_missing_is_not_known(void **state) {
  struct trace_line l;
  struct trace_error why;
  assert_int_equal(
      trace_parse(SPAN("{\"t\":0,\"ip\":\"::1\",\"kind\":\"page\",\"user\":null}"), &l, &why), OK);
  assert_true(isnan(l.seen.asn) && isnan(l.seen.detour_ms));
  assert_true(!l.seen.user.at && !l.seen.agent.at && !l.hidden.label.at);
  assert_true(l.hidden.correct && !l.hidden.solves); /* an origin answers a page */
  trace_line_fini(&l);
  assert_int_equal(
      trace_parse(SPAN("{\"t\":0,\"ip\":\"::1\",\"kind\":\"login\",\"correct\":null}"), &l, &why),
      OK);
  assert_false(l.hidden.correct);
  trace_line_fini(&l);
}

static void what_is_wrong_is_named(void **state) {
  static const struct {
    const char *line, *says;
  } WRONG[] = {
      {"", "column 0: '[' or '{' expected near end of file"},
      {"[]", "a line must be an object"},
      {"{\"ip\":\"::1\",\"kind\":\"page\"}", "\"t\" is missing"},
      {"{\"t\":1,\"kind\":\"page\"}", "\"ip\" is missing"},
      {"{\"t\":1,\"ip\":\"::1\"}", "\"kind\" is missing"},
      {"{\"t\":1.5,\"ip\":\"::1\",\"kind\":\"page\"}",
       "\"t\" must be a whole number of milliseconds"},
      {"{\"t\":-1,\"ip\":\"::1\",\"kind\":\"page\"}", "\"t\" is out of its range"},
      {"{\"t\":1,\"ip\":\"1.2.3\",\"kind\":\"page\"}", "\"ip\" must be an address"},
      {"{\"t\":1,\"ip\":\"::1\",\"kind\":\"pge\"}",
       "\"kind\" must be login, page, register, comment, complaint or reset"},
      {"{\"t\":1,\"ip\":\"::1\",\"kind\":\"page\",\"asn\":4294967296}",
       "\"asn\" is out of its range"},
      {"{\"t\":1,\"ip\":\"::1\",\"kind\":\"page\",\"solves\":1}",
       "\"solves\" must be true or false"},
      {"{\"t\":1,\"ip\":\"::1\",\"kind\":\"page\",\"user\":7}", "\"user\" must be a text"},
      {"{\"t\":1,\"t\":2}", "column 10: duplicate object key near '\"t\"'"},
  };
  for (size_t i = 0; i < sizeof(WRONG) / sizeof(WRONG[0]); i++) {
    struct trace_line l;
    struct trace_error why = {""};
    int err = trace_parse(span_of(WRONG[i].line), &l, &why);
    assert_true(err == ERR_SYNTAX || err == ERR_RANGE);
    assert_string_equal(why.text, WRONG[i].says);
  }
}

/* Reads all of it; answers how it ended, and the number of the last line. */
static int read_all(const char *text, size_t len, uint64_t *line, struct trace_error *why) {
  struct trace t;
  struct trace_line l;
  int err;
  FILE *file = fmemopen((void *)text, len, "r");
  assert_non_null(file);
  assert_int_equal(trace_init(&t, file), OK);
  while ((err = trace_next(&t, &l, why)) == OK) trace_line_fini(&l);
  *line = t.line;
  trace_fini(&t);
  fclose(file);
  return err;
}

#define LINE(t) "{\"t\":" #t ",\"ip\":\"::1\",\"kind\":\"page\"}\n"

static void files_are_read_to_their_end(void **state) {
  static const char WHOLE[] =
      LINE(1) "\n  \r\n" LINE(1) LINE(2) "{\"t\":3,\"ip\":\"::1\",\"kind\":\"page\"}";
  static const char BACK[] = LINE(2) "\n" LINE(1);
  struct trace_error why = {""};
  uint64_t line;
  assert_int_equal(read_all(WHOLE, sizeof(WHOLE) - 1, &line, &why), ERR_CLOSED);
  assert_int_equal(line, 6);
  assert_int_equal(read_all(BACK, sizeof(BACK) - 1, &line, &why), ERR_RANGE);
  assert_int_equal(line, 3);
  assert_string_equal(why.text, "\"t\" goes back; a trace must be sorted by it");
}

/* A line of exactly the bound is read, one byte more is not. */
static void long_lines_are_refused(void **state) {
  static const char HEAD[] = "{\"t\":1,\"ip\":\"::1\",\"kind\":\"page\",\"agent\":\"",
                    TAIL[] = "\"}";
  for (size_t more = 0; more < 2; more++) {
    size_t len = TRACE_LINE_BYTES_MAX + more, head = sizeof(HEAD) - 1, tail = sizeof(TAIL) - 1;
    char *text = malloc(len);
    struct trace_error why = {""};
    uint64_t line;
    assert_non_null(text);
    memset(text, 'a', len);
    memcpy(text, HEAD, head);
    memcpy(text + len - tail, TAIL, tail);
    assert_int_equal(read_all(text, len, &line, &why), more ? ERR_RANGE : ERR_CLOSED);
    assert_int_equal(line, 1);
    free(text);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_member_is_read),   cmocka_unit_test(what_is_missing_is_not_known),
      cmocka_unit_test(what_is_wrong_is_named), cmocka_unit_test(files_are_read_to_their_end),
      cmocka_unit_test(long_lines_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
