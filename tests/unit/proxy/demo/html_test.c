// SPDX-License-Identifier: Apache-2.0
#include "proxy/demo/html.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static void check(struct buf *b, const char *expected) {
  struct span got = buf_span(b);
  if (!span_eq(got, span_of(expected))) fail_msg("%.*s\n is not %s", SPAN_ARG(got), expected);
  buf_fini(b);
}

static void text_is_escaped(void **state) {
  struct buf b;
  buf_init(&b, 1024);
  html_escape(&b, SPAN("<a href='x'>\"&\"</a>\x01\x7f\r\n\tҚ"));
  check(&b, "&lt;a href=&#39;x&#39;&gt;&quot;&amp;&quot;&lt;/a&gt;\n\tҚ");
}

static void places_are_filled(void **state) {
  struct buf b;
  buf_init(&b, 1024);
  HTML_FILL(&b, SPAN("{{a}}-{{{a}}}-{ {{b}}{{a}}} end{"), {"b", SPAN("")}, {"a", SPAN("<i>")});
  check(&b, "&lt;i&gt;-<i>-{ &lt;i&gt;} end{");
}

static void values_are_no_templates(void **state) {
  struct buf b;
  buf_init(&b, 1024);
  HTML_FILL(&b, SPAN("{{a}}{{b}}"), {"a", SPAN("{{b}}")}, {"b", SPAN("x")});
  check(&b, "{{b}}x");
}

static void a_full_buffer_overflows(void **state) {
  struct buf b;
  buf_init(&b, 8);
  HTML_FILL(&b, SPAN("{{a}}"), {"a", SPAN("<<<<<<")});
  assert_true(b.overflow);
  assert_true(buf_len(&b) <= 8);
  buf_fini(&b);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(text_is_escaped),
      cmocka_unit_test(places_are_filled),
      cmocka_unit_test(values_are_no_templates),
      cmocka_unit_test(a_full_buffer_overflows),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
