// SPDX-License-Identifier: Apache-2.0
/** The differences shown are right: the hunks applied to the one text make the other, for texts by chance, and they are
 *  as few as the longest common subsequence allows. */
#include "proxy/line_diff.h"

#include "rules/base/err.h"
#include "tests/unit/chance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

enum { TEXT_MAX = 1 << 16 };

static void shows(const char *before, const char *after, const char *expected) {
  struct buf out;
  buf_init(&out, TEXT_MAX);
  assert_int_equal(line_diff(span_of(before), span_of(after), &out), OK);
  buf_put_byte(&out, '\0');
  assert_string_equal(out.at, expected);
  buf_fini(&out);
}

static void hunks_look_as_diff_u_prints_them(void **state) {
  shows("a\nb\n", "a\nb\n", "");
  shows("", "", "");
  shows("", "a\n", "@@ -0,0 +1,1 @@\n+a\n");
  shows("a\n", "", "@@ -1,1 +0,0 @@\n-a\n");
  shows("a\nb\nc\n", "a\nx\nc\n", "@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n");
  shows("a\n", "a", "@@ -1,1 +1,1 @@\n-a\n+a\n\\ no newline at the end\n");
  shows("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\n5\n6\n7\n8\n9\nx\n",
        "@@ -7,3 +7,4 @@\n 7\n 8\n 9\n+x\n");
  shows("x\n1\n2\n3\n4\n5\n6\n7\ny\n", "1\n2\n3\n4\n5\n6\n7\n",
        "@@ -1,4 +1,3 @@\n-x\n 1\n 2\n 3\n@@ -6,4 +5,3 @@\n 5\n 6\n 7\n-y\n");
  shows("a\033[31m\tb\n", "", "@@ -1,1 +0,0 @@\n-a?[31m\tb\n");
}

/* Lines "0\n" to "4\n". */
static struct span by_chance(struct chance *chance, char *room, size_t lines_max) {
  size_t lines = chance_below(chance, lines_max + 1);
  for (size_t i = 0; i < lines; i++) {
    room[2 * i] = (char)('0' + chance_below(chance, 5));
    room[2 * i + 1] = '\n';
  }
  return span_from(room, 2 * lines);
}

/* Applies the hunks to `before`; answers how many lines they change. */
static size_t apply(struct span before, struct span hunks, struct buf *out) {
  uint64_t line = 0, changed = 0, from;
  while (hunks.len) {
    struct span row = span_cut(&hunks, '\n');
    if (row.at[0] == '@') {
      uint64_t at, count;
      row = span_skip(row, 4);
      assert_int_equal(span_to_u64(span_cut(&row, ','), &at), OK);
      assert_int_equal(span_to_u64(span_cut(&row, ' '), &count), OK);
      for (from = count ? at - 1 : at; line < from; line++)
        buf_put(out, span_from(before.at + 2 * line, 2));
      continue;
    }
    if (row.at[0] != '+') {
      assert_true(2 * line < before.len && before.at[2 * line] == row.at[1]);
      line++;
    }
    if (row.at[0] != '-') buf_put(out, span_from(row.at + 1, 2));
    changed += row.at[0] != ' ';
  }
  buf_put(out, span_skip(before, 2 * line));
  return changed;
}

static size_t common(struct span a, struct span b) {
  static size_t best[64][64];
  for (size_t i = 0; i <= a.len / 2; i++) {
    for (size_t j = 0; j <= b.len / 2; j++) {
      size_t up = i ? best[i - 1][j] : 0, left = j ? best[i][j - 1] : 0;
      best[i][j] = up > left ? up : left;
      if (i && j && a.at[2 * i - 2] == b.at[2 * j - 2]) best[i][j] = best[i - 1][j - 1] + 1;
    }
  }
  return best[a.len / 2][b.len / 2];
}

static void hunks_turn_one_text_into_the_other(void **state) {
  struct chance chance = chance_seed("hunks_turn_one_text_into_the_other");
  char one[200], other[200];
  for (int i = 0; i < 20000; i++) {
    struct span a = by_chance(&chance, one, 40), b = by_chance(&chance, other, 40);
    struct buf hunks, made;
    buf_init(&hunks, TEXT_MAX);
    buf_init(&made, TEXT_MAX);
    assert_int_equal(line_diff(a, b, &hunks), OK);
    size_t changed = apply(a, buf_span(&hunks), &made);
    assert_true(span_eq(buf_span(&made), b));
    assert_int_equal(changed, a.len / 2 + b.len / 2 - 2 * common(a, b));
    buf_fini(&hunks);
    buf_fini(&made);
  }
}

static void past_the_bound_all_is_replaced(void **state) {
  struct buf a, b, out;
  buf_init(&a, 1 << 20);
  buf_init(&b, 1 << 20);
  buf_init(&out, 1 << 20);
  for (int i = 0; i < LINE_DIFF_EDITS_MAX; i++) {
    buf_printf(&a, "a%d\nsame\n", i);
    buf_printf(&b, "b%d\nsame\n", i);
  }
  assert_int_equal(line_diff(buf_span(&a), buf_span(&b), &out), OK);
  assert_true(span_starts(buf_span(&out), SPAN("@@ -1,4000 +1,4000 @@\n-a0\n-same\n-a1\n")));
  buf_fini(&out);
  buf_init(&out, 100);
  assert_int_equal(line_diff(buf_span(&a), buf_span(&b), &out), ERR_FULL);
  buf_fini(&a);
  buf_fini(&b);
  buf_fini(&out);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(hunks_look_as_diff_u_prints_them),
      cmocka_unit_test(hunks_turn_one_text_into_the_other),
      cmocka_unit_test(past_the_bound_all_is_replaced),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
