// SPDX-License-Identifier: Apache-2.0
/** Random tests that can be repeated: the seed is printed, and taken back from the environment's QORGAN_SEED.
 *  Source of the generator: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014. */
#ifndef TESTS_UNIT_CHANCE_H
#define TESTS_UNIT_CHANCE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct chance {
  uint64_t state;
};

static inline uint64_t chance_next(struct chance *c) {
  uint64_t z = c->state += 0x9e3779b97f4a7c15;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}

/** 0 .. below - 1. */
static inline uint64_t chance_below(struct chance *c, uint64_t below) {
  return chance_next(c) % below;
}

/** 0 <= x < 1. */
static inline double chance_unit(struct chance *c) {
  return (double)(chance_next(c) >> 11) / 9007199254740992.0;
}

static inline struct chance chance_seed(const char *test) {
  const char *given = getenv("QORGAN_SEED");
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  uint64_t seed =
      given ? strtoull(given, NULL, 0) : (uint64_t)now.tv_sec * 1000000007 + (uint64_t)now.tv_nsec;
  printf("%s: QORGAN_SEED=%llu\n", test, (unsigned long long)seed);
  return (struct chance){seed};
}

/** Sanitizers multiply time and memory: benches do a smaller part under them. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define UNDER_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define UNDER_SANITIZER 1
#endif
#endif
#ifndef UNDER_SANITIZER
#define UNDER_SANITIZER 0
#endif

static inline double now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

#endif
