// SPDX-License-Identifier: Apache-2.0
/** Where a socket is bound or connected: an address and a port, a unix socket, or a socket that systemd holds. */
#ifndef PROXY_NET_ENDPOINT_H
#define PROXY_NET_ENDPOINT_H

#include "rules/base/addr.h"

#include <sys/socket.h>

enum endpoint_kind { ENDPOINT_TCP, ENDPOINT_UNIX, ENDPOINT_SYSTEMD };

struct endpoint {
  enum endpoint_kind kind;
  struct addr addr; /* ENDPOINT_TCP; the wildcards 0.0.0.0 and :: are allowed */
  uint16_t port;    /* ENDPOINT_TCP */
  char path[108]; /* ENDPOINT_UNIX: file name; ENDPOINT_SYSTEMD: the name of FileDescriptorName= */
};

enum { ENDPOINT_TEXT_MAX = 128 };

/** "127.0.0.1:8443", "[::]:443", "unix:/run/x.sock", "systemd:NAME". No names, no lookups.
 *  ERR_SYNTAX, ERR_RANGE. Pure. */
int endpoint_parse(struct span text, struct endpoint *out);
size_t endpoint_format(const struct endpoint *e, char out[ENDPOINT_TEXT_MAX]);
bool endpoint_eq(const struct endpoint *a, const struct endpoint *b);

/** For bind and connect; TCP and unix only. IPv4 comes out as AF_INET. */
socklen_t endpoint_sockaddr(const struct endpoint *e, struct sockaddr_storage *out);
/** The other way, for accept and getpeername; anything but TCP gives the address ::. */
void endpoint_from_sockaddr(const struct sockaddr *from, struct addr *addr, uint16_t *port);

#endif
