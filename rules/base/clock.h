// SPDX-License-Identifier: Apache-2.0
/** Kinds of time. Nothing under rules/ reads a clock: time is an argument, and these names say
 * which one. */
#ifndef RULES_BASE_CLOCK_H
#define RULES_BASE_CLOCK_H

#include <stdint.h>

typedef int64_t mono_ms; /* monotonic milliseconds: differences only */
typedef int64_t mono_us; /* monotonic microseconds: differences only */
typedef int64_t real_ms; /* milliseconds since 1970-01-01T00:00:00Z: what is stored and shown */

/** RFC 3339 in UTC with milliseconds, "2026-11-22T03:28:51.042Z": 24 characters and a NUL. Pure. */
void clock_format(real_ms at, char out[25]);

#endif
