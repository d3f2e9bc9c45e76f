// SPDX-License-Identifier: Apache-2.0
/** Does with an exchange what was decided. Challenge and step_up are asked of the origin until the proxy can ask
 *  itself: such a request is forwarded with its verdict in X-Qorgan-Verdict. The worker's thread. */
#ifndef PROXY_FLOW_ENFORCE_H
#define PROXY_FLOW_ENFORCE_H

#include "proxy/flow/exchange.h"

/** Whether the origin is not to see it. */
bool enforce_refuses(const struct exchange *x);

/** True: it goes on. False: it was answered, dropped, or is kept waiting; `x` may be gone. */
bool enforce(struct exchange *x);

#endif
