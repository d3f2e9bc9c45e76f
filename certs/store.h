// SPDX-License-Identifier: Apache-2.0
/** The certificates of the server: an immutable set, shared by all workers, chosen from by the name that is asked for.
 *
 *  A reload builds a new store and swaps the pointer; a store that cannot be built leaves the old one in force. Each
 *  worker holds a reference while it uses one (cert_store_hold), and the last drop frees. Connections keep what they
 *  were given by OpenSSL's own references, so they may outlive the store.
 *
 *  In a worker's SSL_CTX_set_client_hello_cb or SSL_CTX_set_cert_cb callback:
 *
 *    struct cert_pair pair = cert_store_find(store, host);   // host: SNI, or empty
 *    if (cert_pair_apply(&pair, ssl)) → fatal alert internal_error
 *
 *  and where its SSL_CTX is made: `pair = cert_store_fallback(store); cert_pair_install(&pair, ctx)`; then connections
 *  that ask for the default (cert_pair_eq) need no cert_pair_apply. */
#ifndef CERTS_STORE_H
#define CERTS_STORE_H

#include "certs/cert.h"
#include "certs/name_index.h"

enum { CERT_STORE_MAX = 20000 }; /* certificates in one store; more are refused with ERR_FULL */

/** Where certificates lie: two files, or a folder (certs/folder.h). The others are NULL. */
struct cert_source {
  const char *certificate, *key;
  const char *directory;
};

struct cert_store;

/** Reads and checks all of them; at least one. In a folder, a CA's own certificate (without a host name) is left out.
 *  `now` decides between two certificates for one name, and nothing else. As cert_load and folder_scan, and ERR_FULL;
 *  then `*out` is as it was. Blocking; main thread and commands. */
int cert_store_new(const struct cert_source *sources, size_t count, real_ms now,
                   struct cert_store **out, struct why *why);

struct cert_store *cert_store_hold(struct cert_store *s);
/** Drops one reference and nulls the caller's pointer; the last one frees. NULL is fine. Any thread. */
void cert_store_drop(struct cert_store **s);

/** The pair for a name (as name_index_find), the default one for an empty or an unknown name. Never an empty pair.
 *  Borrowed from the store. Any thread, no lock, no allocation. */
struct cert_pair cert_store_find(const struct cert_store *s, struct span host);

/** The default: the first certificate of the configuration, and what else there is for its first name. */
struct cert_pair cert_store_fallback(const struct cert_store *s);

/** All certificates, in the order of the configuration. `index` below the count. */
size_t cert_store_count(const struct cert_store *s);
const struct cert *cert_store_at(const struct cert_store *s, size_t index);

static inline bool cert_pair_eq(const struct cert_pair *a, const struct cert_pair *b) {
  return a->of[CERT_EC] == b->of[CERT_EC] && a->of[CERT_RSA] == b->of[CERT_RSA];
}

/** Gives the connection these certificates and no others; OpenSSL picks the one that the client can verify. Takes
 *  references, copies nothing. Also sets SSL_MODE_NO_AUTO_CHAIN: what the file holds is what is sent, and no handshake
 *  searches for more. ERR_TLS. The connection's thread. */
int cert_pair_apply(const struct cert_pair *pair, SSL *ssl);

/** The same for a context, before it has connections. ERR_TLS. */
int cert_pair_install(const struct cert_pair *pair, SSL_CTX *ctx);

#endif
