// SPDX-License-Identifier: Apache-2.0
/** Is this wrong password popular? A binomial ladder filter: an array of bits, half of them set, in which each digest
 *  has LADDER_RUNGS places. A digest that was never seen finds about half of its rungs set, by chance; each observation
 *  sets one more and clears some bit elsewhere, so that what is not seen again sinks back as others are observed.
 *  About 20 observations reach LADDER_POPULAR; a digest never seen is there with a probability of 8·10⁻¹⁰.
 *  Nothing can be listed from it: it holds no password and no digest of one. Any thread, lock-free.
 *  Source: Schechter and Herley, "The binomial ladder frequency filter and its applications to shared secrets",
 *  Microsoft Research 2018; Tian, Herley and Schechter, "StopGuessing", EuroS&P 2019. */
#ifndef RULES_SIGNALS_LADDER_H
#define RULES_SIGNALS_LADDER_H

#include "rules/base/siphash.h"

#include <stdatomic.h>

enum { LADDER_RUNGS = 48, LADDER_POPULAR = 44, LADDER_LOG2_BITS_MAX = 36 };

struct ladder {
  _Atomic uint64_t *words;
  uint64_t mask; /* count of bits less one */
};

/** 2^log2_bits bits, at least 2^10; the default policy has 2^29 of them, 64 MiB. `chance` decides which half is set.
 *  ERR_RANGE, ERR_MEMORY. */
int ladder_init(struct ladder *l, unsigned log2_bits, uint64_t chance);
void ladder_fini(struct ladder *l);

/** Set rungs of the digest, 0..LADDER_RUNGS. */
unsigned ladder_height(const struct ladder *l, struct digest128 digest);

/** Counts one observation; answers the height before it. `chance` is a fresh random number. */
unsigned ladder_observe(struct ladder *l, struct digest128 digest, uint64_t chance);

#endif
