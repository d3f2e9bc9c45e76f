// SPDX-License-Identifier: Apache-2.0
/** Against the naive model: every prefix is tried on every address. QORGAN_SEED repeats a run. */
#include "rules/store/list_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static uint64_t seed;

/** xorshift64*: Vigna, "An experimental exploration of Marsaglia's xorshift generators, scrambled", 2016. */
static uint64_t chance(uint64_t below) {
  seed ^= seed >> 12;
  seed ^= seed << 25;
  seed ^= seed >> 27;
  return (seed * 2685821657736338717u >> 16) % below;
}

static struct list_table_item item(const char *text, enum lists_action action, real_ms until) {
  struct list_table_item made = {.action = action, .until = until};
  assert_int_equal(prefix_parse(span_of(text), &made.prefix), OK);
  return made;
}

static struct addr address(const char *text) {
  struct addr a;
  assert_int_equal(addr_parse(span_of(text), &a), OK);
  return a;
}

static bool bans(const struct list_table *t, const char *text, real_ms now) {
  struct addr a = address(text);
  return list_table_bans(t, &a, now);
}

static struct list_table *table_of(struct list_table_item *items, size_t count) {
  struct list_table *t = NULL;
  assert_int_equal(list_table_new(items, count, &t), OK);
  return t;
}

static void empty_says_nothing(void **state) {
  struct list_table *t = table_of(NULL, 0);
  assert_false(bans(t, "192.0.2.1", 0));
  assert_false(bans(t, "::", 0));
  list_table_free(&t);
  assert_null(t);
}

static void ban_covers_its_prefix_until_it_ends(void **state) {
  struct list_table_item items[] = {item("192.0.2.0/24", LISTS_BAN, 100)};
  struct list_table *t = table_of(items, 1);
  assert_false(bans(t, "192.0.1.255", 99));
  assert_true(bans(t, "192.0.2.0", 99));
  assert_true(bans(t, "192.0.2.255", 99));
  assert_true(bans(t, "::ffff:192.0.2.7", 99));
  assert_false(bans(t, "192.0.3.0", 99));
  assert_false(bans(t, "192.0.2.0", 100));
  list_table_free(&t);
}

static void allow_wins_whatever_the_lengths(void **state) {
  struct list_table_item items[] = {
      item("10.0.0.0/8", LISTS_ALLOW, 50),          item("10.1.2.3", LISTS_BAN, LISTS_FOREVER),
      item("10.1.2.3", LISTS_MARK, LISTS_FOREVER),  item("20.0.0.0/8", LISTS_BAN, LISTS_FOREVER),
      item("20.1.2.3", LISTS_ALLOW, LISTS_FOREVER), item("30.1.2.3", LISTS_BAN, LISTS_FOREVER),
      item("30.1.2.3", LISTS_ALLOW, LISTS_FOREVER),
  };
  struct list_table *t = table_of(items, sizeof(items) / sizeof(items[0]));
  assert_false(bans(t, "10.1.2.3", 0));
  assert_true(bans(t, "10.1.2.3", 50)); /* the allow ended */
  assert_true(bans(t, "20.1.2.4", 0));
  assert_false(bans(t, "20.1.2.3", 0));
  assert_false(bans(t, "30.1.2.3", 0));
  list_table_free(&t);
}

static void ends_of_the_address_space_are_covered(void **state) {
  struct list_table_item items[] = {item("::/0", LISTS_BAN, 10),
                                    item("ffff:ffff::/32", LISTS_BAN, 20)};
  struct list_table *t = table_of(items, 2);
  assert_true(bans(t, "::", 5));
  assert_true(bans(t, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 15));
  assert_false(bans(t, "::", 15));
  list_table_free(&t);
}

static bool naive(const struct list_table_item *items, size_t count, const struct addr *a,
                  real_ms now, struct list_table_item *hit) {
  const struct list_table_item *best = NULL;
  for (size_t i = 0; i < count; i++) {
    const struct list_table_item *it = &items[i];
    if (it->action == LISTS_MARK || it->until <= now || !prefix_holds(&it->prefix, a)) continue;
    bool better = !best || (it->action == LISTS_ALLOW && best->action == LISTS_BAN) ||
                  (it->action == best->action &&
                   (it->prefix.bits > best->prefix.bits ||
                    (it->prefix.bits == best->prefix.bits && it->until > best->until)));
    if (better) best = it;
  }
  if (best) *hit = *best;
  return best != NULL;
}

/** Crowded on purpose: few distinct bits, so that prefixes nest, touch and coincide. */
static struct addr crowded(void) {
  struct addr a = {{0}};
  bool v4 = chance(2);
  if (v4) a = addr_from_v4((const uint8_t[4]){10, 0, 0, 0});
  unsigned at = v4 ? 12 : 0;
  for (unsigned i = at; i < 16; i++) {
    static const uint8_t BYTES[] = {0x00, 0x01, 0x80, 0xff};
    a.bytes[i] = BYTES[chance(4)];
  }
  return a;
}

static void agrees_with_the_naive_model(void **state) {
  enum { ROUNDS = 300, ITEMS = 120, ASKS = 300 };
  for (int round = 0; round < ROUNDS; round++) {
    struct list_table_item items[ITEMS], sorted[ITEMS];
    size_t count = chance(ITEMS + 1);
    for (size_t i = 0; i < count; i++) {
      struct addr a = crowded();
      items[i].prefix = prefix_of(&a, (unsigned)chance(33), (unsigned)chance(129));
      items[i].action = (enum lists_action)(1 + chance(3));
      items[i].until = (real_ms)chance(4);
    }
    memcpy(sorted, items, sizeof(items));
    struct list_table *t = table_of(sorted, count);
    for (int ask = 0; ask < ASKS; ask++) {
      struct addr a = crowded();
      real_ms now = (real_ms)chance(4);
      struct list_table_item want = {0}, got = {0};
      bool found = naive(items, count, &a, now, &want);
      assert_int_equal(list_table_find(t, &a, now, &got), found);
      if (!found) continue;
      assert_int_equal(got.action, want.action);
      if (want.action == LISTS_ALLOW) continue; /* any allow will do */
      assert_true(addr_eq(&got.prefix.addr, &want.prefix.addr));
      assert_int_equal(got.prefix.bits, want.prefix.bits);
      assert_int_equal(got.until, want.until);
    }
    list_table_free(&t);
  }
}

int main(void) {
  const char *given = getenv("QORGAN_SEED");
  seed = given ? strtoull(given, NULL, 0) : 0x51ed2701u;
  printf("QORGAN_SEED=%llu\n", (unsigned long long)seed);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(empty_says_nothing),
      cmocka_unit_test(ban_covers_its_prefix_until_it_ends),
      cmocka_unit_test(allow_wins_whatever_the_lengths),
      cmocka_unit_test(ends_of_the_address_space_are_covered),
      cmocka_unit_test(agrees_with_the_naive_model),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
