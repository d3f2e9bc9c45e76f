// SPDX-License-Identifier: Apache-2.0
/** Whether a balancer should send traffic here: this process accepts, and each site has an origin that is believed to
 *  answer. Believed, because health is passive: a rest that is over counts as an origin that may be tried, or a proxy
 *  that gets no traffic would never learn that its origin is back. */
#ifndef PROXY_ADMIN_READINESS_H
#define PROXY_ADMIN_READINESS_H

#include "proxy/admin/overview.h"
#include "rules/base/buf.h"

/** Puts one line for people: "ready", or what is missing. Pure but for the buffer. */
bool readiness(const struct overview *o, struct buf *why);

#endif
