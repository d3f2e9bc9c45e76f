// SPDX-License-Identifier: Apache-2.0
/** Meters of the live proxy: every worker counts in the same lock-free tables of fixed size. Nothing is allocated for a
 *  key. The same calls in the same order give the same answers.
 *
 *    limit by client         KRU_LEAKING, charged under all prefixes of the address (prefix_charge.h)
 *    limit by anything else  KRU_LEAKING in a table of its own: strangers invent these keys
 *    `for 30m`               holds.h; what is held is the prefix that went past the limit
 *    signal count … in W     KRU_HALVING with half-life W: the past fades, it does not fall off an edge
 *    signal distinct … in W  distinct_table.h; looks back for W/2 to W
 *
 *  A full table counts limits too high (by at most its floor, see kru.h), and distinct signals and holds too low.
 *
 *  Tables outlive the program: shared_new hands on those of `before` that fit, and a statement finds its numbers again
 *  when its name, quantity and window stay. A table ends with the last that counts in it. */
#ifndef RULES_ENGINE_SHARED_H
#define RULES_ENGINE_SHARED_H

#include "rules/engine/meters.h"
#include "rules/lang/program.h"

/** Different windows among a program's counts, and among its distincts; past it the program is refused. */
enum { SHARED_WINDOWS_MAX = 8 };

struct shared;

struct shared_sizes { /* powers of two; memory is touched as keys come */
  uint32_t client_lines, named_lines, hold_lines, count_lines; /* 64 bytes each */
  uint32_t distinct_buckets;                                   /* 576 bytes each */
};

/** 65,536 clients with a load at once under each of their prefixes and five limits; 29 MiB when all is full. */
extern const struct shared_sizes SHARED_SIZES;

/** What a list without a set of its own holds. */
struct shared_list {
  struct span name;
  const struct prefix *prefixes;
  size_t count;
};

struct shared_error {
  struct span file, statement; /* of the program */
  uint32_t line;
  const char *text;
};

struct shared_options {
  struct siphash_key key; /* secret; of `before` when there is one, else nothing is found again */
  struct shared_sizes sizes;
  const struct shared_list *lists; /* borrowed with all they point to */
  size_t list_count;
};

/** Borrows the program until shared_free. `before` may be NULL. ERR_MEMORY; ERR_RANGE, with `why`: a statement that
 *  cannot be counted. Main thread. */
int shared_new(const struct program *program, const struct shared_options *options,
               const struct shared *before, mono_ms now, struct shared **out,
               struct shared_error *why);
/** Any thread. */
void shared_free(struct shared **s);

/** Good as long as `s`; any thread. */
struct meters shared_meters(struct shared *s);

#endif
