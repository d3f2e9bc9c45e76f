// SPDX-License-Identifier: Apache-2.0
/** The heaviest keys of a stream in a fixed space: who fails most, which networks, which fingerprints.
 *  Space-Saving: of TOPK_MAX counters the smallest goes to the next newcomer, with its count. So of a total weight W:
 *  every key above W / TOPK_MAX is there, and its true weight is between weight - error and weight. One thread.
 *  Source: Metwally, Agrawal and El Abbadi, ICDT 2005. */
#ifndef RULES_SIGNALS_TOPK_H
#define RULES_SIGNALS_TOPK_H

#include <stddef.h>
#include <stdint.h>

enum { TOPK_MAX = 64 };

struct topk_entry {
  uint64_t key;
  uint64_t weight, error;
};

struct topk {
  struct topk_entry at[TOPK_MAX]; /* in no order */
  size_t count;
};

/** Begins as all zeros. */
void topk_add(struct topk *t, uint64_t key, uint64_t weight);

/** All weights halved, so that called at regular times it forgets the past. A weight of 1 goes: after halvings the
 *  bounds hold to within 1. */
void topk_halve(struct topk *t);

/** The heaviest first, at most `max`; answers how many. */
size_t topk_list(const struct topk *t, struct topk_entry *out, size_t max);

#endif
