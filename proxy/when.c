// SPDX-License-Identifier: Apache-2.0
#include "proxy/when.h"

#include "rules/base/err.h"

#include <time.h>

enum { DAY_MS = 86400000 };
static const int64_t DURATION_MS_MAX = (int64_t)36525 * DAY_MS;

static const struct unit {
  char letter;
  int64_t ms;
} UNITS[] = {{'s', 1000}, {'m', 60000}, {'h', 3600000}, {'d', DAY_MS}, {'w', (int64_t)7 * DAY_MS}};

int when_duration(struct span text, int64_t *ms) {
  int64_t unit_ms = 1000;
  for (size_t i = 0; i < sizeof(UNITS) / sizeof(UNITS[0]) && text.len; i++) {
    if (text.at[text.len - 1] != UNITS[i].letter) continue;
    unit_ms = UNITS[i].ms;
    text.len--;
    break;
  }
  uint64_t count;
  int err = span_to_u64(text, &count);
  if (err) return err;
  if (count == 0 || count > (uint64_t)(DURATION_MS_MAX / unit_ms)) return ERR_RANGE;
  *ms = (int64_t)count * unit_ms;
  return OK;
}

/** Exactly `count` digits off the front. */
static bool take_number(struct span *rest, size_t count, int64_t *out) {
  uint64_t value;
  if (rest->len < count || span_to_u64(span_from(rest->at, count), &value)) return false;
  *out = (int64_t)value;
  *rest = span_skip(*rest, count);
  return true;
}

static bool take_byte(struct span *rest, const char *any_of) {
  if (!rest->len || !strchr(any_of, rest->at[0]) || !rest->at[0]) return false;
  *rest = span_skip(*rest, 1);
  return true;
}

/** Days since 1970 of a civil date: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil. */
static int64_t days_of(int64_t year, int64_t month, int64_t day) {
  year -= month <= 2;
  int64_t era = year / 400, yoe = year - era * 400;
  int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static int take_date(struct span *rest, int64_t *ms) {
  int64_t year, month, day;
  if (!take_number(rest, 4, &year) || !take_byte(rest, "-") || !take_number(rest, 2, &month) ||
      !take_byte(rest, "-") || !take_number(rest, 2, &day)) {
    return ERR_SYNTAX;
  }
  static const int64_t LENGTHS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (month < 1 || month > 12) return ERR_RANGE;
  bool leap = month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  if (day < 1 || day > LENGTHS[month - 1] + leap) return ERR_RANGE;
  *ms = days_of(year, month, day) * DAY_MS;
  return OK;
}

static int take_clock(struct span *rest, int64_t *ms) {
  int64_t hour, minute, second, digit;
  if (!take_number(rest, 2, &hour) || !take_byte(rest, ":") || !take_number(rest, 2, &minute) ||
      !take_byte(rest, ":") || !take_number(rest, 2, &second)) {
    return ERR_SYNTAX;
  }
  if (hour > 23 || minute > 59 || second > 60) return ERR_RANGE;
  *ms += ((hour * 60 + minute) * 60 + second) * 1000;
  if (!take_byte(rest, ".")) return OK;
  int64_t scale = 100, digits = 0;
  for (; take_number(rest, 1, &digit); scale /= 10, digits++) *ms += digit * scale;
  return digits ? OK : ERR_SYNTAX;
}

static int take_zone(struct span *rest, int64_t *ms) {
  if (take_byte(rest, "Zz")) return OK;
  bool west = rest->len && rest->at[0] == '-';
  int64_t hours, minutes;
  if (!take_byte(rest, "+-") || !take_number(rest, 2, &hours) || !take_byte(rest, ":") ||
      !take_number(rest, 2, &minutes)) {
    return ERR_SYNTAX;
  }
  if (hours > 23 || minutes > 59) return ERR_RANGE;
  int64_t offset = (hours * 60 + minutes) * 60000;
  *ms += west ? offset : -offset;
  return OK;
}

int when_instant(struct span text, real_ms now, real_ms *at) {
  int64_t ms;
  if (when_duration(text, &ms) == OK) {
    *at = now - ms;
    return OK;
  }
  int err = take_date(&text, &ms);
  if (!err && take_byte(&text, "Tt ")) {
    err = take_clock(&text, &ms);
    if (!err) err = take_zone(&text, &ms);
  }
  if (err) return err;
  if (text.len) return ERR_SYNTAX;
  *at = ms;
  return OK;
}

real_ms when_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return (real_ms)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
