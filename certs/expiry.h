// SPDX-License-Identifier: Apache-2.0
/** When certificates end, and when to speak of it: at 30, 14, 7, 3 and 1 days before, and once it is over. Pure. */
#ifndef CERTS_EXPIRY_H
#define CERTS_EXPIRY_H

#include "certs/cert.h"

#include <limits.h>

/** `before` of the first check of a process: whatever step has been reached is news. */
#define EXPIRY_NEVER INT64_MIN

enum { EXPIRY_TEXT_MAX = 512 };

/** Whole days left, rounded down: 0 on the last day, negative once it is over. */
int expiry_days_left(const struct cert *c, real_ms now);

/** Whether a step was reached after `before` (the last check) and not after `now`; then `out` says it, with file, names
 *  and date. Answers also, on the first check, for a validity that has not begun. */
bool expiry_is_news(const struct cert *c, real_ms before, real_ms now, char out[EXPIRY_TEXT_MAX]);

#endif
