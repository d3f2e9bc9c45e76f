// SPDX-License-Identifier: Apache-2.0
#include "rules/signals/excess.h"

#include <math.h>

static const double DECIBANS_OF_A_NAT = 4.342944819032518; /* 10 / ln 10 */

double excess_expected(double successes) {
  return 0.6 + 0.12 * (successes > 0 ? successes : 0);
}

double excess_db(double failures, double expected, double cap) {
  if (!(failures > expected) || !(expected > 0)) return 0;
  double nats = failures * log(failures / expected) - failures + expected;
  return fmin(cap, DECIBANS_OF_A_NAT * nats);
}
