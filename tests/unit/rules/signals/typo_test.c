// SPDX-License-Identifier: Apache-2.0
#include "rules/signals/typo.h"

#include "tests/unit/chance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const struct siphash_key KEY = {11, 12};

static bool explains(struct span typed, struct span right) {
  struct typo t = typo_of(&KEY, 5, typed);
  return typo_explains(&t, &KEY, 5, right);
}

static void slips_are_explained(void **state) {
  static const struct {
    const char *typed, *right;
  } SLIPS[] = {
      {"cORRECT1", "Correct1"},
      {"HORSE battery", "horse BATTERY"},
      {"correct", "Correct"},
      {"Correct", "correct"},
      {"staple1", "staple"},
      {"staple", "staple!"},
      {" staple", "staple"},
      {"staple\t ", "staple"},
      {"құпия", "құпия1"},
      {"a", "A"},
      {"a", "ab"},
  };
  for (size_t i = 0; i < sizeof(SLIPS) / sizeof(SLIPS[0]); i++) {
    if (!explains(span_of(SLIPS[i].typed), span_of(SLIPS[i].right))) fail_msg("%s", SLIPS[i].typed);
  }
}

static void guesses_are_not(void **state) {
  static const struct {
    const char *typed, *right;
  } GUESSES[] = {
      {"staple", "staple"},
      {"123456", "Correct1"},
      {"staple", "stapler1"},
      {"staple12", "staple"},
      {"staple", "stAple"},
      {"12345", "12345"},
      {"", "a"},
      {"a", ""},
      {"a", "b"},
      {"sta ple", "staple"},
  };
  for (size_t i = 0; i < sizeof(GUESSES) / sizeof(GUESSES[0]); i++) {
    if (explains(span_of(GUESSES[i].typed), span_of(GUESSES[i].right)))
      fail_msg("%s", GUESSES[i].typed);
  }
}

static void users_and_keys_are_apart(void **state) {
  struct typo t = typo_of(&KEY, 5, SPAN("staple1"));
  struct siphash_key other = {11, 13};
  assert_true(typo_explains(&t, &KEY, 5, SPAN("staple")));
  assert_false(typo_explains(&t, &KEY, 6, SPAN("staple")));
  assert_false(typo_explains(&t, &other, 5, SPAN("staple")));
}

static void length_is_bounded(void **state) {
  char longest[TYPO_PASSWORD_BYTES_MAX + 1];
  memset(longest, 'x', sizeof(longest));
  assert_true(explains(span_from(longest, TYPO_PASSWORD_BYTES_MAX),
                       span_from(longest, TYPO_PASSWORD_BYTES_MAX - 1)));
  struct typo t = typo_of(&KEY, 5, span_from(longest, TYPO_PASSWORD_BYTES_MAX + 1));
  for (unsigned i = 0; i < TYPO_DIGESTS; i++) assert_int_equal(t.at[i], 0);
  assert_false(explains(span_from(longest, TYPO_PASSWORD_BYTES_MAX),
                        span_from(longest, TYPO_PASSWORD_BYTES_MAX + 1)));
}

/* Two unrelated passwords meet in 32 bits about once in 10^9: never in these. */
static void strangers_do_not_meet(void **state) {
  struct chance c = {77};
  for (unsigned i = 0; i < 20000; i++) {
    uint64_t a[2] = {chance_next(&c), chance_next(&c)}, b[2] = {chance_next(&c), chance_next(&c)};
    assert_false(explains(span_from(a, sizeof(a)), span_from(b, sizeof(b))));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(slips_are_explained),      cmocka_unit_test(guesses_are_not),
      cmocka_unit_test(users_and_keys_are_apart), cmocka_unit_test(length_is_bounded),
      cmocka_unit_test(strangers_do_not_meet),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
