// SPDX-License-Identifier: Apache-2.0
#include "rules/signals/cusum.h"

#include <math.h>

static const double LN_2 = 0.6931471805599453;

enum cusum_news cusum_step(struct cusum *c, double counted, double expected) {
  double sum = c->sum + counted * LN_2 - fmax(expected, CUSUM_EXPECTED_MIN);
  c->sum = fmax(0, fmin(CUSUM_MOST, sum));
  bool raised = !c->alarm && c->sum >= CUSUM_ALARM;
  bool ended = c->alarm && c->sum <= 0;
  c->alarm = (c->alarm || raised) && !ended;
  return raised ? CUSUM_RAISED : ended ? CUSUM_ENDED : CUSUM_NOTHING;
}
