// SPDX-License-Identifier: Apache-2.0
/** OpenSSL's side of a context. For proxy/tls only. */
#ifndef PROXY_TLS_CONTEXT_SSL_H
#define PROXY_TLS_CONTEXT_SSL_H

#include "proxy/tls/context.h"

#include <openssl/ssl.h>

struct tls_context {
  SSL_CTX *ctx;
};

/** The owner's opinion of a hello, as tls_server_new was told. */
bool tls_context_hello(SSL *ssl, void *owner, struct span hello);

/** Whether that opinion was no. */
bool tls_connection_refused(SSL *ssl);

#endif
