// SPDX-License-Identifier: Apache-2.0
/** What the bytes of a client say of it, gathered as they pass: JA4 of its ClientHello, the print of its HTTP/2
 *  connection, the order of its headers. rules/identity makes them; this is where the flow hands it the bytes. */
#ifndef PROXY_FLOW_PRINTS_H
#define PROXY_FLOW_PRINTS_H

#include "proxy/flow/exchange.h"
#include "rules/identity/h2print.h"
#include "rules/identity/header_order.h"

/** For tls_server_new: `owner` is the session. Keeps the JA4; true: the handshake may go on. */
bool prints_hello(void *owner, struct span hello);

/** At the first request of an HTTP/2 connection: makes the session's print. */
void prints_first_request(struct h2print *p, const struct exchange *x);

/** x->headers, of a head that is whole. */
void prints_headers(struct exchange *x);

#endif
