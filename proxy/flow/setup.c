// SPDX-License-Identifier: Apache-2.0
#include "proxy/flow/setup.h"

#include "rules/base/require.h"

#include <stdlib.h>

/* A configuration file has at most 1 MiB; what is made of it fits, or the file is refused. The first chunk stands
 * behind the struct and is enough for most. */
enum { ARENA_BYTES_MAX = 32 << 20, FIRST_CHUNK_BYTES = 4096 };

struct setup *setup_new(void) {
  struct setup *s = calloc(1, sizeof(*s) + FIRST_CHUNK_BYTES);
  if (!s) return NULL;
  atomic_init(&s->refs, 1);
  arena_init(&s->arena, s + 1, FIRST_CHUNK_BYTES, ARENA_BYTES_MAX);
  limits_default(&s->limits, &s->timeouts);
  return s;
}

struct setup *setup_hold(struct setup *s) {
  unsigned before = atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
  require(before > 0);
  return s;
}

void setup_drop(struct setup **s) {
  struct setup *dropped = *s;
  *s = NULL;
  if (!dropped) return;
  unsigned before = atomic_fetch_sub_explicit(&dropped->refs, 1, memory_order_acq_rel);
  require(before > 0);
  if (before > 1) return;
  arena_fini(&dropped->arena);
  free(dropped);
}

enum { MATCH_NONE, MATCH_ANY, MATCH_WILDCARD }; /* and, past these, the length of what matched */

/* How well `pattern` fits: 0 not at all, more is better. An exact name beats every wildcard. */
static size_t match(struct span pattern, struct span host) {
  if (span_eq(pattern, host)) return SIZE_MAX;
  if (span_eq(pattern, SPAN("*"))) return MATCH_ANY;
  if (!span_starts(pattern, SPAN("*."))) return MATCH_NONE;
  struct span tail = span_skip(pattern, 1);
  if (host.len <= tail.len) return MATCH_NONE;
  bool fits = span_eq(span_skip(host, host.len - tail.len), tail);
  return fits ? MATCH_WILDCARD + tail.len : MATCH_NONE;
}

const struct site_spec *setup_site(const struct setup *s, struct span host) {
  const struct site_spec *best = NULL;
  size_t best_match = MATCH_NONE;
  for (size_t i = 0; i < s->site_count; i++) {
    const struct site_spec *site = &s->sites[i];
    for (size_t j = 0; j < site->host_count; j++) {
      size_t found = match(site->hosts[j], host);
      if (found <= best_match) continue;
      best = site;
      best_match = found;
    }
  }
  return best;
}

bool setup_trusts(const struct setup *s, const struct addr *peer) {
  for (size_t i = 0; i < s->trusted_count; i++) {
    if (prefix_holds(&s->trusted[i], peer)) return true;
  }
  return false;
}
