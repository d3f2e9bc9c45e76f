// SPDX-License-Identifier: Apache-2.0
#include "proxy/tls/context_ssl.h"

/* Flights of a handshake; TLS 1.3 needs three. */
enum { ROUNDS_MAX = 16 };

static SSL *make_end(SSL_CTX *ctx, BIO *bio, void (*take_side)(SSL *)) {
  SSL *end = ctx && bio ? SSL_new(ctx) : NULL;
  if (!end) {
    BIO_free(bio);
    return NULL;
  }
  SSL_set_bio(end, bio, bio);
  take_side(end);
  return end;
}

int tls_rehearse(SSL_CTX *server) {
  BIO *near = NULL, *far = NULL;
  SSL_CTX *client = SSL_CTX_new(TLS_client_method());
  (void)BIO_new_bio_pair(&near, 0, &far, 0); /* both stay NULL when there is no memory */
  SSL *ours = make_end(server, near, SSL_set_accept_state);
  SSL *theirs = make_end(client, far, SSL_set_connect_state);
  bool shook = false;
  for (int i = 0; ours && theirs && !shook && i < ROUNDS_MAX; i++) {
    bool theirs_done = SSL_do_handshake(theirs) == 1;
    shook = SSL_do_handshake(ours) == 1 && theirs_done;
  }
  SSL_free(theirs);
  SSL_free(ours);
  SSL_CTX_free(client);
  ERR_clear_error();
  return shook ? OK : ERR_TLS;
}
