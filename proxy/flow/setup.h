// SPDX-License-Identifier: Apache-2.0
/** What the configuration says, as the flow needs it: sites, origins, bounds, whom to trust.
 *  Immutable once built; shared by all workers and by every exchange that began under it (`refs`), so a reload swaps
 *  the pointer and the old one ends with its last exchange. Built by proxy/config.c; all memory is in its arena. */
#ifndef PROXY_FLOW_SETUP_H
#define PROXY_FLOW_SETUP_H

#include "proxy/net/endpoint.h"
#include "proxy/net/limits.h"
#include "rules/base/arena.h"

#include <stdatomic.h>

struct origin_spec {
  struct span text;       /* as configured: "http://127.0.0.1:18080" */
  struct endpoint *addrs; /* where to connect; several when a name has several addresses */
  size_t addr_count;
  struct span
      host; /* of the URL, without port and brackets: certificate name to verify, SNI; unix: empty */
  bool tls;       /* https:// : verified against `ca` or the system's store */
  struct span ca; /* PEM file, or empty */
  /* What the worker who learned of it last believes: 0, or until when (monotonic ms) the origin rests after a failure.
   * The one thing in a setup that changes; for those who look from outside. Any thread. */
  _Atomic int64_t rests_until;
};

struct site_spec {
  struct span *hosts; /* lower case: "www.example.kz", "*.example.kz" (one or more labels), "*" */
  size_t host_count;
  struct origin_spec *origins;
  size_t origin_count;
  struct span *packs;
  size_t pack_count;
};

enum log_format { LOG_FORMAT_JSON, LOG_FORMAT_COMBINED, LOG_FORMAT_OFF };

struct setup {
  atomic_uint refs;
  struct arena arena;
  struct limits limits;
  struct timeouts timeouts;
  struct site_spec *sites;
  size_t site_count;
  struct prefix *trusted; /* peers whose address header and PROXY header are believed */
  size_t trusted_count;
  struct span address_header; /* lower case: "x-forwarded-for"; empty: none is believed */
  enum log_format log_format;
  bool log_query; /* write the query part of a URL into the access log */
};

/** Empty, with limits and timeouts at their defaults and one reference, the caller's. NULL: no memory. */
struct setup *setup_new(void);
/** One reference more. Any thread that holds one already. */
struct setup *setup_hold(struct setup *s);
/** Drops one reference and nulls the caller's pointer; the last one frees. Any thread. */
void setup_drop(struct setup **s);

/** The site for a host (lower case, without port): exact name, then the longest wildcard, then "*".
 *  NULL: none. Pure. */
const struct site_spec *setup_site(const struct setup *s, struct span host);

bool setup_trusts(const struct setup *s, const struct addr *peer);

#endif
