// SPDX-License-Identifier: Apache-2.0
#include "proxy/demo/ports.h"

#include "rules/base/err.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

static int try_port(uint16_t port, uint16_t *out) {
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
  socklen_t len = sizeof(at);
  int on = 1, code = 0;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return err_from_errno(errno);
  /* A port whose last connections only linger is free; one that somebody listens on is not. */
  (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (bind(fd, (struct sockaddr *)&at, len) || getsockname(fd, (struct sockaddr *)&at, &len))
    code = errno;
  close(fd);
  *out = ntohs(at.sin_port);
  if (code == EADDRINUSE) return ERR_BUSY;
  return code ? (int)err_from_errno(code) : OK;
}

int ports_find(uint16_t first, uint16_t *out) {
  int err = try_port(first, out);
  for (unsigned i = 1; i < PORTS_TRIED && first + i <= UINT16_MAX && err == ERR_BUSY; i++) {
    err = try_port((uint16_t)(first + i), out);
  }
  return err;
}
