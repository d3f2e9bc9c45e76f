// SPDX-License-Identifier: Apache-2.0
/** Gives memory back after a flood. The C library keeps what many small allocations freed resident, for as long as
 *  anything lives above them; so when the connections and requests of a worker have sunk to a quarter of a peak, it is
 *  asked once to return all free pages. It walks its free lists under their locks: 2 to 4 ms for 40 MB (measured), in
 *  which this worker serves nobody; hence only after peaks of TRIM_PEAK_LEAST, and once for each. The worker's
 *  thread. */
#ifndef PROXY_FLOW_TRIM_H
#define PROXY_FLOW_TRIM_H

#include "proxy/net/loop.h"

enum { TRIM_LOOK_MS = 1000, TRIM_PEAK_LEAST = 1000 };

struct trim {
  struct deadline deadline;
  struct loop *loop;
  uint64_t peak; /* connections and requests at once, since the last time */
};

/** Looks from now on, for as long as the loop runs. */
void trim_begin(struct trim *t, struct loop *l);

/** Whether a peak has passed, when there are `now`. Pure but for `t`. */
bool trim_is_due(struct trim *t, uint64_t now);

#endif
