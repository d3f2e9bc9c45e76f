// SPDX-License-Identifier: Apache-2.0
/** Fetches one page of a running proxy's admin address, blocking, for commands. */
#ifndef PROXY_ADMIN_ASK_H
#define PROXY_ADMIN_ASK_H

#include "proxy/net/endpoint.h"
#include "rules/base/buf.h"

/** Puts the body of `path` into `body` within `timeout_ms` in all, and the status into `*status`. ERR_TIMEOUT,
 *  ERR_PROTOCOL (no HTTP, or not whole), ERR_FULL (longer than `body` takes), or why nobody could be asked. */
int ask(const struct endpoint *at, const char *path, int timeout_ms, struct buf *body, int *status);

#endif
