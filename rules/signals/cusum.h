// SPDX-License-Identifier: Apache-2.0
/** The population alarm: has the rate of a whole site changed, though no single client stands out? A cumulative sum of
 *  log likelihood ratios between twice the expected Poisson rate and the expected one: each bin of time adds
 *  k·ln 2 − λ, and the sum never falls below 0. At `CUSUM_ALARM` the alarm stands until the sum is back at 0.
 *  Feed it distinct users that failed, not failures: one client that fails a thousand times is not a population.
 *  One thread. Source: Page, "Continuous inspection schemes", Biometrika 1954; Javed and Paxson, "Detecting stealthy,
 *  distributed SSH brute-forcing", CCS 2013. */
#ifndef RULES_SIGNALS_CUSUM_H
#define RULES_SIGNALS_CUSUM_H

#include <stdbool.h>

/** False alarms come e^12 bins apart or more: with bins of 5 minutes once in 565 days. */
#define CUSUM_ALARM 12.0
/** The sum stops here, so that the alarm ends soon after the attack: in CUSUM_MOST / λ quiet bins. */
#define CUSUM_MOST 24.0
/** Least expected count of a bin: on a site so quiet, single failures are no news. */
#define CUSUM_EXPECTED_MIN 0.5

struct cusum {
  double sum;
  bool alarm;
};

enum cusum_news { CUSUM_NOTHING, CUSUM_RAISED, CUSUM_ENDED };

/** Once a bin: what was counted in it, and what was expected. Begins as all zeros. */
enum cusum_news cusum_step(struct cusum *c, double counted, double expected);

#endif
