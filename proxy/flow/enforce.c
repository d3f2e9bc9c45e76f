// SPDX-License-Identifier: Apache-2.0
#include "proxy/flow/enforce.h"

#include "proxy/flow/page.h"
#include <assert.h>

enum { STATUS_DROPPED = 444 }; /* in the log alone; the client sees a connection that ends */

static void throttle(struct exchange *x) {
  page_answer(x, 429);
}

static void deny(struct exchange *x) {
  page_answer(x, 403);
}

static void on_patience_over(struct deadline *d) {
  deny(LIST_OF(d, struct ruling, tarpit)->exchange);
}

/* Nothing is held for it but the exchange: what it sends meanwhile is read and forgotten. */
static void tarpit(struct exchange *x) {
  if (!x->ruling) {
    deny(x);
    return;
  }
  x->ruling->tarpit.expired = on_patience_over;
  loop_deadline(x->flow->loop, &x->ruling->tarpit, (mono_ms)x->flow->setup->timeouts.tarpit);
}

/* Refused by a full queue or without a store, a ban is asked for again by the client's next request. A proxy that we
 * trust stands for many clients and is never banned for one of them. */
static void ban(struct exchange *x) {
  if (setup_trusts(x->flow->setup, &x->client)) return;
  const struct memory *m = &x->flow->memory;
  real_ms now = loop_real(x->flow->loop);
  const struct memory_ban ban = {.prefix = prefix_of(&x->client, 32, 64),
                                 .since = now,
                                 .until = now + (real_ms)x->ruling->ban_ms,
                                 .reason = x->ruling->reasons,
                                 .source = SPAN("rules")};
  if (m->calls && m->calls->ban(m->self, &ban) == 0) flow_count(x->flow, COUNTER_bans_put);
}

static void drop(struct exchange *x) {
  if (x->ruling && x->ruling->ban_ms) ban(x);
  x->cut = true;
  x->status = STATUS_DROPPED;
  session_doom(x->session);
}

/* One row an action: NULL lets it through. */
static void (*const REFUSALS[ACTION_COUNT])(struct exchange *) = {
    [ACTION_THROTTLE] = throttle,
    [ACTION_TARPIT] = tarpit,
    [ACTION_DENY] = deny,
    [ACTION_DROP] = drop,
};

bool enforce_refuses(const struct exchange *x) {
  return REFUSALS[x->action] != NULL;
}

bool enforce(struct exchange *x) {
  static_assert(COUNTER_verdict_allow + ACTION_DROP == COUNTER_verdict_drop, "one row a verdict");
  if (!x->asks_body) flow_count(x->flow, (enum counter)(COUNTER_verdict_allow + x->action));
  if (!enforce_refuses(x)) return true;
  REFUSALS[x->action](x);
  return false;
}
