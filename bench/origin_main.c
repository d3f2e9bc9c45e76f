// SPDX-License-Identifier: Apache-2.0
/** The origin that the proxies stand before: HTTP/1.1 with keep-alive, so cheap that it never is what is measured.
 *  Three answers made once at start and sent with one system call each; GET /_count says how many of each went out
 *  whole, so that a bench counts only work that the origin confirms. Request bodies are read past, by
 *  Content-Length only: a chunked one gets 411. One thread, epoll, loopback only, ends by itself. */
#include "bench/tool.h"
#include "rules/base/span.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { HEAD_BYTES_MAX = 8192, EVENTS_MAX = 256, MIB = 1048576 };

#define HEAD                                                                                       \
  "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nCache-Control: no-cache\r\n"

enum answer { PAGE, LOGIN, DOWNLOAD, COUNT, LENGTH_REQUIRED, ANSWERS };

/** By the start of the request's path, first match wins; all else is a page. */
static const struct route {
  struct span path;
  enum answer answer;
} ROUTES[] = {
    {SPAN("/_count"), COUNT},
    {SPAN("/big"), DOWNLOAD},
    {SPAN("/wp-login.php"), LOGIN},
};

struct client {
  int fd;
  enum answer answer; /* valid while `sending` */
  bool sending;       /* the answer has bytes left: no further request is read */
  struct span left;   /* of the answer, borrowed from `answers` or `count_text` */
  uint64_t body_left; /* bytes of the request's body still to come */
  size_t held;        /* bytes of `in` */
  char in[HEAD_BYTES_MAX];
};

static struct span answers[ANSWERS];
static uint64_t answered[ANSWERS];
static char count_text[512]; /* one counting client at a time: the bench itself */

/** A head and `body`, allocated for good. */
static struct span answer_of(struct span body) {
  char *text = malloc(sizeof(HEAD) + 64 + body.len);
  if (!text) tool_fail("out of memory");
  int head_len = sprintf(text, HEAD "Content-Length: %zu\r\n\r\n", body.len);
  memcpy(text + head_len, body.at, body.len);
  return span_from(text, (size_t)head_len + body.len);
}

static void answers_init(void) {
  static char filler[MIB];
  memset(filler, 'q', sizeof(filler));
  answers[PAGE] = answer_of(span_from(filler, 1024));
  answers[DOWNLOAD] = answer_of(span_from(filler, MIB));
  /* A login that WordPress refuses: status 200, and a page that says so. */
  answers[LOGIN] = answer_of(SPAN("<html><body class=\"login\"><div id=\"login_error\">"
                                  "The password is not right.</div></body></html>"));
  answers[LENGTH_REQUIRED] = SPAN("HTTP/1.1 411 Length Required\r\nContent-Length: 0\r\n\r\n");
}

static struct span count_answer(void) {
  char body[256];
  int len = snprintf(body, sizeof(body), "{\"page\":%llu,\"login\":%llu,\"download\":%llu}\n",
                     (unsigned long long)answered[PAGE], (unsigned long long)answered[LOGIN],
                     (unsigned long long)answered[DOWNLOAD]);
  int all =
      snprintf(count_text, sizeof(count_text), HEAD "Content-Length: %d\r\n\r\n%s", len, body);
  return span_from(count_text, (size_t)all);
}

static void client_free(struct client **c) {
  close((*c)->fd);
  free(*c);
  *c = NULL;
}

/** Sends what is left. False: the connection is lost. */
static bool client_send(struct client *c) {
  while (c->left.len) {
    ssize_t sent = send(c->fd, c->left.at, c->left.len, MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN || errno == EINTR;
    c->left = span_skip(c->left, (size_t)sent);
  }
  answered[c->answer]++;
  c->sending = false;
  return true;
}

static enum answer route_of(struct span path) {
  for (size_t i = 0; i < sizeof(ROUTES) / sizeof(ROUTES[0]); i++) {
    if (span_starts(path, ROUTES[i].path)) return ROUTES[i].answer;
  }
  return PAGE;
}

/** Reads the head, which ends with an empty line: what to answer, and how much body follows. */
static enum answer head_read(struct span head, uint64_t *body_len) {
  struct span line = span_cut(&head, '\n');
  span_cut(&line, ' ');
  enum answer answer = route_of(span_cut(&line, ' '));
  *body_len = 0;
  while (head.len) {
    struct span value = span_cut(&head, '\n');
    struct span name = span_cut(&value, ':');
    if (span_eq_nocase(name, SPAN("transfer-encoding"))) answer = LENGTH_REQUIRED;
    if (!span_eq_nocase(name, SPAN("content-length"))) continue;
    value = span_from(value.at, span_find(value, '\r'));
    if (span_to_u64(span_trim(value), body_len)) answer = LENGTH_REQUIRED;
  }
  return answer;
}

/** Answers each whole request in `in`. False: the connection is lost or broken. */
static bool client_requests(struct client *c) {
  while (c->held && !c->sending) {
    size_t used = 0;
    bool answer_due = false;
    if (c->body_left) {
      used = c->body_left < c->held ? (size_t)c->body_left : c->held;
      c->body_left -= used;
      answer_due = c->body_left == 0;
    } else {
      const char *end = memmem(c->in, c->held, "\r\n\r\n", 4);
      if (!end) return c->held < HEAD_BYTES_MAX;
      used = (size_t)(end - c->in) + 4;
      c->answer = head_read(span_from(c->in, used), &c->body_left);
      answer_due = c->body_left == 0;
    }
    c->held -= used;
    memmove(c->in, c->in + used, c->held);
    if (!answer_due) continue;
    c->sending = true;
    c->left = c->answer == COUNT ? count_answer() : answers[c->answer];
    if (!client_send(c) || c->answer == LENGTH_REQUIRED) return false;
  }
  return true;
}

static bool client_ready(struct client *c) {
  if (c->sending && !client_send(c)) return false;
  for (;;) {
    if (!client_requests(c)) return false;
    if (c->sending) return true;
    size_t room = HEAD_BYTES_MAX - c->held;
    ssize_t got = recv(c->fd, c->in + c->held, room, 0);
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    if (got == 0) return false;
    c->held += (size_t)got;
    /* A short read emptied the socket: no second call only to hear EAGAIN. */
    if ((size_t)got < room) return client_requests(c);
  }
}

static void client_watch(int epoll, struct client *c, int operation) {
  struct epoll_event on = {.events = c->sending ? EPOLLOUT : EPOLLIN, .data.ptr = c};
  if (epoll_ctl(epoll, operation, c->fd, &on)) tool_fail("epoll_ctl: %s", strerror(errno));
}

static void accept_all(int epoll, int listener) {
  for (;;) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    struct client *c = malloc(sizeof(*c));
    if (!c) tool_fail("out of memory");
    c->fd = fd;
    c->sending = false;
    c->body_left = c->held = 0;
    client_watch(epoll, c, EPOLL_CTL_ADD);
  }
}

int main(int argc, char **argv) {
  struct tool_text texts[] = {{"listen", "127.0.0.1:0", "loopback address and port"}, {0}};
  struct tool_number numbers[] = {{"seconds", 3600, 1, 86400, "then it ends"}, {0}};
  tool_options(argc, argv, numbers, texts);
  tool_end_after(numbers[0].value);
  tool_files(16384);
  answers_init();

  int listener = tool_listen(texts[0].value);
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event on = {.events = EPOLLIN, .data.ptr = NULL};
  if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &on)) tool_fail("epoll failed");
  printf("{\"port\":%u}\n", tool_port(listener));
  fflush(stdout);

  struct epoll_event events[EVENTS_MAX];
  for (;;) {
    int count = epoll_wait(epoll, events, EVENTS_MAX, -1);
    for (int i = 0; i < count; i++) {
      struct client *c = events[i].data.ptr;
      bool was_sending = c && c->sending;
      if (!c)
        accept_all(epoll, listener);
      else if (!client_ready(c))
        client_free(&c);
      else if (c->sending != was_sending)
        client_watch(epoll, c, EPOLL_CTL_MOD);
    }
  }
}
