// SPDX-License-Identifier: Apache-2.0
#include "proxy/flow/routes.h"

#include "proxy/flow/upstream.h"
#include "rules/base/err.h"

#include <stdlib.h>

static struct origin *find_same(struct routes *before, const struct origin_spec *spec) {
  for (size_t s = 0; before && s < before->setup->site_count; s++) {
    for (size_t i = 0; i < before->sites[s].count; i++) {
      struct origin *o = before->sites[s].origins[i];
      if (span_eq(o->spec->text, spec->text) && span_eq(o->spec->ca, spec->ca) &&
          o->spec->addr_count == spec->addr_count &&
          memcmp(o->spec->addrs, spec->addrs, spec->addr_count * sizeof(*spec->addrs)) == 0) {
        return o;
      }
    }
  }
  return NULL;
}

static int fill(struct routes *r, struct flow *f, struct routes *before) {
  for (size_t s = 0; s < r->setup->site_count; s++) {
    const struct site_spec *site = &r->setup->sites[s];
    struct site_route *route = &r->sites[s];
    route->origins = calloc(site->origin_count, sizeof(*route->origins));
    if (!route->origins) return ERR_MEMORY;
    for (size_t i = 0; i < site->origin_count; i++) {
      struct origin *same = find_same(before, &site->origins[i]);
      if (same) same->refs++;
      int err = same ? OK : origin_new(f, r->setup, &site->origins[i], &same);
      if (err) return err;
      same->named++;
      if (same->rests_until) site->origins[i].rests_until = same->rests_until;
      route->origins[route->count++] = same;
    }
  }
  return OK;
}

int routes_new(struct flow *f, struct setup *setup, struct routes *before, struct routes **out) {
  struct routes *r = calloc(1, sizeof(*r));
  if (!r) return ERR_MEMORY;
  r->refs = 1;
  r->sites = calloc(setup->site_count ? setup->site_count : 1, sizeof(*r->sites));
  r->setup = setup_hold(setup);
  int err = r->sites ? fill(r, f, before) : ERR_MEMORY;
  if (err)
    routes_drop(&r);
  else
    *out = r;
  return err;
}

struct routes *routes_hold(struct routes *r) {
  r->refs++;
  return r;
}

/* The last routes that name an origin take its idle connections with them. */
static void drop_origin(struct origin *o) {
  if (--o->named == 0) {
    while (!list_empty(&o->idle)) upstream_close(LIST_OF(o->idle.next, struct upstream, node));
  }
  origin_drop(&o);
}

void routes_drop(struct routes **routes) {
  struct routes *r = *routes;
  *routes = NULL;
  if (!r || --r->refs) return;
  for (size_t s = 0; r->sites && s < r->setup->site_count; s++) {
    for (size_t i = 0; i < r->sites[s].count; i++) drop_origin(r->sites[s].origins[i]);
    free(r->sites[s].origins);
  }
  free(r->sites);
  setup_drop(&r->setup);
  free(r);
}

void routes_show_health(struct routes *r, const struct origin *o) {
  for (size_t s = 0; r && s < r->setup->site_count; s++) {
    for (size_t i = 0; i < r->sites[s].count; i++) {
      if (r->sites[s].origins[i] == o) r->setup->sites[s].origins[i].rests_until = o->rests_until;
    }
  }
}

size_t routes_find(const struct routes *r, struct span host) {
  const struct site_spec *site = setup_site(r->setup, host);
  return site ? (size_t)(site - r->setup->sites) : SIZE_MAX;
}
