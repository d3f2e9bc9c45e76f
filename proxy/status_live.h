// SPDX-License-Identifier: Apache-2.0
/** What a running proxy says of itself, for `qorgan status`: asked over its admin address, blocking, 2 s at most. */
#ifndef PROXY_STATUS_LIVE_H
#define PROXY_STATUS_LIVE_H

#include "proxy/net/endpoint.h"

#include <jansson.h>

/** The object of proxy/admin/status.h, the caller's to json_decref. NULL: nobody answers, and stderr says why. */
json_t *status_live_ask(const struct endpoint *at);
/** For people, on standard output. */
void status_live_print(const json_t *live);

#endif
