// SPDX-License-Identifier: Apache-2.0
#include "rules/signals/ladder.h"

#include "rules/base/err.h"

#include <stdlib.h>

enum { CLEAR_TRIES = 64 }; /* each finds a set bit with a probability of one half */

/* The next number of a sequence. Source: Steele, Lea and Flood, OOPSLA 2014 (SplitMix). */
static uint64_t next(uint64_t *state) {
  uint64_t z = *state += 0x9e3779b97f4a7c15;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}

/* An odd step through a power of two never comes twice to one place. */
static uint64_t rung(const struct ladder *l, struct digest128 digest, unsigned i) {
  return (digest.low + i * (digest.high | 1)) & l->mask;
}

static bool is_set(const struct ladder *l, uint64_t bit) {
  return atomic_load_explicit(&l->words[bit / 64], memory_order_relaxed) >> bit % 64 & 1;
}

/* True when it was clear before. */
static bool set(struct ladder *l, uint64_t bit) {
  uint64_t flag = (uint64_t)1 << bit % 64;
  return !(atomic_fetch_or_explicit(&l->words[bit / 64], flag, memory_order_relaxed) & flag);
}

static bool clear(struct ladder *l, uint64_t bit) {
  uint64_t flag = (uint64_t)1 << bit % 64;
  return atomic_fetch_and_explicit(&l->words[bit / 64], ~flag, memory_order_relaxed) & flag;
}

int ladder_init(struct ladder *l, unsigned log2_bits, uint64_t chance) {
  if (log2_bits < 10 || log2_bits > LADDER_LOG2_BITS_MAX) return ERR_RANGE;
  size_t words = (size_t)1 << (log2_bits - 6);
  *l = (struct ladder){malloc(words * sizeof(*l->words)), ((uint64_t)1 << log2_bits) - 1};
  if (!l->words) return ERR_MEMORY;
  /* Words in pairs of opposites: exactly half of the bits are set, and stay so. */
  for (size_t i = 0; i < words; i += 2) {
    uint64_t word = next(&chance);
    atomic_init(&l->words[i], word);
    atomic_init(&l->words[i + 1], ~word);
  }
  return OK;
}

void ladder_fini(struct ladder *l) {
  free(l->words);
  l->words = NULL;
}

unsigned ladder_height(const struct ladder *l, struct digest128 digest) {
  unsigned height = 0;
  for (unsigned i = 0; i < LADDER_RUNGS; i++) height += is_set(l, rung(l, digest, i));
  return height;
}

/* The `skip`-th clear rung; none when another thread set it meanwhile. */
static bool climb(struct ladder *l, struct digest128 digest, unsigned skip) {
  for (unsigned i = 0; i < LADDER_RUNGS; i++) {
    uint64_t bit = rung(l, digest, i);
    if (!is_set(l, bit) && skip-- == 0) return set(l, bit);
  }
  return false;
}

static bool is_rung(const struct ladder *l, struct digest128 digest, uint64_t bit) {
  for (unsigned i = 0; i < LADDER_RUNGS; i++) {
    if (rung(l, digest, i) == bit) return true;
  }
  return false;
}

unsigned ladder_observe(struct ladder *l, struct digest128 digest, uint64_t chance) {
  unsigned height = ladder_height(l, digest);
  if (height == LADDER_RUNGS) return height;
  if (!climb(l, digest, (unsigned)(next(&chance) % (LADDER_RUNGS - height)))) return height;
  for (unsigned i = 0; i < CLEAR_TRIES; i++) {
    uint64_t bit = next(&chance) & l->mask;
    if (!is_rung(l, digest, bit) && clear(l, bit)) break;
  }
  return height;
}
