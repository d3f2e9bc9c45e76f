// SPDX-License-Identifier: Apache-2.0
/** What the three parts of an upstream share: upstream.c (its way from connect to close), upstream_send.c (the
 *  request), upstream_answer.c (the answer). For these only. */
#ifndef PROXY_FLOW_UPSTREAM_PARTS_H
#define PROXY_FLOW_UPSTREAM_PARTS_H

#include "proxy/flow/upstream.h"

static inline const struct timeouts *upstream_timeouts(const struct upstream *u) {
  return &u->origin->flow->setup->timeouts;
}

static inline void upstream_arm(struct upstream *u, mono_ms in_ms) {
  loop_deadline(u->origin->flow->loop, &u->deadline, in_ms);
}

/** The connection is of no more use to its exchange: another one, the rest of the answer, or none. `u` is closing
 *  when it returns, the exchange may be gone. */
void upstream_fail(struct upstream *u, int status, const char *why);

/** Sends what is in `out`, now or at the end of the turn. */
void upstream_send_out(struct upstream *u);
void upstream_send_later(struct upstream *u);
void upstream_on_flush(struct task *t);

/** The origin has something to say. */
void upstream_read_answer(struct upstream *u);

#endif
