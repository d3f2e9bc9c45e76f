// SPDX-License-Identifier: Apache-2.0
/** The newsroom as an origin, over real sockets. */
#include "proxy/demo/newsroom.h"

#include "proxy/demo/visit.h"
#include "rules/base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <unistd.h>
#include <cmocka.h>

static struct newsroom *newsroom;
static uint16_t port;
static char got[12 << 20];

static int begin(void **state) {
  return newsroom_open(&newsroom, &port);
}

static int end(void **state) {
  newsroom_close(&newsroom);
  return newsroom != NULL;
}

static int dial(void) {
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  struct timeval patience = {.tv_sec = 30};
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  assert_true(fd >= 0);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
  return fd;
}

static void say(int fd, const char *text, size_t len) {
  while (len) {
    ssize_t sent = send(fd, text, len, MSG_NOSIGNAL);
    assert_true(sent > 0);
    text += sent;
    len -= (size_t)sent;
  }
}

/* Reads until the newsroom closes; answers how much came. A reset fails. */
static size_t hear(int fd) {
  size_t len = 0;
  ssize_t more;
  while ((more = recv(fd, got + len, sizeof(got) - 1 - len, 0)) > 0) len += (size_t)more;
  assert_int_equal(more, 0);
  got[len] = 0;
  close(fd);
  return len;
}

static size_t ask(const char *text) {
  int fd = dial();
  say(fd, text, strlen(text));
  return hear(fd);
}

static unsigned count(const char *part) {
  unsigned n = 0;
  for (const char *at = got; (at = strstr(at, part)); at++) n++;
  return n;
}

static const char *body(void) {
  const char *end_of_head = strstr(got, "\r\n\r\n");
  assert_non_null(end_of_head);
  return end_of_head + 4;
}

#define LAST "Host: a\r\nConnection: close\r\n\r\n"

static void a_connection_serves_many(void **state) {
  ask("GET / HTTP/1.1\r\nHost: a\r\n\r\nHEAD / HTTP/1.1\r\nHost: a\r\n\r\n"
      "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
      "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n"
      "GET /robots.txt HTTP/1.1\r\n" LAST);
  assert_int_equal(count("HTTP/1.1 200 OK\r\n"), 5);
  assert_int_equal(count("Connection: keep-alive"), 4);
  assert_non_null(strstr(got, "User-agent: *"));
}

static void byte_by_byte_is_the_same(void **state) {
  static const char TEXT[] = "POST /wp-login.php HTTP/1.1\r\nHost: a\r\nContent-Length: 35\r\n"
                             "Connection: close\r\n\r\nlog=aigerim&pwd=steppe-morning-42&x";
  int fd = dial(), on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  for (size_t i = 0; i < sizeof(TEXT) - 1; i++) say(fd, TEXT + i, 1);
  hear(fd);
  assert_int_equal(count("HTTP/1.1 302 Found\r\n"), 1);
  assert_int_equal(count("Set-Cookie: wordpress_logged_in_"), 1);
}

static void an_answer_to_head_has_no_body(void **state) {
  ask("HEAD /big HTTP/1.1\r\n" LAST);
  assert_non_null(strstr(got, "Content-Length: 10485760\r\n"));
  assert_string_equal(body(), "");
}

static void the_big_one_is_whole(void **state) {
  size_t len = ask("GET /big HTTP/1.1\r\n" LAST);
  assert_int_equal(len - (size_t)(body() - got), VISIT_BIG_BYTES);
}

static void a_long_body_is_dropped_and_answered(void **state) {
  enum { LONG = 1 << 20 };
  char head[128];
  char *form = calloc(1, LONG);
  int fd = dial();
  int len = snprintf(head, sizeof(head),
                     "POST /wp-login.php HTTP/1.1\r\nContent-Length: %d\r\n" LAST, LONG);
  say(fd, head, (size_t)len);
  say(fd, form, LONG);
  free(form);
  hear(fd);
  assert_int_equal(count("HTTP/1.1 413 "), 1);
}

static void what_is_malformed_is_refused(void **state) {
  static const char *const BAD[] = {
      "GET / HTTP/1.1\r\n\r\n",
      "GET / HTTP/1.1\nHost: a\n\n",
      "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
  };
  for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
    ask(BAD[i]);
    if (count("HTTP/1.1 400 ") != 1) fail_msg("%s\nwas answered with\n%s", BAD[i], got);
  }
}

static void a_long_head_is_refused(void **state) {
  static char head[2 * VISIT_HEAD_MAX];
  int len = snprintf(head, sizeof(head), "GET / HTTP/1.1\r\nHost: a\r\nX: ");
  memset(head + len, 'x', sizeof(head) - 1 - (size_t)len);
  ask(head);
  assert_int_equal(count("HTTP/1.1 431 "), 1);
}

static void events_come_one_by_one(void **state) {
  static const char TEXT[] = "GET /events HTTP/1.1\r\nHost: a\r\n\r\n";
  int fd = dial();
  size_t len = 0;
  say(fd, TEXT, sizeof(TEXT) - 1);
  do {
    ssize_t more = recv(fd, got + len, sizeof(got) - 1 - len, 0);
    assert_true(more > 0);
    len += (size_t)more;
    got[len] = 0;
  } while (!strstr(got, "id: 2\n"));
  assert_non_null(strstr(got, "Transfer-Encoding: chunked\r\n"));
  assert_non_null(strstr(got, "event: tick\ndata: {\"time\":\""));
  close(fd); /* the newsroom finds out, and ends all the same when it is closed */
}

static void a_slow_answer_comes(void **state) {
  ask("GET /slow HTTP/1.1\r\n" LAST);
  assert_int_equal(count("HTTP/1.1 200 OK\r\n"), 1);
}

static void closed_at_once_it_ends(void **state) {
  for (unsigned i = 0; i < 100; i++) {
    struct newsroom *brief;
    uint16_t at;
    assert_int_equal(newsroom_open(&brief, &at), OK);
    newsroom_close(&brief);
    assert_null(brief);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_connection_serves_many),
      cmocka_unit_test(byte_by_byte_is_the_same),
      cmocka_unit_test(an_answer_to_head_has_no_body),
      cmocka_unit_test(the_big_one_is_whole),
      cmocka_unit_test(a_long_body_is_dropped_and_answered),
      cmocka_unit_test(what_is_malformed_is_refused),
      cmocka_unit_test(a_long_head_is_refused),
      cmocka_unit_test(events_come_one_by_one),
      cmocka_unit_test(a_slow_answer_comes),
      cmocka_unit_test(closed_at_once_it_ends),
  };
  return cmocka_run_group_tests(tests, begin, end);
}
