// SPDX-License-Identifier: Apache-2.0
#include "proxy/tls/context.h"

#include "certs/store.h"
#include "certs/tickets.h"
#include "proxy/tls/context_ssl.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <pthread.h>
#include <stdlib.h>

/* Lives and dies with the SSL_CTX, which the connections hold. */
struct server {
  struct cert_store *certs;
  struct cert_pair fallback;
  struct tickets *tickets;
  tls_hello *hello;
};

static int server_slot = -1;
static pthread_once_t slot_once = PTHREAD_ONCE_INIT;

static void server_free(void *parent, void *data, CRYPTO_EX_DATA *ad, int slot, long argl,
                        void *argp) {
  struct server *s = data;
  if (!s) return;
  cert_store_drop(&s->certs);
  free(s);
}

static void make_slot(void) {
  server_slot = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, server_free);
}

static struct server *server_of(SSL *ssl) {
  return SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), server_slot);
}

bool tls_context_hello(SSL *ssl, void *owner, struct span hello) {
  struct server *s = server_of(ssl);
  return !s->hello || s->hello(owner, hello);
}

/* RFC 6066 §3: a list of one host_name. An odd one is no name: the default certificate answers. */
static struct span asked_name(SSL *ssl) {
  const unsigned char *at;
  size_t len;
  if (!SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &at, &len)) return span_from("", 0);
  if (len < 5 || at[2] != TLSEXT_NAMETYPE_host_name) return span_from("", 0);
  size_t name_len = (size_t)at[3] << 8 | at[4];
  return name_len == len - 5 ? span_from(at + 5, name_len) : span_from("", 0);
}

static int on_hello(SSL *ssl, int *alert, void *argument) {
  struct server *s = server_of(ssl);
  if (tls_connection_refused(ssl)) {
    *alert = SSL_AD_HANDSHAKE_FAILURE;
    return SSL_CLIENT_HELLO_ERROR;
  }
  struct cert_pair pair = cert_store_find(s->certs, asked_name(ssl));
  if (cert_pair_eq(&pair, &s->fallback) || cert_pair_apply(&pair, ssl) == OK)
    return SSL_CLIENT_HELLO_SUCCESS;
  *alert = SSL_AD_INTERNAL_ERROR;
  return SSL_CLIENT_HELLO_ERROR;
}

/* RFC 7301 §3.2: ours is the order of preference; nothing in common is fatal (ALPACA, 2021). */
static int on_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                   const unsigned char *in, unsigned in_len, void *argument) {
  static const unsigned char OURS[] = "\x02h2\x08http/1.1";
  int found =
      SSL_select_next_proto((unsigned char **)out, out_len, OURS, sizeof(OURS) - 1, in, in_len);
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

static int on_ticket(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
                     EVP_MAC_CTX *mac, int seal) {
  return tickets_apply(server_of(ssl)->tickets, name, iv, cipher, mac, seal);
}

/* Browsers ask for AES-128 first, too; AES-256 costs a quarter more a record. */
#define TLS13_CIPHERS "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"

static int configure(SSL_CTX *ctx, struct server *s) {
  static const unsigned char SESSION_CONTEXT[] = "qorgan";
  SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                               SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
                               SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(ctx, 1);
  SSL_CTX_set_max_early_data(ctx, 0);
  SSL_CTX_set_num_tickets(ctx, 1); /* a second one is a second encryption in each handshake */
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_client_hello_cb(ctx, on_hello, NULL);
  SSL_CTX_set_alpn_select_cb(ctx, on_alpn, NULL);
  if (s->tickets) SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, on_ticket);
  bool set = SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) &&
             SSL_CTX_set_cipher_list(ctx, "ECDHE+AESGCM:ECDHE+CHACHA20") &&
             SSL_CTX_set_ciphersuites(ctx, TLS13_CIPHERS) &&
             SSL_CTX_set1_groups_list(ctx, "X25519:P-256:P-384") &&
             SSL_CTX_set_session_id_context(ctx, SESSION_CONTEXT, sizeof(SESSION_CONTEXT) - 1) &&
             cert_pair_install(&s->fallback, ctx) == OK;
  return set ? OK : ERR_TLS;
}

int tls_server_new(struct cert_store *certs, struct tickets *tickets, tls_hello *hello,
                   struct tls_context **out) {
  pthread_once(&slot_once, make_slot);
  if (server_slot < 0) return ERR_MEMORY;
  struct tls_context *c = calloc(1, sizeof(*c));
  struct server *s = calloc(1, sizeof(*s));
  if (c) c->ctx = SSL_CTX_new(TLS_server_method());
  if (!s || !c || !c->ctx || !SSL_CTX_set_ex_data(c->ctx, server_slot, s)) {
    free(s);
    tls_context_free(&c);
    return ERR_MEMORY;
  }
  *s = (struct server){cert_store_hold(certs), cert_store_fallback(certs), tickets, hello};
  int err = configure(c->ctx, s);
  if (!err) err = tls_rehearse(c->ctx);
  if (err)
    tls_context_free(&c);
  else
    *out = c;
  return err;
}

int tls_client_new(struct span ca, struct tls_context **out) {
  struct tls_context *c = calloc(1, sizeof(*c));
  if (c) c->ctx = SSL_CTX_new(TLS_client_method());
  if (!c || !c->ctx) {
    free(c);
    return ERR_MEMORY;
  }
  SSL_CTX_set_mode(c->ctx, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(c->ctx, 1);
  SSL_CTX_set_options(c->ctx, SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_min_proto_version(c->ctx, TLS1_2_VERSION);
  SSL_CTX_set_verify(c->ctx, SSL_VERIFY_PEER, NULL);
  int loaded =
      ca.len ? SSL_CTX_load_verify_file(c->ctx, ca.at) : SSL_CTX_set_default_verify_paths(c->ctx);
  if (!loaded) {
    tls_context_free(&c);
    return ERR_TLS;
  }
  *out = c;
  return OK;
}

void tls_context_free(struct tls_context **c) {
  if (!*c) return;
  SSL_CTX_free((*c)->ctx);
  free(*c);
  *c = NULL;
}
