// SPDX-License-Identifier: Apache-2.0
/** An allowance that returns with time: `burst` at once, `per_second` after. Time going backwards gives nothing
 *  back. Pure. */
#ifndef PROXY_HTTP_BUCKET_H
#define PROXY_HTTP_BUCKET_H

#include "rules/base/clock.h"

#include <stdbool.h>

struct bucket {
  uint32_t burst, per_second;
  int64_t left_milli; /* thousandths */
  mono_ms at;
};

static inline void bucket_init(struct bucket *b, uint32_t burst, uint32_t per_second, mono_ms now) {
  *b = (struct bucket){burst, per_second, (int64_t)burst * 1000, now};
}

/** Takes one. False: nothing was left. */
static inline bool bucket_take(struct bucket *b, mono_ms now) {
  if (now > b->at) {
    int64_t most = (int64_t)b->burst * 1000;
    int64_t gained = now - b->at > most ? most : (now - b->at) * b->per_second;
    b->left_milli = b->left_milli + gained > most ? most : b->left_milli + gained;
    b->at = now;
  }
  if (b->left_milli < 1000) return false;
  b->left_milli -= 1000;
  return true;
}

#endif
