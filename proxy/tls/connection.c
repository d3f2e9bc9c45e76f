// SPDX-License-Identifier: Apache-2.0
#include "proxy/tls/connection.h"

#include "certs/why.h"
#include "proxy/tls/context_ssl.h"
#include "rules/base/require.h"

#include <openssl/err.h>
#include <pthread.h>
#include <stdlib.h>

struct tls {
  SSL *ssl;
  void *owner;
  struct buf first; /* read before TLS began */
  int socket_error; /* the last the socket said */
  bool hello_seen, refused;
  const char *reason;
};

/* ---- the BIO: reads the socket, writes into the cork ---- */

static int bio_read(BIO *bio, char *into, size_t room, size_t *got) {
  struct stream *s = BIO_get_data(bio);
  struct tls *t = s->state;
  BIO_clear_retry_flags(bio);
  if (buf_len(&t->first)) {
    *got = room < buf_len(&t->first) ? room : buf_len(&t->first);
    memcpy(into, buf_span(&t->first).at, *got);
    buf_skip(&t->first, *got);
    if (!buf_len(&t->first)) buf_fini(&t->first);
    return 1;
  }
  ssize_t len = stream_socket_read(s, into, room);
  if (len > 0) {
    *got = (size_t)len;
    return 1;
  }
  t->socket_error = (int)len;
  if (len == ERR_AGAIN) BIO_set_retry_read(bio);
  return 0;
}

static int bio_write(BIO *bio, const char *bytes, size_t len, size_t *took) {
  stream_cork(BIO_get_data(bio), span_from(bytes, len));
  *took = len;
  return 1;
}

static long bio_ctrl(BIO *bio, int command, long argument, void *pointer) {
  return command == BIO_CTRL_FLUSH;
}

static int bio_create(BIO *bio) {
  BIO_set_init(bio, 1);
  return 1;
}

static BIO_METHOD *the_method;
static pthread_once_t method_once = PTHREAD_ONCE_INIT;

static void make_method(void) {
  the_method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "stream");
  require(the_method);
  BIO_meth_set_read_ex(the_method, bio_read);
  BIO_meth_set_write_ex(the_method, bio_write);
  BIO_meth_set_ctrl(the_method, bio_ctrl);
  BIO_meth_set_create(the_method, bio_create);
}

/* ---- the layer ---- */

/* SSL_get_error looks at the thread's error queue, so whoever leaves something there empties it: why_openssl does. */
static int failed(struct tls *t, int code) {
  switch (SSL_get_error(t->ssl, code)) {
  case SSL_ERROR_WANT_READ:
  case SSL_ERROR_WANT_WRITE: return ERR_AGAIN;
  case SSL_ERROR_ZERO_RETURN: return ERR_CLOSED;
  case SSL_ERROR_SYSCALL: return t->socket_error ? t->socket_error : ERR_CLOSED;
  default: t->reason = why_openssl(); return ERR_TLS;
  }
}

static ssize_t layer_read(struct stream *s, char *into, size_t room) {
  enum { RECORD_MAX = 16384 };
  struct tls *t = s->state;
  size_t total = 0;
  do {
    size_t got = 0;
    int code = SSL_read_ex(t->ssl, into + total, room - total, &got);
    if (code <= 0) {
      if (total) break;
      int err = failed(t, code);
      stream_flush(s); /* an alert, or a key update's answer */
      return err;
    }
    total += got;
  } while (room - total >= RECORD_MAX && SSL_has_pending(t->ssl));
  stream_flush(s); /* the answer to a key update */
  return (ssize_t)total;
}

static ssize_t layer_write(struct stream *s, struct span bytes) {
  struct tls *t = s->state;
  size_t took = 0;
  if (SSL_write_ex(t->ssl, bytes.at, bytes.len, &took) <= 0) return ERR_TLS;
  require(took == bytes.len);
  return (ssize_t)took;
}

static bool layer_held(struct stream *s) {
  struct tls *t = s->state;
  return SSL_has_pending(t->ssl);
}

static void layer_finish(struct stream *s) {
  struct tls *t = s->state;
  ERR_clear_error();
  if (SSL_is_init_finished(t->ssl)) SSL_shutdown(t->ssl);
}

static void layer_free(struct stream *s) {
  struct tls *t = s->state;
  SSL_free(t->ssl);
  buf_fini(&t->first);
  free(t);
  s->state = NULL;
}

static const struct stream_layer TLS_LAYER = {layer_read, layer_write, layer_held, layer_finish,
                                              layer_free};

/* ---- the handshake ---- */

/* Sees the ClientHello as it came: OpenSSL's own list of extensions leaves out GREASE and unknown ones. */
static void on_message(int sent, int version, int type, const void *at, size_t len, SSL *ssl,
                       void *argument) {
  struct stream *s = argument;
  struct tls *t = s->state;
  if (sent || type != SSL3_RT_HANDSHAKE || t->hello_seen) return;
  t->hello_seen = true;
  if (!tls_context_hello(ssl, t->owner, span_from(at, len))) t->refused = true;
}

bool tls_connection_refused(SSL *ssl) {
  const struct tls *t = SSL_get_app_data(ssl);
  return t && t->refused; /* none: a rehearsal */
}

static int put_on(struct stream *s, struct tls_context *c, void *owner, struct span first) {
  pthread_once(&method_once, make_method);
  struct tls *t = calloc(1, sizeof(*t));
  if (!t) return ERR_MEMORY;
  buf_init(&t->first, first.len ? (uint32_t)first.len : 1);
  t->owner = owner;
  t->ssl = SSL_new(c->ctx);
  BIO *bio = BIO_new(the_method);
  if (!t->ssl || !bio || !buf_put(&t->first, first)) {
    SSL_free(t->ssl);
    BIO_free(bio);
    buf_fini(&t->first);
    free(t);
    return ERR_MEMORY;
  }
  BIO_set_data(bio, s);
  SSL_set_bio(t->ssl, bio, bio);
  SSL_set_app_data(t->ssl, t);
  s->state = t;
  s->layer = &TLS_LAYER;
  return OK;
}

int tls_accept(struct stream *s, struct tls_context *c, void *owner, struct span first) {
  int err = put_on(s, c, owner, first);
  if (err) return err;
  struct tls *t = s->state;
  SSL_set_accept_state(t->ssl);
  SSL_set_msg_callback(t->ssl, on_message);
  SSL_set_msg_callback_arg(t->ssl, s);
  return OK;
}

static bool is_address(struct span host) {
  return span_find(host, ':') < host.len ||
         (host.len && host.at[host.len - 1] >= '0' && host.at[host.len - 1] <= '9');
}

int tls_connect(struct stream *s, struct tls_context *c, struct span host) {
  int err = put_on(s, c, NULL, span_from(NULL, 0));
  if (err) return err;
  struct tls *t = s->state;
  char name[256];
  if (host.len >= sizeof(name)) return ERR_RANGE;
  memcpy(name, host.at, host.len);
  name[host.len] = '\0';
  SSL_set_connect_state(t->ssl);
  bool set = is_address(host)
                 ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(t->ssl), name)
                 : SSL_set1_host(t->ssl, name) && SSL_set_tlsext_host_name(t->ssl, name);
  return set ? OK : ERR_MEMORY;
}

static bool was_http(void) {
  int reason = ERR_GET_REASON(ERR_peek_error());
  return reason == SSL_R_HTTP_REQUEST;
}

int tls_handshake(struct stream *s, bool *plain_http) {
  struct tls *t = s->state;
  ERR_clear_error();
  int code = SSL_do_handshake(t->ssl);
  if (code == 1) {
    SSL_set_msg_callback(t->ssl, NULL);
    stream_flush(s);
    return OK;
  }
  if (plain_http) *plain_http = was_http();
  int err = failed(t, code);
  stream_flush(s);
  return err;
}

struct tls_facts tls_facts(struct stream *s) {
  struct tls *t = s->state;
  const unsigned char *protocol;
  unsigned len;
  SSL_get0_alpn_selected(t->ssl, &protocol, &len);
  return (struct tls_facts){
      .protocol = len == 2 && memcmp(protocol, "h2", 2) == 0 ? TLS_H2 : TLS_HTTP_1_1,
      .resumed = SSL_session_reused(t->ssl),
      .version = SSL_version(t->ssl) == TLS1_3_VERSION ? 13 : 12,
  };
}

const char *tls_reason(struct stream *s) {
  struct tls *t = s->state;
  return t->reason ? t->reason : "the peer went away";
}
