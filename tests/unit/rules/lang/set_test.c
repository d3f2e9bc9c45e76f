// SPDX-License-Identifier: Apache-2.0
/** Sets against a walk over their items. */
#include "rules/lang/set.h"

#include "rules/base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

enum { ITEMS_MAX = 40, ROUNDS = 300 };

static uint64_t seed;

static uint32_t draw(uint32_t below) {
  seed = seed * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(seed >> 33) % below;
}

static struct expr items[ITEMS_MAX], ends[ITEMS_MAX];

static struct expr make_set(enum type type, enum expr_kind kind, size_t count) {
  for (size_t i = 0; i < count; i++) {
    items[i] =
        (struct expr){.kind = kind, .type = type, .next = i + 1 < count ? &items[i + 1] : NULL};
  }
  return (struct expr){.kind = EXPR_SET, .type = type, .kids = items};
}

static void numbers_and_ranges(void **state) {
  for (int round = 0; round < ROUNDS; round++) {
    size_t count = 1 + draw(ITEMS_MAX);
    struct expr set = make_set(TYPE_NUMBER, EXPR_RANGE, count);
    for (size_t i = 0; i < count; i++) {
      uint32_t from = draw(60);
      ends[i] = (struct expr){.kind = EXPR_NUMBER, .number = from};
      static struct expr tos[ITEMS_MAX];
      tos[i] = (struct expr){.kind = EXPR_NUMBER, .number = from + draw(4)};
      ends[i].next = &tos[i];
      items[i].kids = &ends[i];
    }
    struct arena arena;
    struct set built;
    arena_init(&arena, NULL, 0, 1 << 20);
    assert_int_equal(set_build(&built, &set, &arena), OK);
    for (int number = -1; number < 70; number++) {
      bool inside = false;
      for (size_t i = 0; i < count; i++)
        inside |= number >= ends[i].number && number <= ends[i].next->number;
      assert_int_equal(set_has_number(&built, number), inside);
    }
    arena_fini(&arena);
  }
}

static void prefixes_of_both_families(void **state) {
  for (int round = 0; round < ROUNDS; round++) {
    size_t count = 1 + draw(ITEMS_MAX);
    struct expr set = make_set(TYPE_ADDR, EXPR_ADDR, count);
    for (size_t i = 0; i < count; i++) {
      uint8_t four[4] = {10, 0, (uint8_t)draw(3), (uint8_t)draw(256)};
      struct addr addr = addr_from_v4(four);
      if (draw(3) == 0) addr = (struct addr){{0x20, 1, [15] = (uint8_t)draw(256)}};
      items[i].prefix = prefix_of(&addr, 24 + draw(9), 120 + draw(9));
    }
    struct arena arena;
    struct set built;
    arena_init(&arena, NULL, 0, 1 << 20);
    assert_int_equal(set_build(&built, &set, &arena), OK);
    for (int probe = 0; probe < 400; probe++) {
      uint8_t four[4] = {10, 0, (uint8_t)draw(4), (uint8_t)draw(256)};
      struct addr addr = addr_from_v4(four);
      if (draw(3) == 0) addr = (struct addr){{0x20, 1, [15] = (uint8_t)draw(256)}};
      bool inside = false;
      for (size_t i = 0; i < count; i++) inside |= prefix_holds(&items[i].prefix, &addr);
      assert_int_equal(set_has_addr(&built, &addr), inside);
    }
    arena_fini(&arena);
  }
}

static void texts(void **state) {
  static const char *const words[] = {"", "a", "b", "ab", "abc", "abd", "GET", "POST"};
  for (int round = 0; round < ROUNDS; round++) {
    size_t count = 1 + draw(8);
    struct expr set = make_set(TYPE_TEXT, EXPR_TEXT, count);
    for (size_t i = 0; i < count; i++) items[i].text = span_of(words[draw(8)]);
    struct arena arena;
    struct set built;
    arena_init(&arena, NULL, 0, 1 << 20);
    assert_int_equal(set_build(&built, &set, &arena), OK);
    for (size_t w = 0; w < 8; w++) {
      bool inside = false;
      for (size_t i = 0; i < count; i++) inside |= span_eq(items[i].text, span_of(words[w]));
      assert_int_equal(set_has_text(&built, span_of(words[w])), inside);
    }
    arena_fini(&arena);
  }
}

int main(void) {
  const char *given = getenv("SEED");
  seed = given ? strtoull(given, NULL, 10) : 20261122;
  printf("SEED=%ju\n", (uintmax_t)seed);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(numbers_and_ranges),
      cmocka_unit_test(prefixes_of_both_families),
      cmocka_unit_test(texts),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
