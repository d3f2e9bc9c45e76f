// SPDX-License-Identifier: Apache-2.0
#include "proxy/when.h"

#include "rules/base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void durations(void **state) {
  static const struct {
    const char *text;
    int64_t ms; /* 0: refused */
  } CASES[] = {{"90", 90000},
               {"90s", 90000},
               {"15m", 900000},
               {"1h", 3600000},
               {"7d", 604800000},
               {"2w", 1209600000},
               {"36525d", 3155760000000},
               {"36526d", 0},
               {"0s", 0},
               {"", 0},
               {"h", 0},
               {"-1h", 0},
               {"1 h", 0},
               {"1h30m", 0},
               {"1y", 0},
               {"99999999999999999999s", 0}};
  for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
    int64_t ms = 0;
    int err = when_duration(span_of(CASES[i].text), &ms);
    if ((err == OK) != (CASES[i].ms != 0) || ms != CASES[i].ms) fail_msg("%s", CASES[i].text);
  }
}

static void instants(void **state) {
  static const struct {
    const char *text;
    real_ms at; /* -1: refused */
  } CASES[] = {{"1h", 1000000000000 - 3600000},
               {"1970-01-01", 0},
               {"2000-02-29", 951782400000},
               {"2026-11-22T03:28:51Z", 1795318131000},
               {"2026-11-22T03:28:51.042Z", 1795318131042},
               {"2026-11-22t08:28:51.0429+05:00", 1795318131042},
               {"2026-11-21T23:28:51-04:00", 1795318131000},
               {"2026-02-29", -1},
               {"1900-02-29", -1},
               {"2026-13-01", -1},
               {"2026-11-22T03:28", -1},
               {"2026-11-22T03:28:51", -1},
               {"2026-11-22T24:00:00Z", -1},
               {"2026-11-22T03:28:51.Z", -1},
               {"2026-11-22T03:28:51Zx", -1},
               {"yesterday", -1},
               {"", -1}};
  for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
    real_ms at = -1;
    int err = when_instant(span_of(CASES[i].text), 1000000000000, &at);
    if ((err == OK) != (CASES[i].at != -1) || at != CASES[i].at) fail_msg("%s", CASES[i].text);
  }
}

/** What the house writes it reads. */
static void formatted_instants_are_read_again(void **state) {
  for (real_ms at = 0; at < 4000000000000; at += 12345678901) {
    char text[25];
    real_ms got;
    clock_format(at, text);
    assert_int_equal(when_instant(span_of(text), 0, &got), OK);
    assert_true(got == at);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(durations),
      cmocka_unit_test(instants),
      cmocka_unit_test(formatted_instants_are_read_again),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
