// SPDX-License-Identifier: Apache-2.0
#include "proxy/notify.h"

#include "rules/base/err.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { STATUS_MAX = 200 };

/* A path, or with '@' first a name in the abstract namespace (unix(7)). */
static socklen_t address_of(const char *name, struct sockaddr_un *out) {
  size_t len = strlen(name);
  if ((name[0] != '/' && name[0] != '@') || len >= sizeof(out->sun_path)) return 0;
  *out = (struct sockaddr_un){.sun_family = AF_UNIX};
  memcpy(out->sun_path, name, len);
  if (name[0] == '@') out->sun_path[0] = '\0';
  return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
}

static int send_state(const char *state) {
  const char *name = getenv("NOTIFY_SOCKET");
  if (!name || !*name) return OK;
  struct sockaddr_un to;
  socklen_t to_len = address_of(name, &to);
  if (!to_len) return ERR_UNSUPPORTED;
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return err_from_errno(errno);
  ssize_t sent = sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&to, to_len);
  int err = sent < 0 ? err_from_errno(errno) : OK;
  close(fd);
  return err;
}

int notify_ready(void) {
  return send_state("READY=1");
}

int notify_reloading(void) {
  struct timespec now;
  char state[64];
  clock_gettime(CLOCK_MONOTONIC, &now);
  snprintf(state, sizeof(state), "RELOADING=1\nMONOTONIC_USEC=%" PRId64,
           (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000);
  return send_state(state);
}

int notify_stopping(void) {
  return send_state("STOPPING=1");
}

int notify_status(const char *format, ...) {
  char state[sizeof("STATUS=") + STATUS_MAX] = "STATUS=";
  size_t start = strlen(state);
  va_list args;
  va_start(args, format);
  vsnprintf(state + start, sizeof(state) - start, format, args);
  va_end(args);
  for (char *c = state; *c; c++) *c = *c == '\n' ? ' ' : *c;
  return send_state(state);
}
