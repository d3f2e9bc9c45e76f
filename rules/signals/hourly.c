// SPDX-License-Identifier: Apache-2.0
#include "rules/signals/hourly.h"

static unsigned hour_of(real_ms at) {
  int64_t hour = at / 3600000 - (at % 3600000 < 0);
  return (unsigned)((hour % HOURLY_HOURS + HOURLY_HOURS) % HOURLY_HOURS);
}

/* A plain mean while there are few, then one that forgets. */
static void learn(double *mean, uint32_t *bins, double counted) {
  if (*bins < HOURLY_MEMORY_BINS) ++*bins;
  *mean += (counted - *mean) / *bins;
}

void hourly_learn(struct hourly *h, real_ms at, double counted) {
  unsigned hour = hour_of(at);
  learn(&h->mean[hour], &h->bins[hour], counted);
  learn(&h->all, &h->all_bins, counted);
}

double hourly_expected(const struct hourly *h, real_ms at) {
  unsigned hour = hour_of(at);
  double known = h->bins[hour] < HOURLY_KNOWN_BINS ? h->bins[hour] / (double)HOURLY_KNOWN_BINS : 1;
  return known * h->mean[hour] + (1 - known) * h->all;
}
