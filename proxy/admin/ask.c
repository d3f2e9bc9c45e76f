// SPDX-License-Identifier: Apache-2.0
#include "proxy/admin/ask.h"

#include "proxy/admin/pages.h"
#include "proxy/http/h1.h"
#include "proxy/net/loop.h"
#include "proxy/net/socket.h"
#include "rules/base/err.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

static const struct http_bounds BOUNDS = {.head_bytes_max = 16384, .header_count_max = 64};

/* Until the descriptor is ready, or the time is over. */
static int wait_for(int fd, short events, mono_us until) {
  for (;;) {
    struct pollfd p = {.fd = fd, .events = events};
    mono_us left = until - loop_clock_us();
    if (left <= 0) return ERR_TIMEOUT;
    int ready = poll(&p, 1, (int)(left / 1000) + 1);
    if (ready > 0) return OK;
    if (ready < 0 && errno != EINTR) return err_from_errno(errno);
  }
}

static int reach(const struct endpoint *at, mono_us until, int *fd) {
  int err = socket_connect(at, fd);
  if (err != ERR_AGAIN) return err;
  err = wait_for(*fd, POLLOUT, until);
  if (!err) err = socket_connected(*fd);
  if (err) close(*fd);
  return err;
}

static int send_request(int fd, const char *path, mono_us until) {
  struct buf request;
  buf_init(&request, 4096);
  buf_printf(&request, "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", path);
  int err = request.overflow ? ERR_RANGE : OK;
  while (!err && buf_len(&request)) {
    ssize_t sent = socket_send(fd, buf_span(&request));
    if (sent > 0)
      buf_skip(&request, (size_t)sent);
    else
      err = sent == ERR_AGAIN ? wait_for(fd, POLLOUT, until) : (int)sent;
  }
  buf_fini(&request);
  return err;
}

/* The answer ends with its connection. */
static int read_all(int fd, struct buf *answer, mono_us until) {
  char piece[16384];
  for (;;) {
    ssize_t got = socket_read(fd, piece, sizeof(piece));
    if (got == ERR_CLOSED) return OK;
    if (got > 0 && !buf_put(answer, span_from(piece, (size_t)got))) return ERR_FULL;
    int err = got == ERR_AGAIN ? wait_for(fd, POLLIN, until) : got < 0 ? (int)got : OK;
    if (err) return err;
  }
}

static int split(struct span answer, struct buf *body, int *status) {
  char first[4096];
  struct arena arena;
  struct h1_scan scan = {0};
  struct message head = {0};
  enum refusal why = REFUSED_NONE;
  if (h1_scan(&scan, answer, BOUNDS.head_bytes_max, &why) != H1_HEAD) return ERR_PROTOCOL;
  arena_init(&arena, first, sizeof(first), 1 << 16);
  why = h1_response(span_from(answer.at, scan.at), &head, &arena, &BOUNDS, false, false);
  arena_fini(&arena);
  struct span rest = span_skip(answer, scan.at);
  if (why || head.body == BODY_CHUNKED) return ERR_PROTOCOL;
  if (head.body == BODY_LENGTH && head.length != rest.len) return ERR_PROTOCOL;
  *status = head.status;
  return buf_put(body, rest) ? OK : ERR_FULL;
}

int ask(const struct endpoint *at, const char *path, int timeout_ms, struct buf *body,
        int *status) {
  int fd;
  struct buf answer;
  mono_us until = loop_clock_us() + (mono_us)timeout_ms * 1000;
  int err = reach(at, until, &fd);
  if (err) return err;
  buf_init(&answer, PAGES_BYTES_MAX);
  err = send_request(fd, path, until);
  if (!err) err = read_all(fd, &answer, until);
  close(fd);
  if (!err) err = split(buf_span(&answer), body, status);
  buf_fini(&answer);
  return err;
}
