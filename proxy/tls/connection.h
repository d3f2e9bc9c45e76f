// SPDX-License-Identifier: Apache-2.0
/** TLS as a layer of a stream (proxy/net/stream.h): OpenSSL reads the socket and writes into the loop's cork
 *  through a BIO of our own, so a whole flight or a whole turn of records leaves with one system call. The loop's
 *  thread only. */
#ifndef PROXY_TLS_CONNECTION_H
#define PROXY_TLS_CONNECTION_H

#include "proxy/net/stream.h"
#include "proxy/tls/context.h"

enum tls_protocol { TLS_HTTP_1_1, TLS_H2 };

struct tls_facts {
  enum tls_protocol protocol;
  bool resumed;
  int version; /* 12 or 13: TLS 1.2, 1.3 */
};

/** Puts TLS on an accepted stream. `owner` is what the context's tls_hello gets. `first`: bytes that were read already
 *  (behind a PROXY header). ERR_MEMORY. */
int tls_accept(struct stream *s, struct tls_context *c, void *owner, struct span first);
/** Puts TLS on a stream to an origin, whose certificate must be for `host` (a name or an address). ERR_MEMORY. */
int tls_connect(struct stream *s, struct tls_context *c, struct span host);

/** Goes on with the handshake when the stream is ready: OK when it is over, ERR_AGAIN, ERR_CLOSED, ERR_TLS.
 *  Flushes. `*plain_http` is set where the peer spoke HTTP without TLS (may be NULL). */
int tls_handshake(struct stream *s, bool *plain_http);

struct tls_facts tls_facts(struct stream *s);
/** Why the handshake failed: static text. For the log. */
const char *tls_reason(struct stream *s);

#endif
