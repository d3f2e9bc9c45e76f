// SPDX-License-Identifier: Apache-2.0
/** The arithmetic of a limit such as "60 in 1 s, burst 200": the generic cell rate algorithm, a leaky bucket that is
 *  kept as one moment. Each request costs `price_us`, the bucket drains in real time and holds `most_us`:
 *  so `count` requests in `window` for ever, and `burst` of them at once. All functions are pure.
 *  Source: ITU-T I.371, annex A. For many keys: kru_charge with KRU_LEAKING, `price_us` and `most_us`. */
#ifndef RULES_SIGNALS_GCRA_H
#define RULES_SIGNALS_GCRA_H

#include "rules/base/clock.h"

#include <stdbool.h>
#include <stddef.h>

struct gcra {
  uint64_t price_us; /* of one request, rounded up: a limit is never more generous than it says */
  uint64_t most_us;
};

/** The longest window. A full bucket may take twice that to drain. */
#define GCRA_MS_MAX ((mono_ms)366 * 24 * 3600 * 1000)

/** `burst` 0 means `count`. ERR_RANGE: no count, no window, more than one request a microsecond, or too long. */
int gcra_limit(uint64_t count, mono_ms window_ms, uint64_t burst, struct gcra *out);

/** How long until a request that was refused at this load (its price included) would be admitted; 0: it was. */
mono_ms gcra_wait_ms(const struct gcra *limit, uint64_t load_us);

/** A bucket of one's own, `*until` 0 at first: charges and answers true, or changes nothing and answers false with the
 *  time to wait. Time that goes backwards makes it stricter, never more generous. */
bool gcra_admit(const struct gcra *limit, mono_us *until, mono_us now, mono_ms *wait_ms);

#endif
