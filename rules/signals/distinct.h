// SPDX-License-Identifier: Apache-2.0
/** How many different users within a window: the users on whom one password was tried, the users of one client.
 *  128 bytes a counter, nothing allocated. It keeps the DISTINCT_KEPT smallest digests of this half of the window and
 *  of the one before: up to so many the count is exact, past it an estimate with a standard error of 28 %. So it looks
 *  back for at least half the window, at most all of it. One thread at a time.
 *  Source: Bar-Yossef et al., "Counting distinct elements in a data stream", RANDOM 2002 (k minimum values). */
#ifndef RULES_SIGNALS_DISTINCT_H
#define RULES_SIGNALS_DISTINCT_H

#include "rules/base/clock.h"

#include <assert.h>
#include <stdbool.h>

enum { DISTINCT_KEPT = 15 };

struct distinct {
  uint32_t half;                 /* number of the half window that at[0] belongs to */
  uint8_t count[2], full[2];     /* of at[i]: how many; whether larger ones were left out */
  uint32_t at[2][DISTINCT_KEPT]; /* ascending; this half, the half before */
};
static_assert(sizeof(struct distinct) == 128, "two lines of the cache");

/** Begins as all zeros. `digest` is a keyed digest of the user; its high 32 bits are used. A `now` before that of an
 *  earlier call counts as that one. `window_ms` is above 1 and the same in each call. True: it was not among those
 *  that are kept. */
bool distinct_add(struct distinct *d, mono_ms now, mono_ms window_ms, uint64_t digest);

/** Takes back an add that answered true; what it pushed out of the kept ones does not come back. */
void distinct_remove(struct distinct *d, mono_ms now, mono_ms window_ms, uint64_t digest);

double distinct_count(const struct distinct *d, mono_ms now, mono_ms window_ms);

#endif
