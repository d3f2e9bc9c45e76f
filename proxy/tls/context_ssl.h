// SPDX-License-Identifier: Apache-2.0
/** OpenSSL's side of a context. For proxy/tls only. */
#ifndef PROXY_TLS_CONTEXT_SSL_H
#define PROXY_TLS_CONTEXT_SSL_H

#include "proxy/tls/context.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

struct tls_context {
  SSL_CTX *ctx;
};

/** A handshake in memory. OpenSSL makes contexts that lack a cipher, a digest or a key's methods when it had no memory
 *  for them, and says nothing: such a one is found here, not by the visitors. Costs one handshake. ERR_TLS. */
int tls_rehearse(SSL_CTX *server);

/** The owner's opinion of a hello, as tls_server_new was told. */
bool tls_context_hello(SSL *ssl, void *owner, struct span hello);

/** Whether that opinion was no. */
bool tls_connection_refused(SSL *ssl);

#endif
