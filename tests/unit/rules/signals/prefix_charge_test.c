// SPDX-License-Identifier: Apache-2.0
#include "rules/signals/prefix_charge.h"

#include "rules/base/err.h"
#include "tests/unit/chance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct kru k;

static int start(void **state) {
  return kru_init(&k, 1024, KRU_LEAKING, 0, (struct siphash_key){1, 2}, 0);
}

static int stop(void **state) {
  kru_fini(&k);
  return 0;
}

static struct addr at(const char *text) {
  struct addr a;
  assert_int_equal(addr_parse(span_of(text), &a), OK);
  return a;
}

static struct prefix_load charge(const char *client, uint64_t price, uint64_t most) {
  struct addr a = at(client);
  return prefix_charge(&k, 0, &PREFIX_PLAN, 1, &a, price, most);
}

static struct prefix_load peek(const char *client) {
  struct addr a = at(client);
  return prefix_peek(&k, 0, &PREFIX_PLAN, 1, &a);
}

static void one_address_has_its_own_share(void **state) {
  for (unsigned i = 1; i <= 10; i++) {
    assert_int_equal(charge("192.0.2.1", 6400, 64000).load, i * 6400);
  }
  struct prefix_load refused = charge("192.0.2.1", 6400, 64000);
  assert_int_equal(refused.load, 11 * 6400);
  assert_int_equal(refused.bits, 32);
  assert_int_equal(charge("::ffff:192.0.2.1", 6400, 64000).load, 11 * 6400);
  assert_int_equal(peek("192.0.2.2").load, 10 * 6400 / 8);
  assert_int_equal(peek("192.0.2.2").bits, 24);
  assert_int_equal(peek("192.0.3.2").load, 10 * 6400 / 64);
  assert_int_equal(peek("192.0.16.2").load, 0);
}

static void a_neighbourhood_shares_one(void **state) {
  char text[32];
  unsigned admitted = 0;
  for (unsigned i = 0; i < 256; i++) {
    snprintf(text, sizeof(text), "192.0.2.%u", i);
    admitted += charge(text, 6400, 64000).load <= 64000;
  }
  assert_int_equal(admitted, 80); /* ten times eight */
  assert_int_equal(charge("192.0.2.200", 6400, 64000).bits, 24);
}

static void an_ipv6_network_is_one_client(void **state) {
  char text[64];
  unsigned admitted = 0;
  for (unsigned i = 0; i < 1000; i++) {
    snprintf(text, sizeof(text), "2001:db8:0:1::%x", i);
    admitted += charge(text, 6400, 64000).load <= 64000;
  }
  assert_int_equal(admitted, 10);
  for (unsigned i = 0; i < 1000; i++) {
    snprintf(text, sizeof(text), "2001:db8:0:%x::1", i);
    admitted += charge(text, 6400, 64000).load <= 64000;
  }
  assert_int_equal(admitted, 160); /* the /48 has sixteen shares, and the first /64 took one */
}

static void what_is_refused_charges_nobody(void **state) {
  for (unsigned i = 0; i < 10; i++) charge("192.0.2.1", 6400, 64000);
  struct prefix_load before = peek("192.0.2.77");
  for (unsigned i = 0; i < 100; i++) charge("192.0.2.1", 6400, 64000);
  assert_int_equal(peek("192.0.2.77").load, before.load);

  for (unsigned i = 0; i < 7; i++) {
    char text[32];
    snprintf(text, sizeof(text), "192.0.2.%u", 10 + i);
    for (unsigned n = 0; n < 10; n++) charge(text, 6400, 64000);
  }
  assert_int_equal(charge("192.0.2.99", 6400, 64000).bits, 24); /* refused by the neighbourhood */
  struct addr fresh = at("192.0.2.99");
  static const struct prefix_plan ADDRESS_ONLY = {.v4 = {{32, 1}}, .v6 = {{128, 1}}};
  assert_int_equal(prefix_peek(&k, 0, &ADDRESS_ONLY, 1, &fresh).load, 0);
}

static void refunds_are_for_all_prefixes(void **state) {
  struct addr a = at("2001:db8::1");
  prefix_charge(&k, 0, &PREFIX_PLAN, 1, &a, 6400, KRU_ANY);
  prefix_charge(&k, 0, &PREFIX_PLAN, 1, &a, 6400, KRU_ANY);
  prefix_refund(&k, 0, &PREFIX_PLAN, 1, &a, 6400);
  assert_int_equal(peek("2001:db8::1").load, 6400);
  assert_int_equal(peek("2001:db8::1:2").load, 6400);
  assert_int_equal(peek("2001:db8:0:1::1").load, 6400 / 4);
  assert_int_equal(peek("2001:db8:0:100::1").load, 6400 / 16);
}

static void spaces_are_apart(void **state) {
  struct addr a = at("192.0.2.1");
  prefix_charge(&k, 0, &PREFIX_PLAN, 1, &a, 6400, KRU_ANY);
  assert_int_equal(prefix_peek(&k, 0, &PREFIX_PLAN, 2, &a).load, 0);
}

static void cost_is_printed(void **state) {
  enum { ROUNDS = 200000 };
  struct chance c = {1};
  struct addr client = at("2001:db8::");
  uint64_t all = 0;
  double from = now_ns();
  for (unsigned i = 0; i < ROUNDS; i++) {
    uint16_t host = (uint16_t)chance_below(&c, 1000);
    memcpy(client.bytes + 14, &host, 2);
    all += prefix_charge(&k, 0, &PREFIX_PLAN, 1, &client, 1, KRU_ANY).load;
  }
  print_message("prefix charge: %.0f ns for the four prefixes of an IPv6 client\n",
                (now_ns() - from) / ROUNDS);
  assert_true(all > 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(one_address_has_its_own_share, start, stop),
      cmocka_unit_test_setup_teardown(a_neighbourhood_shares_one, start, stop),
      cmocka_unit_test_setup_teardown(an_ipv6_network_is_one_client, start, stop),
      cmocka_unit_test_setup_teardown(what_is_refused_charges_nobody, start, stop),
      cmocka_unit_test_setup_teardown(refunds_are_for_all_prefixes, start, stop),
      cmocka_unit_test_setup_teardown(spaces_are_apart, start, stop),
      cmocka_unit_test_setup_teardown(cost_is_printed, start, stop),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
