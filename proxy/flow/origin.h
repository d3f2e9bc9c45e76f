// SPDX-License-Identifier: Apache-2.0
/** One server behind us, as one worker sees it: connections kept open, requests that wait, health. Health is
 *  passive: a connection that fails makes the origin rest for `origin_probe`, doubling to 16 times; then the next
 *  request tries it, and an answer heals it. While all origins of a site rest, the one whose rest ends first is
 *  tried, so a site with one origin never refuses by memory alone. The worker's thread. */
#ifndef PROXY_FLOW_ORIGIN_H
#define PROXY_FLOW_ORIGIN_H

#include "proxy/flow/exchange.h"

struct origin {
  unsigned refs;  /* routes that name it, and upstreams */
  unsigned named; /* routes that name it: at the last one's end its idle connections go */
  struct flow *flow;
  struct setup *setup; /* where `spec` lives; held */
  const struct origin_spec *spec;
  struct tls_context *tls;
  unsigned next_addr; /* of spec->addrs: the one that is used until it cannot be reached */
  struct list idle;   /* struct upstream, most recently used last */
  unsigned idle_count, open_count, busy_count;
  struct list waiting; /* struct exchange */
  unsigned waiting_count;
  mono_ms rests_until; /* 0: healthy */
  unsigned rest_factor;
  mono_ms complained; /* at most one line a second: an outage must not become a flood of its own */
  uint64_t unsaid;
};

/** ERR_MEMORY, ERR_TLS. The first reference is the caller's. */
int origin_new(struct flow *f, struct setup *setup, const struct origin_spec *spec,
               struct origin **out);
void origin_drop(struct origin **o);

/** The least busy of those that are healthy, by the rule above. Never NULL for count > 0. */
struct origin *origin_choose(struct origin **origins, size_t count, mono_ms now);

/** Gets `x` an upstream: a kept one, a new one, or a place in the queue. Answers 0, or the status to fail with. */
int origin_assign(struct origin *o, struct exchange *x);
/** A place became free: whoever waits longest goes on. */
void origin_serve_waiting(struct origin *o);
/** `x` gives up its place in the queue. */
void origin_forget(struct exchange *x);

/** Says in the log what went wrong with one connection or answer. */
void origin_complain(struct origin *o, const char *why);
void origin_failed(struct origin *o);
void origin_healed(struct origin *o);

#endif
