// SPDX-License-Identifier: Apache-2.0
/** What is written to the journal: each login, and refused requests up to a rate. Bounded and without waiting; what
 *  finds no room is counted in journal_left_out. */
#ifndef PROXY_FLOW_RECORD_H
#define PROXY_FLOW_RECORD_H

#include "proxy/flow/judge.h"

void record_event(struct exchange *x, const struct verdict *v, bool login);

#endif
