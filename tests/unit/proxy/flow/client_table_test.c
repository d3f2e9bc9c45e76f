// SPDX-License-Identifier: Apache-2.0
#include "proxy/flow/client_table.h"

#include "rules/base/err.h"
#include "tests/unit/chance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct addr addr(const char *text) {
  struct addr a;
  assert_int_equal(addr_parse(span_of(text), &a), OK);
  return a;
}

static int begin(void **state) {
  static struct client_table table;
  *state = &table;
  return client_table_init(&table, 42);
}

static int end(void **state) {
  client_table_fini(*state);
  return 0;
}

static void connections_of_one_address_add_up(void **state) {
  struct addr a = addr("192.0.2.1"), b = addr("192.0.2.2"), mapped = addr("::ffff:192.0.2.1");
  assert_int_equal(client_table_enter(*state, &a), 1);
  assert_int_equal(client_table_enter(*state, &mapped), 2);
  assert_int_equal(client_table_enter(*state, &b), 1);
  client_table_leave(*state, &a);
  assert_int_equal(client_table_enter(*state, &a), 2);
}

static void ipv6_is_counted_by_its_64(void **state) {
  struct addr a = addr("2001:db8:0:1::1"), same = addr("2001:db8:0:1:ffff::9"),
              other = addr("2001:db8:0:2::1");
  assert_int_equal(client_table_enter(*state, &a), 1);
  assert_int_equal(client_table_enter(*state, &same), 2);
  assert_int_equal(client_table_enter(*state, &other), 1);
}

static void who_left_takes_no_room(void **state) {
  struct client_table *t = *state;
  struct addr a = addr("192.0.2.1"), never = addr("192.0.2.9");
  for (int i = 0; i < 3; i++) client_table_enter(t, &a);
  assert_int_equal(t->rows, 1);
  for (int i = 0; i < 3; i++) client_table_leave(t, &a);
  assert_int_equal(t->rows, 0);
  client_table_leave(t, &a); /* one leave too many, and one that never came */
  client_table_leave(t, &never);
  assert_int_equal(t->rows, 0);
  assert_int_equal(client_table_enter(t, &a), 1);
}

static void strikes_are_remembered_after_the_connections(void **state) {
  struct client_table *t = *state;
  struct addr a = addr("192.0.2.1"), b = addr("2001:db8::1"), same = addr("2001:db8::2");
  client_table_enter(t, &a);
  assert_int_equal(client_table_strike(t, &a), 1);
  assert_int_equal(t->remembered_count, 0);
  client_table_leave(t, &a);
  assert_int_equal(t->remembered_count, 1);
  client_table_leave(t, &a); /* one too many */
  assert_int_equal(client_table_enter(t, &a), 1);
  assert_int_equal(t->remembered_count, 0);
  assert_int_equal(client_table_strike(t, &a), 2);
  assert_int_equal(client_table_strike(t, &b), 1); /* behind a balancer: never entered */
  assert_int_equal(client_table_strike(t, &same), 2);
  assert_int_equal(t->rows, 2);
}

/* At the bound the one that was quiet longest goes; one that strikes again is quiet no more. */
static void the_longest_quiet_is_forgotten(void **state) {
  struct client_table *t = *state;
  struct addr first = addr("192.0.2.1"), second = addr("192.0.2.2"), connected = addr("192.0.2.3");
  client_table_strike(t, &first);
  client_table_strike(t, &second);
  client_table_enter(t, &connected);
  client_table_strike(t, &connected);
  assert_int_equal(client_table_strike(t, &first), 2);
  for (uint32_t i = 2; i < CLIENTS_REMEMBERED_MAX + 1; i++) {
    struct addr other = addr_from_v4((uint8_t[]){10, 0, (uint8_t)(i >> 8), (uint8_t)i});
    client_table_strike(t, &other);
  }
  assert_int_equal(t->remembered_count, CLIENTS_REMEMBERED_MAX);
  assert_int_equal(t->rows, CLIENTS_REMEMBERED_MAX + 1);
  assert_int_equal(client_table_strike(t, &first), 3);
  assert_int_equal(client_table_strike(t, &connected), 2);
  assert_int_equal(client_table_strike(t, &second), 1);
}

/* Beside an array that cannot be wrong, over many arrivals and departures. */
static void chance_finds_no_other_count(void **state) {
  enum { CLIENTS = 40000, STEPS = 400000 };
  static uint32_t expected[CLIENTS];
  struct client_table *t = *state;
  struct chance c = chance_seed("client_table");
  uint32_t rows = 0;
  for (int step = 0; step < STEPS; step++) {
    uint32_t i = (uint32_t)chance_below(&c, CLIENTS);
    uint8_t v4[4] = {10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};
    struct addr a = addr_from_v4(v4);
    if (expected[i] && chance_below(&c, 2)) {
      client_table_leave(t, &a);
      rows -= --expected[i] == 0;
    } else {
      rows += expected[i] == 0;
      assert_int_equal(client_table_enter(t, &a), ++expected[i]);
    }
    assert_int_equal(t->rows, rows);
  }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(connections_of_one_address_add_up),
      TEST(ipv6_is_counted_by_its_64),
      TEST(who_left_takes_no_room),
      TEST(strikes_are_remembered_after_the_connections),
      TEST(the_longest_quiet_is_forgotten),
      TEST(chance_finds_no_other_count),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
