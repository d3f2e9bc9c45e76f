// SPDX-License-Identifier: Apache-2.0
#include "proxy/flow/trim.h"

#include <malloc.h>

bool trim_is_due(struct trim *t, uint64_t now) {
  bool due = t->peak >= TRIM_PEAK_LEAST && now <= t->peak / 4;
  if (due || now > t->peak) t->peak = now;
  return due;
}

static void on_look(struct deadline *d) {
  struct trim *t = LIST_OF(d, struct trim, deadline);
  const struct counters *c = &t->loop->counters;
  uint64_t now =
      counters_get(c, COUNTER_connections_open) + counters_get(c, COUNTER_exchanges_open);
  if (trim_is_due(t, now)) malloc_trim(0);
  loop_deadline(t->loop, &t->deadline, TRIM_LOOK_MS);
}

void trim_begin(struct trim *t, struct loop *l) {
  *t = (struct trim){.loop = l, .deadline.expired = on_look};
  loop_deadline(l, &t->deadline, TRIM_LOOK_MS);
}
