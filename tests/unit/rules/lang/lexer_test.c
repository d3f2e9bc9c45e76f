// SPDX-License-Identifier: Apache-2.0
#include "rules/lang/lexer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

struct fixture {
  struct source source;
  struct report report;
  struct arena arena;
  struct lexer lexer;
};

static void begin(struct fixture *f, struct span text) {
  f->source = (struct source){.name = SPAN("t.rules"), .text = text};
  report_init(&f->report, &f->source, 1);
  arena_init(&f->arena, NULL, 0, 1 << 20);
  lexer_init(&f->lexer, &f->report, 0, &f->arena);
}

static void end(struct fixture *f) {
  report_fini(&f->report);
  arena_fini(&f->arena);
}

static void words_numbers_and_addresses_are_told_apart(void **state) {
  static const enum token_kind expected[] = {TOKEN_WORD,  TOKEN_ADDR,   TOKEN_ADDR,   TOKEN_RANGE,
                                             TOKEN_ADDR,  TOKEN_ADDR,   TOKEN_ADDR,   TOKEN_NUMBER,
                                             TOKEN_RANGE, TOKEN_NUMBER, TOKEN_NUMBER, TOKEN_WORD,
                                             TOKEN_LIST,  TOKEN_ADDR,   TOKEN_WORD,   TOKEN_END};
  struct fixture f;
  begin(&f, SPAN("ip.src 192.0.2.0/24 192.0.2.1..192.0.2.9 2001:db8::/32 ::1 1..5 1.5 deadbeef "
                 "$tor fe80::1 face.b00c"));
  for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
    assert_int_equal(lexer_next(&f.lexer).kind, expected[i]);
  }
  assert_int_equal(f.report.count, 0);
  end(&f);
}

static void durations_are_milliseconds(void **state) {
  static const double expected[] = {500, 1500, 600000, 86400000, 604800000};
  struct fixture f;
  begin(&f, SPAN("500ms 1.5s 10m 24h 1w"));
  for (size_t i = 0; i < 5; i++) {
    struct token t = lexer_next(&f.lexer);
    assert_int_equal(t.kind, TOKEN_DURATION);
    assert_true(t.number == expected[i]);
  }
  end(&f);
}

static void texts_are_unescaped_and_raw_ones_are_not(void **state) {
  struct fixture f;
  begin(&f, SPAN("\"a\\\"\\\\\\x41\\n\" r\"\\d\" r#\"a\"b\"#"));
  assert_true(span_eq(lexer_next(&f.lexer).text, SPAN("a\"\\A\n")));
  assert_true(span_eq(lexer_next(&f.lexer).text, SPAN("\\d")));
  assert_true(span_eq(lexer_next(&f.lexer).text, SPAN("a\"b")));
  assert_int_equal(lexer_next(&f.lexer).kind, TOKEN_END);
  end(&f);
}

static void bad_bytes_are_reported_and_passed(void **state) {
  static const char *const bad[] = {"\"no end", "192.0.2.1/24", "1.2.3.400",       "10x", "@",
                                    "=",        "\"\\q\"",      "1234567890123456"};
  for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
    struct fixture f;
    begin(&f, span_of(bad[i]));
    assert_int_equal(lexer_next(&f.lexer).kind, TOKEN_BAD);
    assert_int_equal(f.report.count, 1);
    assert_int_equal(lexer_next(&f.lexer).kind, TOKEN_END);
    end(&f);
  }
}

static void comments_are_kept(void **state) {
  struct fixture f;
  begin(&f, SPAN("# one\na # two\n  # three"));
  while (lexer_next(&f.lexer).kind != TOKEN_END) continue;
  const struct comment *c = f.lexer.comments;
  assert_true(c && c->own_line && c->place.at == 0 && c->place.len == 5);
  assert_true(c->next && !c->next->own_line);
  assert_true(c->next->next && c->next->next->own_line && !c->next->next->next);
  end(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(words_numbers_and_addresses_are_told_apart),
      cmocka_unit_test(durations_are_milliseconds),
      cmocka_unit_test(texts_are_unescaped_and_raw_ones_are_not),
      cmocka_unit_test(bad_bytes_are_reported_and_passed),
      cmocka_unit_test(comments_are_kept),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
