// SPDX-License-Identifier: Apache-2.0
/** What the newsroom remembers: comments and visitors, both bounded. */
#include "proxy/demo/comments.h"
#include "proxy/demo/visitors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static void comments_keep_their_order_and_their_article(void **state) {
  static struct comments c;
  for (unsigned i = 0; i < 6; i++) comments_add(&c)->article = i % 2;
  unsigned cursor = 0;
  for (unsigned i = 0; i < 3; i++) {
    const struct comment *one = comments_next(&c, 1, &cursor);
    assert_ptr_equal(one, &c.ring[2 * i + 1]);
  }
  assert_null(comments_next(&c, 1, &cursor));
}

static void the_oldest_comment_goes(void **state) {
  static struct comments c;
  for (unsigned i = 0; i < COMMENTS_MAX + 3; i++) comments_add(&c)->at = i;
  unsigned cursor = 0, count = 1;
  assert_int_equal(comments_next(&c, 0, &cursor)->at, 3);
  const struct comment *one, *last = NULL;
  while ((one = comments_next(&c, 0, &cursor))) {
    last = one;
    count++;
  }
  assert_int_equal(count, COMMENTS_MAX);
  assert_int_equal(last->at, COMMENTS_MAX + 2);
}

static void only_the_right_pair_is_right(void **state) {
  assert_true(visitors_right(SPAN(VISITORS_USER), SPAN(VISITORS_PASSWORD)));
  assert_false(visitors_right(SPAN(VISITORS_USER), SPAN("")));
  assert_false(visitors_right(SPAN(VISITORS_USER), SPAN(VISITORS_PASSWORD "x")));
  assert_false(visitors_right(SPAN("somebody"), SPAN(VISITORS_PASSWORD)));
}

static void visitors_enter_and_leave(void **state) {
  static struct visitors v;
  char one[VISITORS_TOKEN_TEXT + 1], two[VISITORS_TOKEN_TEXT + 1];
  assert_true(visitors_enter(&v, 1000, one) && visitors_enter(&v, 1000, two));
  assert_string_not_equal(one, two);
  assert_true(visitors_known(&v, 2000, span_of(one)));
  assert_false(visitors_known(&v, 1000 + VISITORS_LAST_MS, span_of(one)));
  visitors_leave(&v, span_of(one));
  assert_false(visitors_known(&v, 2000, span_of(one)));
  assert_true(visitors_known(&v, 2000, span_of(two)));
  /* The digits of an empty place are nobody's token. */
  assert_false(visitors_known(&v, 2000, SPAN("00000000000000000000000000000000")));
  assert_false(visitors_known(&v, 2000, SPAN("")));
}

static void the_oldest_visitor_goes(void **state) {
  static struct visitors v;
  char first[VISITORS_TOKEN_TEXT + 1], other[VISITORS_TOKEN_TEXT + 1];
  assert_true(visitors_enter(&v, 1, first));
  for (unsigned i = 1; i < VISITORS_MAX; i++) assert_true(visitors_enter(&v, 1, other));
  assert_true(visitors_known(&v, 2, span_of(first)));
  assert_true(visitors_enter(&v, 1, other));
  assert_false(visitors_known(&v, 2, span_of(first)));
  assert_true(visitors_known(&v, 2, span_of(other)));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(comments_keep_their_order_and_their_article),
      cmocka_unit_test(the_oldest_comment_goes),
      cmocka_unit_test(only_the_right_pair_is_right),
      cmocka_unit_test(visitors_enter_and_leave),
      cmocka_unit_test(the_oldest_visitor_goes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
