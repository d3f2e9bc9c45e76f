// SPDX-License-Identifier: Apache-2.0
/** Misbehaviour below HTTP, counted against the client that did it. A strike denies nothing by itself: one address may
 *  be an office or a mobile operator. It is there for whoever decides, in the log and in the metrics. */
#ifndef PROXY_FLOW_STRIKE_H
#define PROXY_FLOW_STRIKE_H

#include "proxy/flow/session.h"

/* Why, the counter, and what the log says. */
#define STRIKE_TABLE(X)                                                                            \
  X(H2_ABUSE, COUNTER_strikes_h2_abuse, "HTTP/2 abuse")                                            \
  X(SLOW, COUNTER_strikes_slow, "too slow")                                                        \
  X(PROXY_HEADER, COUNTER_strikes_proxy_header, "no PROXY header where one belongs")

enum strike {
#define X(name, counter, text) STRIKE_##name,
  STRIKE_TABLE(X)
#undef X
};

/** Against the client of `s`: one a connection, whatever else it does. Logged once a second at most; the line says how
 *  many were not. */
void strike(struct session *s, enum strike why);

#endif
