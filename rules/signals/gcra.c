// SPDX-License-Identifier: Apache-2.0
#include "rules/signals/gcra.h"

#include "rules/base/err.h"

int gcra_limit(uint64_t count, mono_ms window_ms, uint64_t burst, struct gcra *out) {
  if (count == 0 || window_ms <= 0 || window_ms > GCRA_MS_MAX) return ERR_RANGE;
  uint64_t window_us = (uint64_t)window_ms * 1000, most_us;
  if (count > window_us) return ERR_RANGE;
  uint64_t price_us = (window_us + count - 1) / count;
  if (__builtin_mul_overflow(price_us, burst ? burst : count, &most_us)) return ERR_RANGE;
  if (most_us > 2 * (uint64_t)GCRA_MS_MAX * 1000) return ERR_RANGE;
  *out = (struct gcra){price_us, most_us};
  return OK;
}

mono_ms gcra_wait_ms(const struct gcra *limit, uint64_t load_us) {
  return load_us > limit->most_us ? (mono_ms)((load_us - limit->most_us + 999) / 1000) : 0;
}

bool gcra_admit(const struct gcra *limit, mono_us *until, mono_us now, mono_ms *wait_ms) {
  mono_us from = *until > now ? *until : now;
  uint64_t load_us = (uint64_t)from - (uint64_t)now + limit->price_us;
  *wait_ms = gcra_wait_ms(limit, load_us);
  if (load_us > limit->most_us) return false;
  *until = from + (mono_us)limit->price_us;
  return true;
}
