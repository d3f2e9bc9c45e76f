// SPDX-License-Identifier: Apache-2.0
/** One line of the access log for each exchange. Formats, and hands the line to the spool; never waits. */
#ifndef PROXY_FLOW_ACCESS_H
#define PROXY_FLOW_ACCESS_H

#include "proxy/flow/exchange.h"

/** The line of `x`, its newline included, as the setup's log format has it. Pure but for the buffer and the arena
 *  of `x`. */
void access_format(struct buf *out, struct exchange *x, mono_us now_us);

void access_write(struct exchange *x);

#endif
