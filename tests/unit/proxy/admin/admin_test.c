// SPDX-License-Identifier: Apache-2.0
#include "proxy/admin/admin.h"
#include "proxy/admin/ask.h"
#include "proxy/net/socket.h"
#include "rules/base/err.h"
#include "tests/unit/proxy/admin/look.h"

#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>
#include <cmocka.h>

enum { PATIENCE_MS = 20000 };

/* The server runs on a loop and a thread of its own, as beside the workers; the test asks. */
struct running {
  struct loop *loop;
  struct admin *admin;
  struct endpoint at;
  pthread_t thread;
};

static struct running server;
static struct look look;

static void give_look(void *owner, struct overview *out) {
  assert_ptr_equal(owner, &server);
  *out = look.overview;
}

static void *run(void *argument) {
  loop_run(server.loop);
  return NULL;
}

static int server_start(void **state) {
  struct sockaddr_storage bound;
  socklen_t len = sizeof(bound);
  int fd;
  look_make(&look);
  if (endpoint_parse(SPAN("127.0.0.1:0"), &server.at)) return -1;
  if (socket_listen(&server.at, &fd) || getsockname(fd, (struct sockaddr *)&bound, &len)) return -1;
  endpoint_from_sockaddr((struct sockaddr *)&bound, &server.at.addr, &server.at.port);
  server.loop = loop_new();
  struct admin_source source = {.owner = &server, .look = give_look};
  if (!server.loop || admin_open(server.loop, fd, source, &server.admin)) return -1;
  return pthread_create(&server.thread, NULL, run, NULL);
}

static int server_stop(void **state) {
  loop_stop(server.loop);
  pthread_join(server.thread, NULL);
  admin_close(&server.admin);
  loop_free(&server.loop);
  return server.admin != NULL;
}

static int status_of(const char *path, struct buf *body) {
  int status = 0;
  buf_init(body, 1 << 20);
  assert_int_equal(ask(&server.at, path, PATIENCE_MS, body, &status), OK);
  return status;
}

static int reach(void) {
  int fd, err = socket_connect(&server.at, &fd);
  assert_true(err == OK || err == ERR_AGAIN);
  struct pollfd p = {.fd = fd, .events = POLLOUT};
  assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
  return fd;
}

/* All that comes until the end of the connection; true: it ended in peace. */
static bool read_to_end(int fd, char *into, size_t room) {
  size_t len = 0;
  ssize_t got = ERR_AGAIN;
  while (got == ERR_AGAIN || got > 0) {
    struct pollfd p = {.fd = fd, .events = POLLIN};
    assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
    got = socket_read(fd, into + len, room - 1 - len);
    if (got > 0) len += (size_t)got;
  }
  into[len] = '\0';
  return got == ERR_CLOSED;
}

static bool starts(const char *text, const char *with) {
  return strncmp(text, with, strlen(with)) == 0;
}

/* What comes back for these bytes. */
static void talk(const char *request, char *into, size_t room) {
  int fd = reach();
  assert_int_equal(socket_send(fd, span_of(request)), (ssize_t)strlen(request));
  assert_true(read_to_end(fd, into, room));
  close(fd);
}

static void every_page_is_there(void **state) {
  static const struct {
    const char *path, *holds;
    int status;
  } PAGES[] = {{"/healthz", "ok\n", 200},
               {"/readyz", "ready\n", 200},
               {"/metrics", "\nqorgan_workers 2\n", 200},
               {"/status.json", "\"version\":\"1.2.3\"", 200},
               {"/", "<script src=\"/dashboard.js\">", 200},
               {"/dashboard.js", "fetch('/status.json'", 200},
               {"/dashboard.css", "prefers-color-scheme: dark", 200},
               {"/metrics/", "404", 404},
               {"/etc/passwd", "404", 404}};
  for (size_t i = 0; i < sizeof(PAGES) / sizeof(*PAGES); i++) {
    struct buf body;
    assert_int_equal(status_of(PAGES[i].path, &body), PAGES[i].status);
    buf_put_byte(&body, '\0');
    assert_non_null(strstr(buf_span(&body).at, PAGES[i].holds));
    buf_fini(&body);
  }
}

static void a_dead_site_is_503_in_words(void **state) {
  struct buf body;
  look.origins[2].rests_until = look.overview.mono_now + 1;
  assert_int_equal(status_of("/readyz", &body), 503);
  assert_true(span_starts(buf_span(&body), SPAN("no origin of site")));
  buf_fini(&body);
  assert_int_equal(status_of("/healthz", &body), 200);
  buf_fini(&body);
}

static void head_has_the_head_only(void **state) {
  char got[4096], head[4096];
  talk("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n", got, sizeof(got));
  talk("HEAD /healthz HTTP/1.1\r\nHost: a\r\n\r\n", head, sizeof(head));
  assert_true(starts(got, "HTTP/1.1 200 OK\r\n"));
  assert_non_null(strstr(got, "\r\nContent-Length: 3\r\n"));
  assert_non_null(strstr(got, "\r\nContent-Security-Policy: default-src 'none';"));
  assert_true(strlen(got) == strlen(head) + 3 && starts(got, head));
}

static void nothing_can_be_changed_from_here(void **state) {
  char got[4096];
  static const char *const METHODS[] = {"POST", "PUT", "DELETE", "OPTIONS", "get"};
  for (size_t i = 0; i < sizeof(METHODS) / sizeof(*METHODS); i++) {
    char request[128];
    snprintf(request, sizeof(request), "%s / HTTP/1.1\r\nHost: a\r\n\r\n", METHODS[i]);
    talk(request, got, sizeof(got));
    assert_true(starts(got, "HTTP/1.1 405 "));
    assert_non_null(strstr(got, "\r\nAllow: GET, HEAD\r\n"));
  }
}

static void what_is_no_request_is_told_so(void **state) {
  char got[4096], longest[9000];
  talk("GET / HTTP/1.1\nHost: a\r\n\r\n", got, sizeof(got));
  assert_true(starts(got, "HTTP/1.1 400 "));
  talk("GET / HTTP/1.1\r\n\r\n", got, sizeof(got));
  assert_true(starts(got, "HTTP/1.1 400 "));
  int len = snprintf(longest, sizeof(longest), "GET / HTTP/1.1\r\nHost: a\r\nX: ");
  memset(longest + len, 'x', sizeof(longest) - 1 - (size_t)len);
  longest[sizeof(longest) - 1] = '\0';
  talk(longest, got, sizeof(got));
  assert_true(starts(got, "HTTP/1.1 431 "));
}

static void a_head_may_come_byte_by_byte(void **state) {
  static const char REQUEST[] = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
  char got[4096];
  int fd = reach();
  for (size_t i = 0; i < sizeof(REQUEST) - 1; i++) {
    assert_int_equal(socket_send(fd, span_from(REQUEST + i, 1)), 1);
  }
  assert_true(read_to_end(fd, got, sizeof(got)));
  assert_non_null(strstr(got, "\r\n\r\nok\n"));
  close(fd);
}

/* Connections that say nothing take all places: who comes then is closed at once, and they end after 5 seconds. */
static void silent_connections_are_bounded_and_end(void **state) {
  char got[64];
  int fds[ADMIN_VISITS_MAX], status;
  struct buf body;
  for (int i = 0; i < ADMIN_VISITS_MAX; i++) fds[i] = reach();
  int last = reach();
  assert_true(read_to_end(last, got, sizeof(got)));
  assert_string_equal(got, "");
  close(last);
  for (int i = 0; i < ADMIN_VISITS_MAX; i++) {
    assert_true(read_to_end(fds[i], got, sizeof(got)));
    assert_string_equal(got, "");
    close(fds[i]);
  }
  /* A place is free a turn after its connection's end was seen here. */
  int err = ERR_CLOSED;
  for (int tries = 0; err && tries < 1000; tries++) {
    buf_init(&body, 1024);
    err = ask(&server.at, "/healthz", PATIENCE_MS, &body, &status);
    buf_fini(&body);
  }
  assert_int_equal(err, OK);
  assert_int_equal(status, 200);
}

static void who_asks_nobody_is_told_so(void **state) {
  struct buf body;
  struct endpoint nowhere;
  int status;
  buf_init(&body, 1024);
  assert_int_equal(endpoint_parse(SPAN("unix:/nonexistent/qorgan.sock"), &nowhere), OK);
  assert_int_not_equal(ask(&nowhere, "/", 100, &body, &status), OK);
  assert_int_equal(buf_len(&body), 0);
  buf_fini(&body);
}

/* One that listens and never answers. */
static void who_is_silent_is_not_waited_for(void **state) {
  struct endpoint mute;
  struct buf body;
  int fd, status;
  char path[64];
  snprintf(path, sizeof(path), "unix:/tmp/qorgan-mute-%d", (int)getpid());
  assert_int_equal(endpoint_parse(span_of(path), &mute), OK);
  assert_int_equal(socket_listen(&mute, &fd), OK);
  buf_init(&body, 1024);
  assert_int_equal(ask(&mute, "/", 50, &body, &status), ERR_TIMEOUT);
  buf_fini(&body);
  close(fd);
  unlink(mute.path);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, server_start, server_stop)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(every_page_is_there),
      TEST(a_dead_site_is_503_in_words),
      TEST(head_has_the_head_only),
      TEST(nothing_can_be_changed_from_here),
      TEST(what_is_no_request_is_told_so),
      TEST(a_head_may_come_byte_by_byte),
      TEST(silent_connections_are_bounded_and_end),
      cmocka_unit_test(who_asks_nobody_is_told_so),
      cmocka_unit_test(who_is_silent_is_not_waited_for),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
