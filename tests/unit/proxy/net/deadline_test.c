// SPDX-License-Identifier: Apache-2.0
#include "proxy/net/deadline.h"

#include "tests/unit/chance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

enum { START = 1000000, ROUND_MS = WHEEL_SLOTS * WHEEL_STEP_MS };

static struct wheel wheel;
static mono_ms now;

struct timed {
  struct deadline deadline;
  unsigned expired;
  mono_ms expired_at;
};

static void on_expired(struct deadline *d) {
  struct timed *t = LIST_OF(d, struct timed, deadline);
  assert_true(list_alone(&d->node));
  t->expired++;
  t->expired_at = now;
}

static int begin(void **state) {
  now = START;
  wheel_init(&wheel, now);
  return 0;
}

static void sweep_to(mono_ms until) {
  for (; now <= until; now++) wheel_sweep(&wheel, now);
  now = until;
}

static struct timed timed(void) {
  return (struct timed){.deadline.expired = on_expired};
}

/* Of every distance, near, far, and past a whole round of the wheel. */
static void it_expires_never_early_and_one_step_late_at_most(void **state) {
  static const mono_ms IN[] = {0, 1, 63, 64, 65, 1000, ROUND_MS - 1, ROUND_MS, 3 * ROUND_MS + 17};
  for (size_t i = 0; i < sizeof(IN) / sizeof(*IN); i++) {
    struct timed t = timed();
    mono_ms due = now + IN[i];
    deadline_set(&wheel, &t.deadline, due);
    sweep_to(due + 2 * WHEEL_STEP_MS);
    assert_int_equal(t.expired, 1);
    assert_true(t.expired_at >= due);
    assert_true(t.expired_at <= due + WHEEL_STEP_MS);
  }
}

static void it_may_be_moved_later_and_earlier(void **state) {
  struct timed t = timed();
  deadline_set(&wheel, &t.deadline, now + 1000);
  deadline_set(&wheel, &t.deadline, now + 5000);
  sweep_to(START + 4999);
  assert_int_equal(t.expired, 0);
  sweep_to(START + 5000 + WHEEL_STEP_MS);
  assert_int_equal(t.expired, 1);
  mono_ms set = now;
  deadline_set(&wheel, &t.deadline, set + 5000);
  deadline_set(&wheel, &t.deadline, set + 100);
  sweep_to(set + 100 + WHEEL_STEP_MS);
  assert_int_equal(t.expired, 2);
  assert_true(t.expired_at >= set + 100);
}

static void one_that_was_cleared_is_silent(void **state) {
  struct timed t = timed();
  deadline_clear(&t.deadline); /* never set */
  deadline_set(&wheel, &t.deadline, now + 100);
  deadline_clear(&t.deadline);
  sweep_to(now + 2 * ROUND_MS);
  assert_int_equal(t.expired, 0);
}

static void a_long_pause_loses_none(void **state) {
  struct timed many[64];
  for (int i = 0; i < 64; i++) {
    many[i] = timed();
    deadline_set(&wheel, &many[i].deadline, now + i * 1000);
  }
  now += 100 * ROUND_MS; /* the machine slept */
  wheel_sweep(&wheel, now);
  for (int i = 0; i < 64; i++) assert_int_equal(many[i].expired, 1);
}

static void on_expired_again(struct deadline *d) {
  on_expired(d);
  deadline_set(&wheel, d, now + 10);
}

static void it_may_set_itself_anew(void **state) {
  struct timed t = {.deadline.expired = on_expired_again};
  deadline_set(&wheel, &t.deadline, now);
  sweep_to(now + 10 * WHEEL_STEP_MS);
  assert_true(t.expired >= 5 && t.expired <= 10);
  deadline_clear(&t.deadline);
}

static struct timed *victim;

static void on_expired_with_victim(struct deadline *d) {
  on_expired(d);
  deadline_clear(&victim->deadline);
}

/* Closing a connection clears what else is due in the same step. */
static void it_may_clear_others_that_are_due(void **state) {
  struct timed first = {.deadline.expired = on_expired_with_victim}, second = timed();
  victim = &second;
  deadline_set(&wheel, &first.deadline, now + 10);
  deadline_set(&wheel, &second.deadline, now + 10);
  sweep_to(now + 4 * WHEEL_STEP_MS);
  assert_int_equal(first.expired, 1);
  assert_int_equal(second.expired, 0);
}

static void chance_finds_no_other_order(void **state) {
  enum { COUNT = 200, STEPS = 4000 };
  static struct timed all[COUNT];
  static mono_ms due[COUNT];
  struct chance c = chance_seed("deadline");
  for (int i = 0; i < COUNT; i++) all[i] = timed();
  for (int step = 0; step < STEPS; step++) {
    int i = (int)chance_below(&c, COUNT);
    if (chance_below(&c, 8) == 0) {
      deadline_clear(&all[i].deadline);
      due[i] = 0;
    } else {
      due[i] = now + (mono_ms)chance_below(&c, chance_below(&c, 2) ? 500 : 2 * ROUND_MS);
      deadline_set(&wheel, &all[i].deadline, due[i]);
    }
    for (int k = 0; k < COUNT; k++) all[k].expired = 0;
    now += (mono_ms)chance_below(&c, 200);
    wheel_sweep(&wheel, now);
    for (int k = 0; k < COUNT; k++) {
      if (all[k].expired) {
        assert_true(all[k].expired == 1 && due[k] && due[k] <= now);
        due[k] = 0;
      }
      assert_true(!due[k] || due[k] + WHEEL_STEP_MS >= now);
    }
  }
  for (int i = 0; i < COUNT; i++) deadline_clear(&all[i].deadline);
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(it_expires_never_early_and_one_step_late_at_most),
      TEST(it_may_be_moved_later_and_earlier),
      TEST(one_that_was_cleared_is_silent),
      TEST(a_long_pause_loses_none),
      TEST(it_may_set_itself_anew),
      TEST(it_may_clear_others_that_are_due),
      TEST(chance_finds_no_other_order),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
