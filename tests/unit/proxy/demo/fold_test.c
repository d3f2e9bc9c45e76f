// SPDX-License-Identifier: Apache-2.0
#include "proxy/demo/fold.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static const struct {
  const char *whole, *part;
  bool found;
} CASES[] = {
    {"Жаңа көпір", "ЖАҢА", true},
    {"Жаңа көпір", "КӨПІР", true},
    {"ӘӨҮҰҚҒҺІ", "әөүұқғһі", true},
    {"Ёлка", "ёлка", true},
    {"The Lake", "lake", true},
    {"лист", "лес", false},
    {"abc", "", true},
    {"", "", true},
    {"", "a", false},
    {"ab", "abc", false},
    {"a€b", "€B", true},
    {"aab", "AB", true},
    {"\xd0", "\xd0", true},
    {"\xd0", "д", false},
};

static void case_does_not_matter(void **state) {
  for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
    bool found = fold_contains(span_of(CASES[i].whole), span_of(CASES[i].part));
    if (found != CASES[i].found) fail_msg("'%s' in '%s'", CASES[i].part, CASES[i].whole);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(case_does_not_matter)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
