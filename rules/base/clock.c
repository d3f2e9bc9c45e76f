// SPDX-License-Identifier: Apache-2.0
#include "rules/base/clock.h"

/* Days since 1970 to a civil date: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms",
 * civil_from_days. */
static void civil(int64_t days, int *year, unsigned *month, unsigned *day) {
  days += 719468;
  int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  unsigned doe = (unsigned)(days - era * 146097);
  unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  unsigned mp = (5 * doy + 2) / 153;
  *day = doy - (153 * mp + 2) / 5 + 1;
  *month = mp < 10 ? mp + 3 : mp - 9;
  *year = (int)(yoe + era * 400) + (*month <= 2);
}

static void digits(char *out, unsigned count, unsigned value) {
  while (count--) {
    out[count] = (char)('0' + value % 10);
    value /= 10;
  }
}

void clock_format(real_ms at, char out[25]) {
  int64_t days = at / 86400000, ms = at % 86400000;
  if (ms < 0) {
    ms += 86400000;
    days--;
  }
  int year;
  unsigned month, day, rest = (unsigned)ms;
  civil(days, &year, &month, &day);
  __builtin_memcpy(out, "0000-00-00T00:00:00.000Z", 25);
  digits(out, 4, (unsigned)year);
  digits(out + 5, 2, month);
  digits(out + 8, 2, day);
  digits(out + 11, 2, rest / 3600000);
  digits(out + 14, 2, rest / 60000 % 60);
  digits(out + 17, 2, rest / 1000 % 60);
  digits(out + 20, 3, rest % 1000);
}
