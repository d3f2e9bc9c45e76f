// SPDX-License-Identifier: Apache-2.0
/** The floor under every proxy: TLS and epoll alone. What a client sends is decrypted and handed to the origin as it
 *  came, and the answer back, unread: no parsing, no deciding, no log. One origin connection a client, made when
 *  its handshake is complete and closed with it. One thread, loopback only, ends by itself. */
#include "bench/tool.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { EVENTS_MAX = 256, CHUNK_BYTES = 65536 };

enum side { CLIENT, ORIGIN };

struct pair;

/** What epoll hands back: which socket of which pair. */
struct end {
  struct pair *pair;
  enum side side;
  int fd;
  uint32_t watched;
};

struct pair {
  struct end ends[2];
  SSL *ssl;
  bool open;   /* handshake complete, origin connecting or connected */
  bool closed; /* waits in `graveyard` for the end of the turn */
  char *kept
      [2]; /* bytes for that side that its socket did not take; NULL: none, and the other side is read */
  size_t kept_at[2], kept_len[2];
  struct pair *next;
};

static struct sockaddr_storage origin;
static socklen_t origin_len;
static int epoll;
static SSL_CTX *tls;
static struct pair *graveyard; /* freed when no event of this turn can point to them */
static char chunk[CHUNK_BYTES];

static void watch(struct end *e, uint32_t events) {
  if (e->fd < 0 || e->watched == events) return;
  struct epoll_event on = {.events = events, .data.ptr = e};
  if (epoll_ctl(epoll, e->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, e->fd, &on)) {
    tool_fail("epoll_ctl: %s", strerror(errno));
  }
  e->watched = events;
}

/** Reads each side while the other side takes; EPOLLRDHUP keeps `watched` from being nothing. */
static void watch_both(struct pair *p) {
  for (enum side side = CLIENT; side <= ORIGIN; side++) {
    uint32_t events = p->kept[!side] ? EPOLLRDHUP : EPOLLIN;
    watch(&p->ends[side], p->kept[side] ? events | EPOLLOUT : events);
  }
}

static void pair_close(struct pair *p) {
  if (p->closed) return;
  p->closed = true;
  if (p->open) SSL_shutdown(p->ssl);
  for (enum side side = CLIENT; side <= ORIGIN; side++) {
    if (p->ends[side].fd >= 0) close(p->ends[side].fd);
    free(p->kept[side]);
  }
  SSL_free(p->ssl);
  p->next = graveyard;
  graveyard = p;
}

static void graveyard_clear(void) {
  while (graveyard) {
    struct pair *p = graveyard;
    graveyard = p->next;
    free(p);
  }
}

/** Bytes taken, 0: none now, -1: the side is lost. */
static ssize_t side_write(struct pair *p, enum side side, const char *bytes, size_t len) {
  if (side == ORIGIN) {
    ssize_t sent = send(p->ends[ORIGIN].fd, bytes, len, MSG_NOSIGNAL);
    return sent < 0 && (errno == EAGAIN || errno == ENOTCONN) ? 0 : sent;
  }
  size_t sent;
  if (SSL_write_ex(p->ssl, bytes, len, &sent)) return (ssize_t)sent;
  int why = SSL_get_error(p->ssl, 0);
  return why == SSL_ERROR_WANT_WRITE || why == SSL_ERROR_WANT_READ ? 0 : -1;
}

static ssize_t side_read(struct pair *p, enum side side) {
  if (side == ORIGIN) {
    ssize_t got = recv(p->ends[ORIGIN].fd, chunk, sizeof(chunk), 0);
    return got == 0 ? -1 : got < 0 && errno == EAGAIN ? 0 : got;
  }
  size_t got;
  if (SSL_read_ex(p->ssl, chunk, sizeof(chunk), &got)) return (ssize_t)got;
  return SSL_get_error(p->ssl, 0) == SSL_ERROR_WANT_READ ? 0 : -1;
}

/** Writes what it can and keeps the rest. False: lost. */
static bool hand_on(struct pair *p, enum side to, size_t len) {
  size_t at = 0;
  while (at < len) {
    ssize_t sent = side_write(p, to, chunk + at, len - at);
    if (sent < 0) return false;
    if (sent == 0) break;
    at += (size_t)sent;
  }
  if (at == len) return true;
  p->kept[to] = malloc(len - at);
  if (!p->kept[to]) return false;
  memcpy(p->kept[to], chunk + at, len - at);
  p->kept_at[to] = 0;
  p->kept_len[to] = len - at;
  return true;
}

static bool send_kept(struct pair *p, enum side to) {
  while (p->kept_at[to] < p->kept_len[to]) {
    ssize_t sent =
        side_write(p, to, p->kept[to] + p->kept_at[to], p->kept_len[to] - p->kept_at[to]);
    if (sent <= 0) return sent == 0;
    p->kept_at[to] += (size_t)sent;
  }
  free(p->kept[to]);
  p->kept[to] = NULL;
  return true;
}

/** Hands on what one side has. False: the pair is over. */
static bool pump(struct pair *p, enum side from) {
  while (!p->kept[!from]) {
    ssize_t got = side_read(p, from);
    if (got < 0) return false;
    if (got == 0) return true;
    if (!hand_on(p, !from, (size_t)got)) return false;
    if (from == ORIGIN && (size_t)got < sizeof(chunk)) return true;
    if (from == CLIENT && !SSL_has_pending(p->ssl)) return true;
  }
  return true;
}

/** False: the handshake, or the way to the origin, failed. */
static bool handshake_step(struct pair *p) {
  int done = SSL_do_handshake(p->ssl);
  if (done != 1) return SSL_get_error(p->ssl, done) == SSL_ERROR_WANT_READ;
  p->ends[ORIGIN].fd = tool_connect(&origin, origin_len, 0);
  if (p->ends[ORIGIN].fd < 0) return false;
  p->open = true;
  return true;
}

static bool end_ready(struct end *e, uint32_t events) {
  struct pair *p = e->pair;
  ERR_clear_error();
  if (!p->open) return handshake_step(p) && (!p->open || (pump(p, CLIENT), watch_both(p), true));
  if (p->kept[e->side] && !send_kept(p, e->side)) return false;
  if (!pump(p, e->side) || (events & (EPOLLHUP | EPOLLERR))) return false;
  /* Room on this side may let the other be read again: bytes that OpenSSL holds raise no event. */
  if (e->side == ORIGIN && SSL_has_pending(p->ssl) && !pump(p, CLIENT)) return false;
  watch_both(p);
  return true;
}

static void accept_all(int listener) {
  for (;;) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    struct pair *p = calloc(1, sizeof(*p));
    if (!p || !(p->ssl = SSL_new(tls))) tool_fail("out of memory");
    SSL_set_fd(p->ssl, fd);
    SSL_set_accept_state(p->ssl);
    p->ends[CLIENT] = (struct end){.pair = p, .side = CLIENT, .fd = fd};
    p->ends[ORIGIN] = (struct end){.pair = p, .side = ORIGIN, .fd = -1};
    watch(&p->ends[CLIENT], EPOLLIN);
  }
}

/** HTTP/1.1 whenever it is offered (RFC 7301); otherwise the handshake fails. */
static int choose_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                       const unsigned char *in, unsigned in_len, void *unused) {
  static const unsigned char ours[] = "\x08http/1.1";
  unsigned char *chosen;
  int found = SSL_select_next_proto(&chosen, out_len, ours, sizeof(ours) - 1, in, in_len);
  *out = chosen;
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

static SSL_CTX *tls_new(const char *certificate, const char *key) {
  SSL_CTX *made = SSL_CTX_new(TLS_server_method());
  if (!made || SSL_CTX_use_certificate_chain_file(made, certificate) != 1 ||
      SSL_CTX_use_PrivateKey_file(made, key, SSL_FILETYPE_PEM) != 1) {
    tool_fail("%s, %s: not a certificate and its key", certificate, key);
  }
  SSL_CTX_set_min_proto_version(made, TLS1_3_VERSION);
  SSL_CTX_set_mode(made, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                             SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(made, choose_alpn, NULL);
  return made;
}

int main(int argc, char **argv) {
  enum { LISTEN, ORIGIN_AT, CERTIFICATE, KEY };
  struct tool_text texts[] = {{"listen", "127.0.0.1:0", "loopback address and port"},
                              {"origin", NULL, "loopback address and port"},
                              {"certificate", "cert.pem", "PEM chain"},
                              {"key", "key.pem", "PEM key"},
                              {0}};
  struct tool_number numbers[] = {{"seconds", 3600, 1, 86400, "then it ends"}, {0}};
  tool_options(argc, argv, numbers, texts);
  tool_end_after(numbers[0].value);
  origin_len = tool_loopback(texts[ORIGIN_AT].value, &origin);
  tls = tls_new(texts[CERTIFICATE].value, texts[KEY].value);

  int listener = tool_listen(texts[LISTEN].value);
  struct epoll_event on = {.events = EPOLLIN, .data.ptr = NULL};
  epoll = epoll_create1(EPOLL_CLOEXEC);
  if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &on)) tool_fail("epoll failed");
  struct epoll_event events[EVENTS_MAX];
  for (;; graveyard_clear()) {
    int count = epoll_wait(epoll, events, EVENTS_MAX, -1);
    for (int i = 0; i < count; i++) {
      struct end *e = events[i].data.ptr;
      if (!e)
        accept_all(listener);
      else if (!e->pair->closed && !end_ready(e, events[i].events))
        pair_close(e->pair);
    }
  }
}
