// SPDX-License-Identifier: Apache-2.0
/** Deadlines of connections: a timing wheel whose every operation is O(1) and allocates nothing. A deadline that
 *  only moves later (each byte of traffic does that) is not relinked: the sweep finds it early, sees that its
 *  time is not there and puts it where it belongs. They expire up to one step late, never early. Source: Varghese
 *  & Lauck, "Hashed and Hierarchical Timing Wheels", SOSP 1987 (scheme 6). Pure; one thread. */
#ifndef PROXY_NET_DEADLINE_H
#define PROXY_NET_DEADLINE_H

#include "rules/base/clock.h"
#include "rules/base/list.h"

enum { WHEEL_SLOTS = 512, WHEEL_STEP_MS = 64 };

struct deadline {
  struct list node;
  mono_ms at;      /* when it is due */
  mono_ms slot_at; /* when the sweep will look at it */
  void (*expired)(struct deadline *);
};

struct wheel {
  struct list slots[WHEEL_SLOTS];
  mono_ms swept; /* all steps up to here were swept */
};

void wheel_init(struct wheel *w, mono_ms now);

/** Due at `at`. Moves it when it is set already. The owner keeps the struct alive until it expired or was cleared. */
void deadline_set(struct wheel *w, struct deadline *d, mono_ms at);
void deadline_clear(struct deadline *d);

/** Calls `expired` of all that are due; each is cleared before, so it may be set again or freed there. */
void wheel_sweep(struct wheel *w, mono_ms now);

#endif
