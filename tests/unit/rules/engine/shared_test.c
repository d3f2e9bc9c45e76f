// SPDX-License-Identifier: Apache-2.0
/** The live meters against the exact ones in plain memory, and against themselves from several threads. */
#include "rules/engine/shared.h"

#include "rules/base/err.h"
#include "rules/engine/fields.h"
#include "rules/engine/plain.h"
#include "rules/lang/report.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

enum { STEPS = 40000, THREADS = 4, KEYS = 8 };

static const char RULES[] =
    "limit by_client 10 in 1s burst 20 by client on request then throttle\n"
    "limit held 5 in 1m by client on request then challenge for 2m\n"
    "limit by_user 3 in 10s by login.user on login then challenge for 30s\n"
    "limit plain_user 30 in 1s burst 45 by login.user on login then throttle\n"
    "signal failures count by client in 1h on login_failed\n"
    "signal spray distinct login.user by login.password in 24h on login_failed\n"
    "list origins\n";

enum { BY_CLIENT, HELD, BY_USER, PLAIN_USER, LIMITS };
enum { FAILURES, SPRAY };

static struct program *compiled(const char *rules) {
  struct source source = {.name = SPAN("t.rules"), .text = span_of(rules)};
  struct report report;
  struct program *p = NULL;
  report_init(&report, &source, 1);
  assert_int_equal(program_compile(&fields_schema, &report, &p), OK);
  report_fini(&report);
  return p;
}

static struct shared_options options(void) {
  return (struct shared_options){.key = {3, 4}, .sizes = SHARED_SIZES};
}

static struct shared *shared_of(const struct program *p, const struct shared *before) {
  struct shared_options o = options();
  struct shared_error why;
  struct shared *s = NULL;
  assert_int_equal(shared_new(p, &o, before, 0, &s, &why), OK);
  return s;
}

/* Addresses far apart, so that no wider prefix counts before the address itself. */
static struct addr client_of(unsigned i) {
  return (struct addr){{[10] = 0xff, [11] = 0xff, [12] = (uint8_t)(10 + i * 7), 0, 0, 1}};
}

static void it_decides_as_the_exact_model_does(void **state) {
  const char *given = getenv("SEED");
  unsigned seed = given ? (unsigned)atoi(given) : 20261122;
  printf("  SEED=%u\n", seed);
  struct program *p = compiled(RULES);
  struct shared *s = shared_of(p, NULL);
  struct plain plain;
  assert_int_equal(plain_init(&plain, p), OK);
  struct meters live = shared_meters(s), exact = plain_meters(&plain);
  mono_ms now = 1000;
  for (int i = 0; i < STEPS; i++) {
    now += rand_r(&seed) % 400;
    uint32_t limit = (uint32_t)rand_r(&seed) % LIMITS;
    struct addr client = client_of((unsigned)rand_r(&seed) % KEYS);
    struct meter_key key = {.digest = (uint64_t)rand_r(&seed) % KEYS + 1};
    if (limit < BY_USER) key = (struct meter_key){.client = &client};
    double price = rand_r(&seed) % 8;
    if (price > 3) price = 1;
    struct charge a = live.charge(live.self, limit, key, now, price),
                  b = exact.charge(exact.self, limit, key, now, price);
    if (a.over != b.over) print_error("step %d limit %u price %g\n", i, limit, price);
    assert_int_equal(a.over, b.over);
    assert_in_range(a.retry_ms - b.retry_ms + 3, 0, 6);
    bool refunds = !a.over && price > 0 && rand_r(&seed) % 4 == 0;
    if (!refunds) continue;
    live.refund(live.self, limit, key, now, price);
    exact.refund(exact.self, limit, key, now, price);
  }
  plain_fini(&plain);
  shared_free(&s);
  program_free(&p);
}

static void neighbours_are_counted_together(void **state) {
  struct program *p = compiled(RULES);
  struct shared *s = shared_of(p, NULL);
  struct meters m = shared_meters(s);
  unsigned admitted = 0;
  for (int i = 0; i < 65536; i++) { /* every address of a /64 */
    struct addr a = {{0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, 2, [14] = (uint8_t)(i >> 8), (uint8_t)i}};
    admitted += !m.charge(m.self, BY_CLIENT, (struct meter_key){.client = &a}, 5000, 1).over;
  }
  assert_int_equal(admitted, 20);
  shared_free(&s);
  program_free(&p);
}

static void what_is_held_stays_so_for_its_time(void **state) {
  struct program *p = compiled(RULES);
  struct shared *s = shared_of(p, NULL);
  struct meters m = shared_meters(s);
  struct addr a = client_of(1), b = client_of(2);
  struct meter_key key = {.client = &a}, other = {.client = &b};
  for (int i = 0; i < 5; i++) assert_false(m.charge(m.self, HELD, key, 1000, 1).over);
  assert_true(m.charge(m.self, HELD, key, 1000, 1).over);
  assert_true(m.charge(m.self, HELD, key, 1000 + 119999, 1).over);
  assert_false(m.charge(m.self, HELD, other, 1000, 1).over);
  assert_false(m.charge(m.self, HELD, key, 1000 + 120000, 1).over);
  shared_free(&s);
  program_free(&p);
}

static void signals_count_and_take_back(void **state) {
  struct program *p = compiled(RULES);
  struct shared *s = shared_of(p, NULL);
  struct meters m = shared_meters(s);
  struct addr a = client_of(1);
  struct meter_key client = {.client = &a}, password = {.digest = 77};
  for (int i = 0; i < 3; i++) assert_true(m.note(m.self, FAILURES, client, 0, 1000));
  m.unnote(m.self, FAILURES, client, 0, 1000);
  assert_in_range(m.reading(m.self, FAILURES, client, 1000) * 1000, 1999, 2002);
  /* Half of it an hour later. */
  assert_in_range(m.reading(m.self, FAILURES, client, 1000 + 3600000) * 1000, 999, 1002);
  for (uint64_t user = 1; user <= 4; user++)
    assert_true(m.note(m.self, SPRAY, password, user << 40, 1000));
  assert_false(m.note(m.self, SPRAY, password, UINT64_C(4) << 40, 1000)); /* counted already */
  m.unnote(m.self, SPRAY, password, UINT64_C(3) << 40, 1000);
  assert_in_range(m.reading(m.self, SPRAY, password, 1000) * 1000, 3000, 3000);
  assert_in_range(m.reading(m.self, SPRAY, (struct meter_key){.digest = 78}, 1000) * 1000, 0, 0);
  shared_free(&s);
  program_free(&p);
}

static void another_program_finds_the_numbers_again(void **state) {
  struct program *p = compiled(RULES),
                 *next = compiled("limit first 1 in 1s by client on request then throttle\n"
                                  "limit held 5 in 1m by client on request then challenge for 2m\n"
                                  "signal failures count by client in 1h on login_failed\n");
  struct shared *s = shared_of(p, NULL);
  struct meters m = shared_meters(s);
  struct addr a = client_of(1);
  struct meter_key key = {.client = &a};
  for (int i = 0; i < 5; i++) m.charge(m.self, HELD, key, 1000, 1);
  m.note(m.self, FAILURES, key, 0, 1000);
  struct shared *later = shared_of(next, s);
  shared_free(&s);
  program_free(&p);
  m = shared_meters(later);
  assert_false(m.charge(m.self, 0, key, 1000, 1).over);
  assert_true(m.charge(m.self, 1, key, 1000, 1).over);
  assert_in_range(m.reading(m.self, 0, key, 1000) * 1000, 999, 1001);
  shared_free(&later);
  program_free(&next);
}

static void lists_are_filled_from_outside(void **state) {
  struct program *p = compiled(RULES);
  struct prefix prefix;
  assert_int_equal(prefix_parse(SPAN("192.0.2.0/24"), &prefix), OK);
  struct shared_list list = {SPAN("origins"), &prefix, 1};
  struct shared_options o = options();
  o.lists = &list;
  o.list_count = 1;
  struct shared_error why;
  struct shared *s = NULL;
  assert_int_equal(shared_new(p, &o, NULL, 0, &s, &why), OK);
  struct meters m = shared_meters(s);
  struct addr inside = {{[10] = 0xff, [11] = 0xff, [12] = 192, 0, 2, 9}}, outside = client_of(1);
  assert_true(m.listed(m.self, 0, &inside));
  assert_false(m.listed(m.self, 0, &outside));
  shared_free(&s);
  program_free(&p);
}

static void what_cannot_be_counted_is_refused(void **state) {
  static const char *const BAD[] = {
      "limit fast 2000000 in 1s by client on request then throttle\n",
      "signal slow count by client in 8d on login_failed\n",
  };
  for (unsigned i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
    struct program *p = compiled(BAD[i]);
    struct shared_options o = options();
    struct shared_error why;
    struct shared *s = NULL;
    assert_int_equal(shared_new(p, &o, NULL, 0, &s, &why), ERR_RANGE);
    assert_true(why.statement.len == 4 && *why.text && !s);
    program_free(&p);
  }
}

struct worker {
  pthread_t thread;
  struct meters meters;
  unsigned admitted;
};

static void *charge_all(void *argument) {
  struct worker *w = argument;
  struct addr a = client_of(3);
  for (int i = 0; i < 5000; i++) {
    struct meter_key client = {.client = &a}, user = {.digest = 5};
    w->admitted += !w->meters.charge(w->meters.self, BY_CLIENT, client, 1000, 1).over;
    w->meters.charge(w->meters.self, BY_USER, user, 1000 + i, 1);
    w->meters.note(w->meters.self, FAILURES, client, 0, 1000);
    w->meters.note(w->meters.self, SPRAY, user, (uint64_t)i << 32, 1000);
    w->meters.unnote(w->meters.self, FAILURES, client, 0, 1000);
    w->meters.reading(w->meters.self, SPRAY, user, 1000);
  }
  return NULL;
}

/* Guesses in parallel must not slip between two counts. */
static void threads_share_one_limit(void **state) {
  struct program *p = compiled(RULES);
  struct shared *s = shared_of(p, NULL);
  struct worker workers[THREADS];
  unsigned admitted = 0;
  for (int i = 0; i < THREADS; i++) {
    workers[i] = (struct worker){.meters = shared_meters(s)};
    assert_int_equal(pthread_create(&workers[i].thread, NULL, charge_all, &workers[i]), 0);
  }
  for (int i = 0; i < THREADS; i++) {
    pthread_join(workers[i].thread, NULL);
    admitted += workers[i].admitted;
  }
  /* A thread's refused charge may for an instant stand in the prefixes before the one that refuses. */
  assert_in_range(admitted, 20 - THREADS, 20);
  shared_free(&s);
  program_free(&p);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(it_decides_as_the_exact_model_does),
      cmocka_unit_test(neighbours_are_counted_together),
      cmocka_unit_test(what_is_held_stays_so_for_its_time),
      cmocka_unit_test(signals_count_and_take_back),
      cmocka_unit_test(another_program_finds_the_numbers_again),
      cmocka_unit_test(lists_are_filled_from_outside),
      cmocka_unit_test(what_cannot_be_counted_is_refused),
      cmocka_unit_test(threads_share_one_limit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
