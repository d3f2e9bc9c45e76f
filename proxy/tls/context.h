// SPDX-License-Identifier: Apache-2.0
/** What TLS connections share: one server context a worker, one client context an origin. Server: TLS 1.2 and
 *  1.3, no renegotiation, no compression, no early data, stateless tickets under keys that all workers share,
 *  certificates by name. Connections hold their context by OpenSSL's own count, so a reload makes a new one and
 *  drops the old. The worker's thread, but tls_client_new: the main thread. */
#ifndef PROXY_TLS_CONTEXT_H
#define PROXY_TLS_CONTEXT_H

#include "rules/base/err.h"
#include "rules/base/span.h"

struct cert_store;
struct tickets;
struct tls_context;

/** What the owner of a connection thinks of its ClientHello (a whole handshake message, RFC 8446 §4.1.2), before any
 *  asymmetric work. False: the connection is refused. Borrowed until it returns. */
typedef bool tls_hello(void *owner, struct span hello);

/** Holds `certs` until the last connection ends; borrows `tickets` for as long. ERR_MEMORY, ERR_TLS. */
int tls_server_new(struct cert_store *certs, struct tickets *tickets, tls_hello *hello,
                   struct tls_context **out);

/** Verifies the peer against `ca` (a PEM file) or, when it is empty, the system's store. ERR_TLS, ERR_NOT_FOUND. */
int tls_client_new(struct span ca, struct tls_context **out);

void tls_context_free(struct tls_context **c);

#endif
