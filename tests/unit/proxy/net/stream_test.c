// SPDX-License-Identifier: Apache-2.0
#include "proxy/net/stream.h"

#include "rules/base/err.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

/* A loop, a stream on one end of a socket pair, and the other end, which the test reads and writes without waiting. The
 * loop runs until the stream's events did what the test waits for. */
struct pair {
  struct loop *loop;
  struct stream stream;
  int peer;
  char got[256]; /* what the stream read */
  size_t got_len;
  ssize_t last; /* the last answer of stream_read */
  size_t left;  /* to be written still */
  unsigned writable;
  bool closed;
  struct task task;
};

static struct pair p;
static char bytes[1 << 16];

static void stop_when_closed(struct stream *s) {
  p.closed = true;
  loop_stop(p.loop);
}

static void write_on(void) {
  size_t taken = 1;
  while (p.left && taken) {
    size_t len = p.left < sizeof(bytes) ? p.left : sizeof(bytes);
    taken = stream_write(&p.stream, span_from(bytes, len));
    /* The promise of stream.h: one burst at most is kept. */
    assert_true(buf_len(&p.stream.unsent) <= STREAM_BURST_MAX);
    p.left -= taken;
  }
}

static void on_ready(struct stream *s, unsigned events) {
  if (events & WATCH_READ && s->reading) {
    p.last = stream_read(s, p.got + p.got_len, sizeof(p.got) - p.got_len);
    if (p.last > 0) p.got_len += (size_t)p.last;
    loop_stop(p.loop);
  }
  if (events & WATCH_WRITE) {
    p.writable++;
    write_on();
    if (p.left == 0 && stream_clear(s)) loop_stop(p.loop);
  }
}

static int begin(void **state) {
  int fds[2];
  p = (struct pair){.loop = loop_new()};
  if (!p.loop || socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds)) return -1;
  p.peer = fds[1];
  return stream_open(&p.stream, p.loop, fds[0], on_ready);
}

static int end(void **state) {
  if (!p.closed) {
    stream_close(&p.stream, stop_when_closed);
    loop_run(p.loop);
  }
  if (p.peer >= 0) close(p.peer);
  loop_free(&p.loop);
  return !p.closed;
}

static void what_the_peer_says_is_read_until_it_ends(void **state) {
  assert_int_equal(write(p.peer, "hello", 5), 5);
  stream_want_read(&p.stream, true);
  loop_run(p.loop);
  assert_int_equal(p.got_len, 5);
  assert_memory_equal(p.got, "hello", 5);
  assert_true(p.stream.drained);
  close(p.peer);
  p.peer = -1;
  loop_run(p.loop);
  assert_int_equal(p.last, ERR_CLOSED);
}

static void stop_later(struct task *t) {
  loop_stop(p.loop);
}

static void who_does_not_want_to_read_is_left_alone(void **state) {
  assert_int_equal(write(p.peer, "hello", 5), 5);
  p.task.run = stop_later;
  loop_post(p.loop, &p.task);
  loop_run(p.loop);
  assert_int_equal(p.got_len, 0);
  stream_want_read(&p.stream, true);
  loop_run(p.loop);
  assert_int_equal(p.got_len, 5);
}

static void *drain(void *total) {
  char sink[4096];
  ssize_t got;
  while ((got = read(p.peer, sink, sizeof(sink))) > 0) *(size_t *)total += (size_t)got;
  return NULL;
}

/* A full socket keeps one burst; the rest waits with its owner, and all of it arrives. */
static void a_slow_reader_costs_one_burst_and_loses_nothing(void **state) {
  enum { ALL = 4 << 20 };
  size_t total = 0;
  pthread_t reader;
  p.left = ALL;
  write_on();
  assert_false(stream_clear(&p.stream));
  assert_true(p.left > 0);
  assert_int_equal(stream_write(&p.stream, SPAN("x")), 0);
  assert_int_equal(fcntl(p.peer, F_SETFL, 0), 0); /* the reader waits */
  assert_int_equal(pthread_create(&reader, NULL, drain, &total), 0);
  loop_run(p.loop);
  assert_int_equal(p.left, 0);
  assert_int_equal(p.stream.bytes_sent, ALL);
  assert_true(p.writable > 0);
  stream_finish(&p.stream);
  pthread_join(reader, NULL);
  assert_int_equal(total, ALL);
}

/* stream.h: doubles with each whole one that the socket took, up to its bound. */
static void a_burst_grows_while_the_socket_takes_it(void **state) {
  static char sink[STREAM_BURST_MIN];
  assert_int_equal(stream_write(&p.stream, span_from(bytes, sizeof(bytes))), STREAM_BURST_MIN);
  assert_int_equal(p.stream.burst, 2 * STREAM_BURST_MIN);
  assert_int_equal(read(p.peer, sink, sizeof(sink)), STREAM_BURST_MIN);
  assert_int_equal(stream_write(&p.stream, SPAN("few")), 3);
  assert_int_equal(p.stream.burst, 2 * STREAM_BURST_MIN);
}

static void after_the_end_nothing_is_taken(void **state) {
  char byte;
  stream_finish(&p.stream);
  assert_int_equal(read(p.peer, &byte, 1), 0);
  assert_int_equal(stream_write(&p.stream, SPAN("x")), 0);
  assert_int_equal(write(p.peer, "y", 1), 1); /* the other direction goes on */
  stream_want_read(&p.stream, true);
  loop_run(p.loop);
  assert_int_equal(p.got_len, 1);
}

static void a_broken_one_swallows_what_is_written(void **state) {
  close(p.peer);
  p.peer = -1;
  assert_int_equal(stream_write(&p.stream, SPAN("x")), 1);
  assert_true(p.stream.broken);
  assert_int_equal(stream_write(&p.stream, SPAN("more")), 4);
  assert_true(stream_clear(&p.stream));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(what_the_peer_says_is_read_until_it_ends),
      TEST(who_does_not_want_to_read_is_left_alone),
      TEST(a_slow_reader_costs_one_burst_and_loses_nothing),
      TEST(a_burst_grows_while_the_socket_takes_it),
      TEST(after_the_end_nothing_is_taken),
      TEST(a_broken_one_swallows_what_is_written),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
