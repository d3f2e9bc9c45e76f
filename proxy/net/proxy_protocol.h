// SPDX-License-Identifier: Apache-2.0
/** The PROXY protocol header, v1 (text) and v2 (binary), that a load balancer puts before the first byte.
 *  Source: HAProxy's proxy-protocol.txt, 2020/03/05, §2.1 and §2.2. Pure. */
#ifndef PROXY_NET_PROXY_PROTOCOL_H
#define PROXY_NET_PROXY_PROTOCOL_H

#include "rules/base/addr.h"

/* v1: 107 bytes with its CRLF; v2: 16 bytes and a length, of which we take up to 2 KiB of addresses and TLVs. */
enum { PROXY_HEADER_MAX = 2064 };

struct proxy_header {
  bool
      local; /* LOCAL or UNKNOWN: the balancer speaks for itself, keep the socket's own addresses */
  struct addr from; /* when not local */
  uint16_t port;
};

/** How many bytes of `in` the header took, ERR_AGAIN when it is not whole, ERR_SYNTAX when it is none or malformed. */
long proxy_header_parse(struct span in, struct proxy_header *out);

#endif
