// SPDX-License-Identifier: Apache-2.0
/** Times as people write them on the command line. All functions but when_now are pure. */
#ifndef PROXY_WHEN_H
#define PROXY_WHEN_H

#include "rules/base/clock.h"
#include "rules/base/span.h"

/** "90s", "15m", "1h", "7d", "2w"; a number alone is seconds. ERR_SYNTAX; ERR_RANGE: zero, or past a hundred years. */
int when_duration(struct span text, int64_t *ms);

/** A duration ago ("2h"), or RFC 3339: "2026-11-22T03:28:51Z", "2026-11-22T03:28:51.042+05:00", "2026-11-22" (UTC).
 *  ERR_SYNTAX, ERR_RANGE. */
int when_instant(struct span text, real_ms now, real_ms *at);

/** Milliseconds since 1970, of the system's clock. */
real_ms when_now(void);

#endif
