// SPDX-License-Identifier: Apache-2.0
/** What the admin pages are made from: one look at the running program, taken anew for each request. Pointers are
 *  borrowed until the answer is made. Main thread.
 *    admin      the listener and its bounds            caller     one connection
 *    pages      path → page                            metrics   Prometheus text
 *    readiness  may a balancer send traffic here       status    JSON, for `qorgan status` and the dashboard
 *    dashboard  HTML, its script and its style         ask       the other side: fetches a page */
#ifndef PROXY_ADMIN_OVERVIEW_H
#define PROXY_ADMIN_OVERVIEW_H

#include "certs/store.h"
#include "proxy/flow/setup.h"
#include "proxy/net/counters.h"
#include "rules/store/store.h"

struct overview {
  const char *version;
  real_ms started, now;
  mono_ms mono_now;
  unsigned workers;
  bool draining;
  uint64_t counters[COUNTER_COUNT]; /* sums over the workers */
  uint64_t resident_bytes, open_fds, max_fds;
  const struct setup *setup;
  const struct cert_store *certs; /* NULL without TLS */
  bool has_store;
  struct env_usage store;
  struct writer_stats writer;
  struct lists_live_stats lists;
};

/** One worker's counters more. */
void overview_add(struct overview *o, const struct counters *c);
/** Memory and descriptors of this process, from /proc; 0 what cannot be read. */
void overview_take_process(struct overview *o);
void overview_take_store(struct overview *o, const struct store *store);

/** Whether the flow would try this origin now: it did not fail lately, or its rest is over. */
static inline bool overview_origin_up(const struct overview *o, const struct origin_spec *spec) {
  return spec->rests_until <= o->mono_now;
}

#endif
