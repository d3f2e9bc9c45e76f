// SPDX-License-Identifier: Apache-2.0
/** Signals as events of one loop. The main thread's loop only; other threads must have them blocked or not care. */
#ifndef PROXY_NET_SIGNALS_H
#define PROXY_NET_SIGNALS_H

#include "proxy/net/loop.h"

struct signals;

/** Calls `caught` on the loop's thread for each of SIGTERM, SIGINT, SIGHUP. SIGPIPE is ignored. ERR_MEMORY, ERR_IO. */
int signals_open(struct loop *l, void (*caught)(void *owner, int signal), void *owner,
                 struct signals **out);
/** The memory goes when the loop does its closing. */
void signals_close(struct signals **s);

#endif
