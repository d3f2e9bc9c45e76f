// SPDX-License-Identifier: Apache-2.0
#include "proxy/flow/origin.h"

#include "proxy/flow/routes.h"
#include "proxy/flow/upstream.h"
#include "proxy/net/socket.h"
#include "rules/base/err.h"
#include "rules/base/log.h"
#include "rules/base/require.h"

#include <stdlib.h>

enum { REST_FACTOR_MAX = 16 };

int origin_new(struct flow *f, struct setup *setup, const struct origin_spec *spec,
               struct origin **out) {
  struct origin *o = calloc(1, sizeof(*o));
  if (!o) return ERR_MEMORY;
  *o = (struct origin){.refs = 1, .flow = f, .spec = spec, .rest_factor = 1};
  list_init(&o->idle);
  list_init(&o->waiting);
  int err = spec->tls ? tls_client_new(spec->ca, &o->tls) : OK;
  if (err) {
    free(o);
    return err;
  }
  o->setup = setup_hold(setup);
  *out = o;
  return OK;
}

void origin_drop(struct origin **origin) {
  struct origin *o = *origin;
  *origin = NULL;
  if (!o || --o->refs) return;
  require(o->open_count == 0 && o->waiting_count == 0);
  tls_context_free(&o->tls);
  setup_drop(&o->setup);
  free(o);
}

/* ---- choice ---- */

static bool better(const struct origin *a, const struct origin *b, mono_ms now) {
  bool a_rests = a->rests_until > now, b_rests = b->rests_until > now;
  if (a_rests != b_rests) return b_rests;
  if (a_rests) return a->rests_until < b->rests_until;
  return a->busy_count + a->waiting_count < b->busy_count + b->waiting_count;
}

struct origin *origin_choose(struct origin **origins, size_t count, mono_ms now) {
  require(count > 0);
  struct origin *best = origins[0];
  for (size_t i = 1; i < count; i++) {
    if (better(origins[i], best, now)) best = origins[i];
  }
  return best;
}

/* ---- places ---- */

/* A request that may not be repeated goes only on a connection that is surely open: the origin may have closed it
 * in the moment that we did not look. */
static struct upstream *take_idle(struct origin *o, const struct exchange *x) {
  bool careful = !message_is_idempotent(&x->request);
  while (!list_empty(&o->idle)) {
    struct upstream *u = LIST_OF(o->idle.prev, struct upstream, node);
    bool fresh =
        u->idle_since == o->flow->loop->now; /* an end would have been read in this very turn */
    if (!careful || fresh || u->stream.layer || socket_quiet(u->stream.watch.fd)) return u;
    upstream_close(u);
  }
  return NULL;
}

int origin_assign(struct origin *o, struct exchange *x) {
  const struct limits *limits = &o->flow->setup->limits;
  struct upstream *u = x->tries ? NULL : take_idle(o, x);
  if (u) {
    upstream_reuse(u, x);
    return 0;
  }
  if (o->open_count < limits->origin_connections_max) return upstream_open(o, x);
  if (o->waiting_count >= limits->origin_waiting_max) return 503;
  list_push(&o->waiting, &x->waiting);
  o->waiting_count++;
  x->waits_for = o;
  x->waits_since = o->flow->loop->now;
  flow_count(o->flow, COUNTER_origin_waiting);
  return 0;
}

void origin_forget(struct exchange *x) {
  if (!x->waits_for) return;
  x->waits_for->waiting_count--;
  list_remove(&x->waiting);
  x->waits_for = NULL;
  counters_add(&x->flow->loop->counters, COUNTER_origin_waiting, -1);
}

void origin_serve_waiting(struct origin *o) {
  if (list_empty(&o->waiting)) return;
  if (list_empty(&o->idle) && o->open_count >= o->flow->setup->limits.origin_connections_max)
    return;
  struct exchange *x = LIST_OF(o->waiting.next, struct exchange, waiting);
  origin_forget(x);
  exchange_go_on(x);
}

/* ---- health ---- */

void origin_complain(struct origin *o, const char *why) {
  enum { QUIET_MS = 1000 };
  mono_ms now = o->flow->loop->now;
  if (o->complained && now - o->complained < QUIET_MS) {
    o->unsaid++;
    return;
  }
  if (o->unsaid) {
    log_warn("origin %.*s: %s (and %llu failures before it)", SPAN_ARG(o->spec->text), why,
             (unsigned long long)o->unsaid);
  } else {
    log_warn("origin %.*s: %s", SPAN_ARG(o->spec->text), why);
  }
  o->complained = now;
  o->unsaid = 0;
}

void origin_failed(struct origin *o) {
  const struct timeouts *t = &o->flow->setup->timeouts;
  mono_ms now = o->flow->loop->now;
  if (o->rests_until > now) return; /* one failure of many at once */
  if (o->rests_until == 0)
    log_warn("origin %.*s failed: resting", SPAN_ARG(o->spec->text));
  else if (o->rest_factor < REST_FACTOR_MAX)
    o->rest_factor *= 2;
  o->rests_until = now + (mono_ms)t->origin_probe * o->rest_factor;
  routes_show_health(o->flow->routes, o);
}

void origin_healed(struct origin *o) {
  if (o->rests_until == 0) return;
  log_info("origin %.*s answers again", SPAN_ARG(o->spec->text));
  o->rests_until = 0;
  o->rest_factor = 1;
  routes_show_health(o->flow->routes, o);
}
