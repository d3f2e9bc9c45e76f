// SPDX-License-Identifier: Apache-2.0
/** Names to addresses, by the system's resolver. It waits, so it is for the main thread and for the time of loading.
 *  A file of its own, so that a test or a fuzzer can link its own answer instead. */
#ifndef PROXY_RESOLVE_H
#define PROXY_RESOLVE_H

#include "proxy/net/endpoint.h"
#include "rules/base/arena.h"

/** Addresses of one name that are used; of a name that has more, the first, in the resolver's order. */
enum { RESOLVE_ADDRS_MAX = 16 };

/** `host` is a name or a literal address, which asks nobody. `*out` is the arena's. ERR_NOT_FOUND with `*why` (static
 *  text), ERR_MEMORY. */
int resolve_host(const char *host, uint16_t port, struct arena *arena, struct endpoint **out,
                 size_t *count, const char **why);

#endif
