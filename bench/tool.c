// SPDX-License-Identifier: Apache-2.0
#include "bench/tool.h"

#include "rules/base/addr.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { BACKLOG = 4096, SOURCES = 65536 };

_Noreturn void tool_fail(const char *format, ...) {
  va_list args;
  va_start(args, format);
  vfprintf(stderr, format, args);
  va_end(args);
  fputc('\n', stderr);
  exit(2);
}

mono_us tool_now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (mono_us)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static _Noreturn void print_help(const struct tool_number *numbers, const struct tool_text *texts) {
  for (; texts->name; texts++) {
    printf("--%s=%s  %s\n", texts->name, texts->value ? texts->value : "REQUIRED", texts->help);
  }
  for (; numbers->name; numbers++) {
    printf("--%s=%llu  %s (%llu to %llu)\n", numbers->name, (unsigned long long)numbers->value,
           numbers->help, (unsigned long long)numbers->least, (unsigned long long)numbers->most);
  }
  exit(0);
}

static bool take_option(struct span name, const char *value, struct tool_number *numbers,
                        struct tool_text *texts) {
  for (; texts->name; texts++) {
    if (!span_eq(name, span_of(texts->name))) continue;
    texts->value = value;
    return true;
  }
  for (; numbers->name; numbers++) {
    if (!span_eq(name, span_of(numbers->name))) continue;
    if (span_to_u64(span_of(value), &numbers->value) || numbers->value < numbers->least ||
        numbers->value > numbers->most) {
      tool_fail("--%s=%s: a number from %llu to %llu", numbers->name, value,
                (unsigned long long)numbers->least, (unsigned long long)numbers->most);
    }
    return true;
  }
  return false;
}

void tool_options(int argc, char **argv, struct tool_number *numbers, struct tool_text *texts) {
  for (int i = 1; i < argc; i++) {
    struct span option = span_of(argv[i]);
    if (span_eq(option, SPAN("--help"))) print_help(numbers, texts);
    size_t equals = span_find(option, '=');
    if (equals == option.len || !span_starts(option, SPAN("--")) ||
        !take_option(span_from(option.at + 2, equals - 2), option.at + equals + 1, numbers,
                     texts)) {
      tool_fail("%s: no such option; --help lists them", argv[i]);
    }
  }
  for (; texts->name; texts++) {
    if (!texts->value) tool_fail("--%s=... is required: %s", texts->name, texts->help);
  }
}

static bool is_loopback(const struct addr *a) {
  static const struct addr v6_loopback = {.bytes = {[15] = 1}};
  return addr_is_v4(a) ? a->bytes[12] == 127 : addr_eq(a, &v6_loopback);
}

socklen_t tool_loopback(const char *text, struct sockaddr_storage *out) {
  const char *colon = strrchr(text, ':');
  struct addr addr;
  uint64_t port;
  if (!colon || addr_parse(span_from(text, (size_t)(colon - text)), &addr) ||
      span_to_u64(span_of(colon + 1), &port) || port > 65535) {
    tool_fail("%s: an address and a port, such as 127.0.0.1:8443 or [::1]:8443", text);
  }
  if (!is_loopback(&addr)) tool_fail("%s: not loopback; this tool loads nothing else", text);
  *out = (struct sockaddr_storage){0};
  if (addr_is_v4(&addr)) {
    struct sockaddr_in *v4 = (struct sockaddr_in *)out;
    v4->sin_family = AF_INET;
    v4->sin_port = htons((uint16_t)port);
    memcpy(&v4->sin_addr, addr.bytes + 12, 4);
    return sizeof(*v4);
  }
  struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;
  v6->sin6_family = AF_INET6;
  v6->sin6_port = htons((uint16_t)port);
  memcpy(&v6->sin6_addr, addr.bytes, 16);
  return sizeof(*v6);
}

static void set_no_delay(int fd) {
  int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

int tool_listen(const char *text) {
  struct sockaddr_storage at;
  socklen_t len = tool_loopback(text, &at);
  int fd = socket(at.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  int on = 1;
  if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
      bind(fd, (struct sockaddr *)&at, len) || listen(fd, BACKLOG)) {
    tool_fail("%s: %s", text, strerror(errno));
  }
  set_no_delay(fd); /* accepted sockets inherit it */
  return fd;
}

uint16_t tool_port(int fd) {
  struct sockaddr_storage at;
  socklen_t len = sizeof(at);
  if (getsockname(fd, (struct sockaddr *)&at, &len)) tool_fail("%s", strerror(errno));
  return ntohs(at.ss_family == AF_INET ? ((struct sockaddr_in *)&at)->sin_port
                                       : ((struct sockaddr_in6 *)&at)->sin6_port);
}

static int bind_source(int fd, uint32_t source) {
  int on = 1;
  uint32_t host = (127u << 24) + (1u << 16) + source % SOURCES;
  struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(host)};
  return setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on)) ||
                 bind(fd, (struct sockaddr *)&from, sizeof(from))
             ? -1
             : 0;
}

int tool_connect(const struct sockaddr_storage *to, socklen_t to_len, uint32_t source) {
  int fd = socket(to->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  set_no_delay(fd);
  bool bound = source == 0 || to->ss_family != AF_INET || bind_source(fd, source) == 0;
  if (bound && (connect(fd, (const struct sockaddr *)to, to_len) == 0 || errno == EINPROGRESS)) {
    return fd;
  }
  int why = errno;
  close(fd);
  errno = why;
  return -1;
}

void tool_files(uint64_t count) {
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  if (files.rlim_cur >= count) return;
  files.rlim_cur = count;
  if (files.rlim_max < count) files.rlim_max = count;
  if (setrlimit(RLIMIT_NOFILE, &files)) {
    tool_fail("%llu descriptors are needed: ulimit -n says fewer", (unsigned long long)count);
  }
}

void tool_end_after(uint64_t seconds) {
  alarm((unsigned)seconds);
}
