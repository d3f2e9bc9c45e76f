// SPDX-License-Identifier: Apache-2.0
#include "proxy/net/socket.h"

#include "rules/base/err.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BACKLOG = 4096 };

static int family_of(const struct endpoint *e) {
  if (e->kind == ENDPOINT_UNIX) return AF_UNIX;
  return addr_is_v4(&e->addr) ? AF_INET : AF_INET6;
}

static void set(int fd, int level, int option, int value) {
  (void)setsockopt(fd, level, option, &value, sizeof(value));
}

/* A unix socket's file outlives its server. One that nobody answers is stale; one that answers is somebody's. */
static int remove_stale(const struct endpoint *at) {
  struct sockaddr_storage sa;
  socklen_t len = endpoint_sockaddr(at, &sa);
  struct stat st;
  if (stat(at->path, &st)) return OK;
  if (!S_ISSOCK(st.st_mode)) return ERR_EXISTS;
  int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (probe < 0) return err_from_errno(errno);
  int refused = connect(probe, (struct sockaddr *)&sa, len) != 0 && errno == ECONNREFUSED;
  close(probe);
  if (!refused) return ERR_BUSY;
  return unlink(at->path) ? err_from_errno(errno) : OK;
}

/* Without IPv6 in the kernel, "every address" is every IPv4 address. */
static struct endpoint as_far_as_there_is(const struct endpoint *at) {
  struct endpoint e = *at;
  if (e.kind != ENDPOINT_TCP || !addr_eq(&e.addr, &(struct addr){0})) return e;
  int probe = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (probe >= 0)
    close(probe);
  else if (errno == EAFNOSUPPORT)
    e.addr = addr_from_v4((const uint8_t[4]){0});
  return e;
}

int socket_is_free(const struct endpoint *wanted) {
  struct endpoint e = as_far_as_there_is(wanted);
  struct sockaddr_storage sa;
  socklen_t len = endpoint_sockaddr(&e, &sa);
  int fd = socket(sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return err_from_errno(errno);
  set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  int err = bind(fd, (struct sockaddr *)&sa, len) ? err_from_errno(errno) : OK;
  close(fd);
  return err;
}

int socket_listen(const struct endpoint *wanted, int *fd) {
  struct endpoint e = as_far_as_there_is(wanted), *at = &e;
  struct sockaddr_storage sa;
  socklen_t len = endpoint_sockaddr(at, &sa);
  if (at->kind == ENDPOINT_UNIX) {
    int err = remove_stale(at);
    if (err) return err;
  }
  int made = socket(family_of(at), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (made < 0) return err_from_errno(errno);
  if (at->kind == ENDPOINT_TCP) {
    set(made, SOL_SOCKET, SO_REUSEADDR, 1);
    set(made, SOL_SOCKET, SO_REUSEPORT, 1);
    set(made, IPPROTO_TCP, TCP_NODELAY, 1); /* accepted sockets inherit it */
    /* [::] also serves IPv4, unless the system says otherwise. */
    if (family_of(at) == AF_INET6) set(made, IPPROTO_IPV6, IPV6_V6ONLY, 0);
  }
  mode_t mask = umask(0117);
  int failed = bind(made, (struct sockaddr *)&sa, len) || listen(made, BACKLOG);
  int code = errno;
  umask(mask);
  if (failed) {
    close(made);
    return err_from_errno(code);
  }
  *fd = made;
  return OK;
}

void socket_adopt_listening(int fd) {
  (void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
  set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
}

int socket_connect(const struct endpoint *to, int *fd) {
  struct sockaddr_storage sa;
  socklen_t len = endpoint_sockaddr(to, &sa);
  int made = socket(family_of(to), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (made < 0) return err_from_errno(errno);
  if (to->kind == ENDPOINT_TCP) set(made, IPPROTO_TCP, TCP_NODELAY, 1);
  if (connect(made, (struct sockaddr *)&sa, len) == 0) {
    *fd = made;
    return OK;
  }
  if (errno == EINPROGRESS) {
    *fd = made;
    return ERR_AGAIN;
  }
  int code = errno;
  close(made);
  return code == EAGAIN ? ERR_FULL : err_from_errno(code);
}

int socket_connected(int fd) {
  int code = 0;
  socklen_t len = sizeof(code);
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &len)) code = errno;
  return err_from_errno(code);
}

int socket_accept(int listening, int *fd, struct addr *peer, uint16_t *port) {
  struct sockaddr_storage from;
  socklen_t len = sizeof(from);
  int made = accept4(listening, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (made < 0) {
    bool passing = errno == EINTR || errno == ECONNABORTED || errno == EPROTO;
    return passing ? ERR_CLOSED : err_from_errno(errno);
  }
  endpoint_from_sockaddr((struct sockaddr *)&from, peer, port);
  *fd = made;
  return OK;
}

ssize_t socket_read(int fd, char *into, size_t room) {
  ssize_t got;
  do got = recv(fd, into, room, 0);
  while (got < 0 && errno == EINTR);
  if (got > 0) return got;
  if (got == 0) return ERR_CLOSED;
  return errno == ECONNRESET ? ERR_IO
                             : err_from_errno(errno); /* a reset is no end: something is missing */
}

ssize_t socket_send(int fd, struct span bytes) {
  ssize_t sent;
  do sent = send(fd, bytes.at, bytes.len, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  return sent >= 0 ? sent : err_from_errno(errno);
}

void socket_linger_none(int fd) {
  struct linger none = {.l_onoff = 1, .l_linger = 0};
  (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
}

bool socket_quiet(int fd) {
  char byte;
  return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
         (errno == EAGAIN || errno == EWOULDBLOCK);
}
