// SPDX-License-Identifier: Apache-2.0
/** Canonical form: comments stay, printing twice changes nothing, and what is printed compiles to the same program. */
#include "rules/lang/printer.h"

#include "rules/base/err.h"
#include "rules/lang/dump.h"
#include "tests/unit/rules/lang/small_schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

enum { TEXT_BYTES_MAX = 1 << 20, ROUNDS = 3000 };

static int print(struct span text, struct buf *out) {
  struct source source = {.name = SPAN("t.rules"), .text = text};
  struct report report;
  report_init(&report, &source, 1);
  int err = printer_run(&report, 0, out);
  report_fini(&report);
  return err;
}

static void becomes(const char *rules, const char *expected) {
  struct buf out;
  buf_init(&out, TEXT_BYTES_MAX);
  assert_int_equal(print(span_of(rules), &out), OK);
  buf_put_byte(&out, '\0');
  assert_string_equal(out.at, expected);
  buf_fini(&out);
}

static void operators_are_words(void **state) {
  becomes("rule a when !ssl&&(http.host==\"a\"||ip.src.asnum>=1 ^^ ssl) then deny",
          "rule a when not ssl and (http.host eq \"a\" or ip.src.asnum ge 1 xor ssl) then deny\n");
}

static void parentheses_stand_where_they_must(void **state) {
  becomes("rule a when ((ssl)) and (not (ssl and ssl)) and ((2-(1-1))*3) eq (-(1+2)) then deny",
          "rule a when ssl and not (ssl and ssl) and (2 - (1 - 1)) * 3 eq -(1 + 2) then deny\n");
}

static void patterns_are_raw_when_that_reads_better(void **state) {
  becomes("rule a when http.host matches \"a\\\\.b\" or http.host eq \"c\\\"d\\x01\" then deny",
          "rule a when http.host matches r\"a\\.b\" or http.host eq \"c\\\"d\\x01\" then deny\n");
}

static void comments_and_empty_lines_stay(void **state) {
  becomes("\n\n# top\n\n\n\nlist a {1 2} # behind\n# above\nlist b {3\n # inside\n 4}\n\n# end",
          "# top\n\nlist a {1 2}  # behind\n# above\n# inside\nlist b {3 4}\n\n# end\n");
}

static void clauses_have_one_order(void **state) {
  becomes("limit l 10 then throttle by client burst 20 in 1m on request",
          "limit l 10 in 1m burst 20 by client on request then throttle\n");
}

static void long_statements_are_broken(void **state) {
  becomes("rule a when http.host eq \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\" and http.host eq "
          "\"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\" and ssl"
          " then deny",
          "rule a\n"
          "  when http.host eq \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"\n"
          "    and http.host eq \"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\"\n"
          "    and ssl\n"
          "  then deny\n");
}

static uint64_t seed;

static uint32_t draw(uint32_t below) {
  seed = seed * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(seed >> 33) % below;
}

static const char *pick(const char *const *from, uint32_t count) {
  return from[draw(count)];
}
#define PICK(...)                                                                                  \
  pick((const char *const[]){__VA_ARGS__},                                                         \
       sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static void draw_number(struct buf *out, unsigned depth) {
  switch (depth ? draw(6) : draw(2)) {
  case 0: buf_printf(out, "%u", draw(1000)); break;
  case 1: buf_put_text(out, "ip.src.asnum"); break;
  case 2: buf_put_text(out, "len(http.host)"); break;
  case 3:
    buf_put_text(out, "-(");
    draw_number(out, depth - 1);
    buf_put_text(out, ")");
    break;
  default:
    buf_put_text(out, "(");
    draw_number(out, depth - 1);
    buf_printf(out, ")%s(", PICK("+", " - ", "*", "/"));
    draw_number(out, depth - 1);
    buf_put_text(out, ")");
  }
}

static void draw_truth(struct buf *out, unsigned depth) {
  switch (depth ? draw(9) : draw(3)) {
  case 0: buf_put_text(out, "ssl"); break;
  case 1:
    buf_printf(out, "http.host %s \"%s\"",
               PICK("eq", "!=", "contains", "~", "wildcard", "strict wildcard"),
               PICK("", "a\\\\.b", "\\x7f\\t", "x*"));
    break;
  case 2:
    buf_printf(out, "ip.src in %s",
               PICK("{10.0.0.0/8 ::1}", "{1.1.1.1..1.1.1.9, 2001:db8::/32}", "$own"));
    break;
  case 3:
    draw_number(out, depth - 1);
    buf_printf(out, " %s ", PICK("<", "<=", "gt", "ge", "==", "ne"));
    draw_number(out, depth - 1);
    break;
  case 4:
    buf_put_text(out, PICK("not (", "!(", "("));
    draw_truth(out, depth - 1);
    buf_put_text(out, ")");
    break;
  case 5: buf_put_text(out, "known(ip.src) and any_page"); break;
  default:
    buf_put_text(out, "(");
    draw_truth(out, depth - 1);
    buf_printf(out, ")%s(", PICK(" and ", "||", " xor ", " && ", " or "));
    draw_truth(out, depth - 1);
    buf_put_text(out, ")");
  }
}

static void draw_file(struct buf *out) {
  buf_put_text(out, "list own {192.0.2.0/24}\nroute any_page when ssl # r\n");
  for (uint32_t i = 0, count = 1 + draw(3); i < count; i++) {
    if (draw(3) == 0) buf_put_text(out, "# a comment\n");
    if (draw(3) == 0) buf_put_text(out, "\n\n");
    buf_printf(out, "%srule r%u when ", draw(4) ? "" : "shadow ", i);
    draw_truth(out, 5);
    if (draw(4) == 0) buf_put_text(out, " # inside\n");
    buf_printf(out, " then %s", PICK("deny", "ban for 1h", "log", "challenge because \"x\""));
    buf_put_text(out, draw(3) ? "\n" : "  # behind\n");
  }
}

static void printing_keeps_the_program(void **state) {
  for (int round = 0; round < ROUNDS; round++) {
    struct buf text, once, twice, before, after;
    struct program *p = NULL, *again = NULL;
    buf_init(&text, TEXT_BYTES_MAX);
    buf_init(&once, TEXT_BYTES_MAX);
    buf_init(&twice, TEXT_BYTES_MAX);
    buf_init(&before, TEXT_BYTES_MAX);
    buf_init(&after, TEXT_BYTES_MAX);
    draw_file(&text);
    assert_int_equal(small_compile(buf_span(&text), &p, &before), OK);
    assert_int_equal(print(buf_span(&text), &once), OK);
    assert_int_equal(print(buf_span(&once), &twice), OK);
    assert_true(span_eq(buf_span(&once), buf_span(&twice)));
    assert_int_equal(small_compile(buf_span(&once), &again, &after), OK);
    dump_program(p, &before);
    dump_program(again, &after);
    assert_true(span_eq(buf_span(&before), buf_span(&after)));
    program_free(&p);
    program_free(&again);
    buf_fini(&text);
    buf_fini(&once);
    buf_fini(&twice);
    buf_fini(&before);
    buf_fini(&after);
  }
}

int main(void) {
  const char *given = getenv("SEED");
  seed = given ? strtoull(given, NULL, 10) : 20261122;
  printf("SEED=%ju\n", (uintmax_t)seed);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(operators_are_words),
      cmocka_unit_test(parentheses_stand_where_they_must),
      cmocka_unit_test(patterns_are_raw_when_that_reads_better),
      cmocka_unit_test(comments_and_empty_lines_stay),
      cmocka_unit_test(clauses_have_one_order),
      cmocka_unit_test(long_statements_are_broken),
      cmocka_unit_test(printing_keeps_the_program),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
