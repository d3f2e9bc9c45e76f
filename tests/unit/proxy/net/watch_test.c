// SPDX-License-Identifier: Apache-2.0
#include "proxy/net/watch.h"

#include "rules/base/err.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

/* A watch on one end of a pair; the other end is the test's. Static: they outlive the loop. */
struct end {
  struct watch watch;
  int far;
  unsigned told, told_last;
  bool closed;
  struct end *closes; /* at the first word */
  bool rests;         /* wants no more after the first word */
};

static struct loop *loop;

static void on_closed(struct watch *w) {
  LIST_OF(w, struct end, watch)->closed = true;
}

static void on_ready(struct watch *w, unsigned events) {
  struct end *e = LIST_OF(w, struct end, watch);
  e->told++;
  e->told_last = events;
  if (e->rests) watch_want(w, 0);
  if (!e->closes) return;
  watch_close(&e->closes->watch, on_closed);
  assert_false(e->closes->closed); /* not before this returns */
  e->closes = NULL;
}

static void open_end(struct end *e) {
  int fds[2];
  assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
  *e = (struct end){.far = fds[1]};
  assert_int_equal(watch_open(&e->watch, loop, fds[0], on_ready), OK);
}

static void close_end(struct end *e) {
  if (e->watch.fd >= 0) watch_close(&e->watch, on_closed);
  close(e->far);
}

static void say(struct end *e) {
  assert_int_equal(write(e->far, "x", 1), 1);
}

static void on_turn(void *left) {
  if (--*(int *)left == 0) loop_stop(loop);
}

static void run_turns(int count) {
  loop_each_turn(loop, on_turn, &count);
  loop_run(loop);
}

static int begin(void **state) {
  loop = loop_new();
  return loop ? 0 : -1;
}

static int finish(void **state) {
  loop_free(&loop);
  return 0;
}

static void tells_what_is_wanted(void **state) {
  static struct end e;
  open_end(&e);
  say(&e);
  run_turns(2);
  assert_int_equal(e.told, 0);
  watch_want(&e.watch, WATCH_READ);
  run_turns(1);
  assert_int_equal(e.told_last, WATCH_READ);
  watch_want(&e.watch, WATCH_READ | WATCH_WRITE);
  run_turns(1);
  assert_int_equal(e.told_last, WATCH_READ | WATCH_WRITE);
  watch_want(&e.watch, WATCH_WRITE);
  run_turns(1);
  assert_int_equal(e.told_last, WATCH_WRITE);
  assert_int_equal(e.told, 3);
  close_end(&e);
}

/* Both are ready in one turn; whichever speaks first closes the other, which is then silent. */
static void one_closed_by_another_is_silent(void **state) {
  static struct end a, b;
  open_end(&a);
  open_end(&b);
  a.closes = &b;
  b.closes = &a;
  watch_want(&a.watch, WATCH_READ);
  watch_want(&b.watch, WATCH_READ);
  say(&a);
  say(&b);
  run_turns(1);
  assert_int_equal(a.told + b.told, 1);
  assert_true(a.closed != b.closed && a.closed == (b.told == 1));
  a.closes = b.closes = NULL;
  close_end(&a);
  close_end(&b);
}

static void one_that_closes_itself_is_closed_after_it_returned(void **state) {
  static struct end e;
  open_end(&e);
  e.closes = &e;
  watch_want(&e.watch, WATCH_READ);
  say(&e);
  run_turns(1);
  assert_true(e.closed && e.told == 1);
  close_end(&e);
}

/* Whom systemd gave a socket shares it with systemd: closing ours does not take it out of the set by itself. */
static void a_shared_descriptor_is_not_told_of_after_its_end(void **state) {
  static struct end e;
  open_end(&e);
  int shared = dup(e.watch.fd);
  watch_want(&e.watch, WATCH_READ);
  say(&e);
  watch_close(&e.watch, on_closed);
  run_turns(3);
  assert_true(e.closed && e.told == 0);
  close(shared);
  close_end(&e);
}

/* A hang-up cannot be left unwanted (epoll_ctl(2)); it must not keep the loop turning either. */
static void a_hang_up_is_told_to_who_wants_and_wakes_nobody_else(void **state) {
  static struct end wants, rests;
  open_end(&wants);
  open_end(&rests);
  rests.rests = true;
  watch_want(&wants.watch, WATCH_READ);
  watch_want(&rests.watch, WATCH_READ);
  close(wants.far);
  close(rests.far);
  run_turns(4);
  assert_true(wants.told == 4 && wants.told_last & WATCH_READ);
  assert_int_equal(rests.told, 1);
  watch_want(&wants.watch, 0);
  mono_ms began = loop->now;
  run_turns(6); /* one is the hang-up told to nobody; the others are the wheel's */
  assert_true(loop->now - began >= 3 * WHEEL_STEP_MS);
  assert_int_equal(wants.told, 4);
  wants.far = rests.far = -1;
  close_end(&wants);
  close_end(&rests);
}

static void a_descriptor_that_cannot_be_watched_is_refused(void **state) {
  struct watch w;
  int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
  assert_true(watch_open(&w, loop, -1, on_ready) < 0);
  assert_true(watch_open(&w, loop, fd, on_ready) < 0); /* EPERM: always ready */
  close(fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, finish)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(tells_what_is_wanted),
      TEST(one_closed_by_another_is_silent),
      TEST(one_that_closes_itself_is_closed_after_it_returned),
      TEST(a_shared_descriptor_is_not_told_of_after_its_end),
      TEST(a_hang_up_is_told_to_who_wants_and_wakes_nobody_else),
      TEST(a_descriptor_that_cannot_be_watched_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
