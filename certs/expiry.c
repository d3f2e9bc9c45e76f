// SPDX-License-Identifier: Apache-2.0
#include "certs/expiry.h"

#include <stdio.h>

static const real_ms DAY_MS = 86400000;
static const int STEPS_DAYS[] = {30, 14, 7, 3, 1, 0};
enum { STEP_COUNT = sizeof(STEPS_DAYS) / sizeof(STEPS_DAYS[0]) };

int expiry_days_left(const struct cert *c, real_ms now) {
  real_ms left = c->not_after - now;
  real_ms days = left / DAY_MS - (left % DAY_MS < 0);
  return days > INT_MAX ? INT_MAX : days < INT_MIN ? INT_MIN : (int)days;
}

static int steps_reached(const struct cert *c, real_ms at) {
  int reached = 0;
  while (reached < STEP_COUNT && at >= c->not_after - STEPS_DAYS[reached] * DAY_MS) reached++;
  return reached;
}

/** "/etc/site.pem (www.example.kz and 2 more)". */
static void say_which(const struct cert *c, char *out, size_t size) {
  struct span first = c->name_count ? c->names[0] : SPAN("no name");
  int len = snprintf(out, size, "%s (%.*s", c->certificate_path.at, SPAN_ARG(first));
  if (len < 0 || (size_t)len >= size) return;
  if (c->name_count > 1) {
    snprintf(out + len, size - (size_t)len, " and %zu more)", c->name_count - 1);
  } else {
    snprintf(out + len, size - (size_t)len, ")");
  }
}

bool expiry_is_news(const struct cert *c, real_ms before, real_ms now, char out[EXPIRY_TEXT_MAX]) {
  char which[EXPIRY_TEXT_MAX - 160], end[25], begin[25];
  say_which(c, which, sizeof(which));
  clock_format(c->not_after, end);
  clock_format(c->not_before, begin);
  if (before == EXPIRY_NEVER && now < c->not_before) {
    snprintf(out, EXPIRY_TEXT_MAX, "%s: not valid before %s. Is this machine's clock right?", which,
             begin);
    return true;
  }
  int reached = steps_reached(c, now);
  if (reached <= steps_reached(c, before)) return false;
  if (reached == STEP_COUNT) {
    snprintf(out, EXPIRY_TEXT_MAX, "%s: ended at %s. Browsers refuse it: renew it now", which, end);
  } else {
    int days = expiry_days_left(c, now);
    snprintf(out, EXPIRY_TEXT_MAX, "%s: ends in %d day%s, at %s. Renew it", which, days,
             days == 1 ? "" : "s", end);
  }
  return true;
}
