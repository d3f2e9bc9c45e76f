// SPDX-License-Identifier: Apache-2.0
/** Meters in plain memory, exact and unbounded by tables: what `rules test` runs examples on, and the model that faster
 *  structures are tested against. A client counts by its full address only. One thread; owns its memory.
 *
 *  A limit is a virtual scheduling algorithm (ITU-T I.371 annex A, "GCRA"): `burst` at once, `quantity` in each
 *  window. */
#ifndef RULES_ENGINE_PLAIN_H
#define RULES_ENGINE_PLAIN_H

#include "rules/engine/meters.h"
#include "rules/lang/program.h"

struct plain_entry;

enum { PLAIN_ENTRIES_MAX = 1 << 20 }; /* past it new keys are not counted, and `full` says so */

struct plain {
  const struct program *program;
  struct plain_entry **buckets;
  size_t entries;
  bool full;
};

/** ERR_MEMORY. Borrows the program. */
int plain_init(struct plain *p, const struct program *program);
void plain_fini(struct plain *p);

/** Good as long as `p`. No list without a set of its own holds anything. */
struct meters plain_meters(struct plain *p);

#endif
