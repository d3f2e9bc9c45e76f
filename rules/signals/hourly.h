// SPDX-License-Identifier: Apache-2.0
/** What a site's count of a bin of time usually is at this hour of the day: an exponentially weighted mean an hour, and
 *  one over all hours for those that are not known yet. Not to be taught while an alarm stands. One thread. */
#ifndef RULES_SIGNALS_HOURLY_H
#define RULES_SIGNALS_HOURLY_H

#include "rules/base/clock.h"

enum {
  HOURLY_HOURS = 24,
  HOURLY_MEMORY_BINS = 12 * 7, /* weight of the past: seven days of bins of 5 minutes */
  HOURLY_KNOWN_BINS = 12,      /* an hour with fewer is mixed with the mean of all */
};

struct hourly {
  double mean[HOURLY_HOURS], all;
  uint32_t bins[HOURLY_HOURS], all_bins; /* seen, up to HOURLY_MEMORY_BINS */
};

/** Begins as all zeros. `at` is any moment of the bin; hours are those of UTC. */
void hourly_learn(struct hourly *h, real_ms at, double counted);

/** 0 before anything was learned. */
double hourly_expected(const struct hourly *h, real_ms at);

#endif
