// SPDX-License-Identifier: Apache-2.0
/** Ports of 127.0.0.1 that nobody listens on. Our listeners share theirs (SO_REUSEPORT), so a second demonstration
 *  would otherwise halve the first one's visitors instead of being told. Main thread. */
#ifndef PROXY_DEMO_PORTS_H
#define PROXY_DEMO_PORTS_H

#include <stdint.h>

enum { PORTS_TRIED = 100 };

/** The first free port of PORTS_TRIED from `first` on, and any free one for 0. ERR_BUSY: all are taken; ERR_ACCESS:
 *  this user may not have such a port. Free now is no promise: another process may take it in the next moment. */
int ports_find(uint16_t first, uint16_t *out);

#endif
