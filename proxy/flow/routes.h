// SPDX-License-Identifier: Apache-2.0
/** Sites and their origins under one setup. A reload makes new routes; origins that stand in both keep their
 *  connections and what is known of their health. Counted: the flow holds one, each exchange that began under it
 *  one. */
#ifndef PROXY_FLOW_ROUTES_H
#define PROXY_FLOW_ROUTES_H

#include "proxy/flow/origin.h"

struct site_route {
  struct origin **origins;
  size_t count;
};

struct routes {
  unsigned refs;
  struct setup *setup;      /* held */
  struct site_route *sites; /* as setup->sites */
};

/** `before` or NULL. ERR_MEMORY, ERR_TLS. */
int routes_new(struct flow *f, struct setup *setup, struct routes *before, struct routes **out);
struct routes *routes_hold(struct routes *r);
void routes_drop(struct routes **r);

/** Shows what this worker believes of one origin's health, wherever the routes name it. */
void routes_show_health(struct routes *r, const struct origin *o);

/** Which site serves the host: its index, or SIZE_MAX. */
size_t routes_find(const struct routes *r, struct span host);

#endif
