// SPDX-License-Identifier: Apache-2.0
#include "bench/swarm.h"

#include "bench/tool.h"

#include <errno.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { EVENTS_MAX = 256, READ_BYTES_MAX = 16384, SPARE_FILES = 64 };

/** The wire form of an ALPN list with one name in it (RFC 7301 §3.1). */
static void set_alpn(SSL_CTX *tls, const char *alpn) {
  unsigned char wire[256];
  size_t len = strlen(alpn);
  wire[0] = (unsigned char)len;
  memcpy(wire + 1, alpn, len);
  SSL_CTX_set_alpn_protos(tls, wire, (unsigned)len + 1);
}

static SSL_CTX *tls_new(const char *alpn) {
  SSL_CTX *tls = SSL_CTX_new(TLS_client_method());
  if (!tls || !SSL_CTX_set_min_proto_version(tls, TLS1_3_VERSION) ||
      !SSL_CTX_set_ciphersuites(tls, "TLS_AES_128_GCM_SHA256") ||
      !SSL_CTX_set1_groups_list(tls, "X25519")) {
    tool_fail("OpenSSL cannot do TLS 1.3 with AES-128-GCM and X25519");
  }
  SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(tls, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                            SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  set_alpn(tls, alpn);
  return tls;
}

void swarm_init(struct swarm *s, const struct swarm_role *role, const char *target,
                uint32_t count) {
  *s = (struct swarm){.role = role, .count = count};
  s->target_len = tool_loopback(target, &s->target);
  s->tls = tls_new(role->alpn);
  s->epoll = epoll_create1(EPOLL_CLOEXEC);
  s->conns = calloc(count, sizeof(*s->conns));
  char *own = calloc(count, role->own_bytes);
  if (s->epoll < 0 || !s->conns || !own) tool_fail("out of memory");
  for (uint32_t i = 0; i < count; i++) {
    s->conns[i] =
        (struct swarm_conn){.swarm = s, .own = own + i * role->own_bytes, .index = i, .fd = -1};
  }
  tool_files(count + SPARE_FILES);
}

void swarm_fini(struct swarm *s) {
  for (uint32_t i = 0; i < s->count; i++) {
    if (s->conns[i].fd >= 0) close(s->conns[i].fd);
    SSL_free(s->conns[i].ssl);
  }
  free(s->conns[0].own);
  free(s->conns);
  close(s->epoll);
  SSL_CTX_free(s->tls);
}

static void watch(struct swarm_conn *c, uint32_t events) {
  if (events == c->watched) return;
  struct epoll_event on = {.events = events, .data.ptr = c};
  int operation = c->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
  if (epoll_ctl(c->swarm->epoll, operation, c->fd, &on)) {
    tool_fail("epoll_ctl: %s", strerror(errno));
  }
  c->watched = events;
}

/** What an open connection waits for: EPOLLHUP and EPOLLERR come unasked. */
static void watch_open(struct swarm_conn *c) {
  uint32_t reading = c->swarm->role->paced ? EPOLLRDHUP : EPOLLIN;
  watch(c, c->unsent ? reading | EPOLLOUT : reading);
}

void swarm_open(struct swarm_conn *c) {
  struct swarm *s = c->swarm;
  memset(c->own, 0, s->role->own_bytes);
  c->unsent = 0;
  c->watched = 0;
  c->state = SWARM_HANDSHAKE;
  s->handshakes++;
  c->fd = tool_connect(&s->target, s->target_len, c->index + 1);
  c->ssl = c->fd < 0 ? NULL : SSL_new(s->tls);
  if (!c->ssl || !SSL_set_fd(c->ssl, c->fd) || !SSL_set_tlsext_host_name(c->ssl, "bench.test")) {
    swarm_close(c);
    return;
  }
  int bytes = s->role->receive_buffer_bytes;
  if (bytes) setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
  SSL_set_connect_state(c->ssl);
  watch(c, EPOLLOUT);
}

void swarm_close(struct swarm_conn *c) {
  enum swarm_state was = c->state;
  if (was == SWARM_CLOSED) return;
  c->state = SWARM_CLOSED;
  if (was == SWARM_OPEN) {
    c->swarm->open--;
    SSL_shutdown(c->ssl); /* close_notify, as a browser sends it; its loss changes nothing */
  } else {
    c->swarm->handshakes--;
    c->swarm->failed++;
  }
  SSL_free(c->ssl);
  c->ssl = NULL;
  if (c->fd >= 0) close(c->fd);
  c->fd = -1;
  c->swarm->role->closed(c, was);
}

/** False: the connection is lost. */
static bool send_kept(struct swarm_conn *c) {
  while (c->unsent) {
    size_t sent;
    if (!SSL_write_ex(c->ssl, c->out, c->unsent, &sent)) {
      int why = SSL_get_error(c->ssl, 0);
      return why == SSL_ERROR_WANT_WRITE || why == SSL_ERROR_WANT_READ;
    }
    c->unsent = (uint16_t)(c->unsent - sent);
    memmove(c->out, c->out + sent, c->unsent);
  }
  return true;
}

bool swarm_send(struct swarm_conn *c, struct span bytes) {
  if (bytes.len > sizeof(c->out) - c->unsent) return false;
  memcpy(c->out + c->unsent, bytes.at, bytes.len);
  c->unsent = (uint16_t)(c->unsent + bytes.len);
  if (!send_kept(c)) return false;
  watch_open(c);
  return true;
}

bool swarm_read(struct swarm_conn *c, size_t most) {
  char bytes[READ_BYTES_MAX];
  size_t got;
  if (!SSL_read_ex(c->ssl, bytes, most < sizeof(bytes) ? most : sizeof(bytes), &got)) {
    int why = SSL_get_error(c->ssl, 0);
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) return true;
    swarm_close(c);
    return false;
  }
  if (c->swarm->role->received(c, span_from(bytes, got))) return true;
  swarm_close(c);
  return false;
}

static bool alpn_agreed(struct swarm_conn *c) {
  struct span chosen;
  unsigned len;
  SSL_get0_alpn_selected(c->ssl, (const unsigned char **)&chosen.at, &len);
  chosen.len = len;
  return span_eq(chosen, span_of(c->swarm->role->alpn));
}

/** One step of the handshake. False: it failed. */
static bool handshake_step(struct swarm_conn *c) {
  ERR_clear_error();
  int done = SSL_do_handshake(c->ssl);
  if (done == 1) {
    if (!alpn_agreed(c)) return false;
    c->state = SWARM_OPEN;
    c->swarm->handshakes--;
    c->swarm->open++;
    c->swarm->opened++;
    watch_open(c);
    return c->swarm->role->opened(c);
  }
  int why = SSL_get_error(c->ssl, done);
  if (why == SSL_ERROR_WANT_WRITE)
    watch(c, EPOLLOUT);
  else if (why == SSL_ERROR_WANT_READ)
    watch(c, EPOLLIN);
  else
    return false;
  return true;
}

static void conn_ready(struct swarm_conn *c, uint32_t events) {
  if (c->state == SWARM_HANDSHAKE) {
    if (!handshake_step(c)) swarm_close(c);
    return;
  }
  ERR_clear_error();
  if (!send_kept(c) || (c->swarm->role->paced && (events & (EPOLLHUP | EPOLLERR | EPOLLRDHUP)))) {
    swarm_close(c);
    return;
  }
  watch_open(c);
  if (!(events & EPOLLIN)) return;
  /* OpenSSL may hold decrypted bytes that epoll does not know of. */
  do {
    if (!swarm_read(c, READ_BYTES_MAX)) return;
  } while (c->state == SWARM_OPEN && SSL_pending(c->ssl));
}

void swarm_turn(struct swarm *s, int wait_ms) {
  struct epoll_event events[EVENTS_MAX];
  int count = epoll_wait(s->epoll, events, EVENTS_MAX, wait_ms);
  for (int i = 0; i < count; i++) {
    struct swarm_conn *c = events[i].data.ptr;
    if (c->state != SWARM_CLOSED) conn_ready(c, events[i].events);
  }
}
