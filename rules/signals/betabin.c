// SPDX-License-Identifier: Apache-2.0
#include "rules/signals/betabin.h"

#include <math.h>

const struct betabin BETABIN_HONEST = {2.6, 17.4};
const struct betabin BETABIN_ATTACK = {9.5, 0.5};

/* lgamma() itself writes a global sign. */
static double log_gamma(double x) {
  int sign;
  return lgamma_r(x, &sign);
}

static double log_beta(double a, double b) {
  return log_gamma(a) + log_gamma(b) - log_gamma(a + b);
}

double betabin_log(double failures, double attempts, struct betabin rates) {
  double passed = attempts > failures ? attempts - failures : 0;
  return log_beta(rates.a + failures, rates.b + passed) - log_beta(rates.a, rates.b);
}

double betabin_db(double failures, double attempts, struct betabin honest, struct betabin attack,
                  double cap) {
  double nats = betabin_log(failures, attempts, attack) - betabin_log(failures, attempts, honest);
  return fmax(-cap, fmin(cap, 10 / log(10) * nats));
}
