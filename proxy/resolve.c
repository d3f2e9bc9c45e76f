// SPDX-License-Identifier: Apache-2.0
#include "proxy/resolve.h"

#include "rules/base/err.h"

#include <netdb.h>

static bool known(const struct endpoint *addrs, size_t count, const struct addr *addr) {
  for (size_t i = 0; i < count; i++) {
    if (addr_eq(&addrs[i].addr, addr)) return true;
  }
  return false;
}

static size_t collect(const struct addrinfo *found, uint16_t port, struct endpoint *out) {
  size_t count = 0;
  for (; found && count < RESOLVE_ADDRS_MAX; found = found->ai_next) {
    struct endpoint e = {.kind = ENDPOINT_TCP};
    endpoint_from_sockaddr(found->ai_addr, &e.addr, &e.port);
    e.port = port;
    if (!known(out, count, &e.addr)) out[count++] = e;
  }
  return count;
}

int resolve_host(const char *host, uint16_t port, struct arena *arena, struct endpoint **out,
                 size_t *count, const char **why) {
  struct endpoint *addrs = arena_zero(arena, RESOLVE_ADDRS_MAX * sizeof(*addrs));
  if (!addrs) return ERR_MEMORY;
  *out = addrs;
  *count = 1;
  addrs[0] = (struct endpoint){.kind = ENDPOINT_TCP, .port = port};
  if (addr_parse(span_of(host), &addrs[0].addr) == OK) return OK;
  struct addrinfo want = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *found = NULL;
  int failed = getaddrinfo(host, NULL, &want, &found);
  if (failed) {
    *why = gai_strerror(failed);
    return ERR_NOT_FOUND;
  }
  *count = collect(found, port, addrs);
  freeaddrinfo(found);
  *why = "it has no address";
  return *count ? OK : ERR_NOT_FOUND;
}
