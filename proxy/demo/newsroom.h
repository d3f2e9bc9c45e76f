// SPDX-License-Identifier: Apache-2.0
/** The demonstration newsroom as an origin: a small HTTP/1.1 server on a thread of its own, on 127.0.0.1.
 *  At most NEWSROOM_VISITS_MAX connections; further ones wait in the kernel's queue. Main thread. */
#ifndef PROXY_DEMO_NEWSROOM_H
#define PROXY_DEMO_NEWSROOM_H

#include <stdint.h>

enum { NEWSROOM_VISITS_MAX = 1024 };

struct newsroom;

/** Listens on a free port, which goes to `*port`, and serves. ERR_MEMORY, ERR_FULL, ERR_IO. */
int newsroom_open(struct newsroom **out, uint16_t *port);
/** Ends all connections and the thread; when it returns nothing is left. */
void newsroom_close(struct newsroom **n);

#endif
