// SPDX-License-Identifier: Apache-2.0
#include "rules/identity/prefixes.h"

#include "rules/base/err.h"
#include "tests/unit/chance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

struct set {
  struct prefixes_entry *entries;
  size_t count, bytes;
  char *block;
  struct prefixes view;
};

static void compile(struct set *s) {
  s->block = malloc(prefixes_bytes_max(s->count));
  assert_non_null(s->block);
  assert_int_equal(prefixes_build(s->entries, s->count, s->block, &s->bytes), OK);
  assert_true(s->bytes <= prefixes_bytes_max(s->count));
  assert_int_equal(prefixes_open(span_from(s->block, s->bytes), &s->view), OK);
}

static uint32_t find(const struct set *s, const char *text) {
  struct addr a;
  assert_int_equal(addr_parse(span_of(text), &a), OK);
  return prefixes_find(&s->view, &a);
}

static struct prefixes_entry entry(const char *text, uint32_t value) {
  struct prefixes_entry e = {.value = value};
  assert_int_equal(prefix_parse(span_of(text), &e.prefix), OK);
  return e;
}

static void the_longest_prefix_holds(void **state) {
  struct prefixes_entry entries[] = {
      entry("10.0.0.0/8", 1),    entry("10.1.0.0/16", 2),     entry("10.1.2.3", 3),
      entry("10.1.255.0/24", 4), entry("2001:db8::/32", 5),   entry("2001:db8:1::/48", 6),
      entry("2001:db8::1", 7),   entry("255.255.255.255", 8), entry("ffff::/16", 9),
      entry("10.1.2.2/31", 10),
  };
  struct set s = {.entries = entries, .count = 10};
  compile(&s);
  static const struct {
    const char *addr;
    uint32_t value;
  } ROWS[] = {
      {"9.255.255.255", PREFIXES_NONE},
      {"10.0.0.0", 1},
      {"10.0.255.255", 1},
      {"10.1.0.0", 2},
      {"10.1.2.1", 2},
      {"10.1.2.2", 10},
      {"10.1.2.3", 3},
      {"10.1.2.4", 2},
      {"10.1.254.255", 2},
      {"10.1.255.0", 4},
      {"10.1.255.255", 4},
      {"10.2.0.0", 1},
      {"10.255.255.255", 1},
      {"11.0.0.0", PREFIXES_NONE},
      {"255.255.255.254", PREFIXES_NONE},
      {"255.255.255.255", 8},
      {"0.0.0.0", PREFIXES_NONE},
      {"::", PREFIXES_NONE},
      {"::1:0:0:0", PREFIXES_NONE},
      {"2001:db7:ffff::", PREFIXES_NONE},
      {"2001:db8::", 5},
      {"2001:db8::1", 7},
      {"2001:db8::2", 5},
      {"2001:db8:1:ffff::", 6},
      {"2001:db8:2::", 5},
      {"2001:db9::", PREFIXES_NONE},
      {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 9},
      {"::ffff:10.1.2.3", 3},
  };
  for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
    uint32_t got = find(&s, ROWS[i].addr);
    if (got != ROWS[i].value) fail_msg("%s: %u, not %u", ROWS[i].addr, got, ROWS[i].value);
  }
  free(s.block);
}

static void an_empty_set_holds_nothing(void **state) {
  struct set s = {.count = 0};
  compile(&s);
  assert_int_equal(find(&s, "0.0.0.0"), PREFIXES_NONE);
  assert_int_equal(find(&s, "255.255.255.255"), PREFIXES_NONE);
  assert_int_equal(find(&s, "::"), PREFIXES_NONE);
  assert_int_equal(find(&s, "ffff::"), PREFIXES_NONE);
  assert_true(s.bytes < 200);
  free(s.block);
}

static void what_covers_all_of_ipv6_covers_ipv4(void **state) {
  struct prefixes_entry entries[] = {entry("::/0", 1), entry("0.0.0.0/1", 2)};
  struct set s = {.entries = entries, .count = 2};
  compile(&s);
  assert_int_equal(find(&s, "::"), 1);
  assert_int_equal(find(&s, "1.2.3.4"), 2);
  assert_int_equal(find(&s, "128.0.0.0"), 1);
  assert_int_equal(find(&s, "::1:0:0:0"), 1);
  free(s.block);
}

static void of_equal_prefixes_the_highest_value_holds(void **state) {
  struct prefixes_entry entries[] = {entry("192.0.2.0/24", 7), entry("192.0.2.0/24", 9),
                                     entry("192.0.2.0/24", 8)};
  struct set s = {.entries = entries, .count = 3};
  compile(&s);
  assert_int_equal(find(&s, "192.0.2.255"), 9);
  assert_int_equal(find(&s, "192.0.3.0"), PREFIXES_NONE);
  free(s.block);
}

static void strange_entries_are_refused(void **state) {
  struct prefixes_entry e = entry("192.0.2.0/24", PREFIXES_NONE);
  char out[4096];
  size_t bytes;
  assert_int_equal(prefixes_build(&e, 1, out, &bytes), ERR_RANGE);
  e = entry("192.0.2.0/24", 1);
  e.prefix.addr.bytes[15] = 1;
  assert_int_equal(prefixes_build(&e, 1, out, &bytes), ERR_RANGE);
  e.prefix.bits = 129;
  assert_int_equal(prefixes_build(&e, 1, out, &bytes), ERR_RANGE);
}

/* Addresses are made near each other, so that prefixes nest and touch. */
static struct addr near_address(struct chance *c, bool v4) {
  struct addr a = {{0x20, 0x01, 0x0d, 0xb8}};
  uint64_t bits = chance_next(c);
  if (v4)
    a = addr_from_v4(
        (const uint8_t[]){10, (uint8_t)(bits & 3), (uint8_t)(bits >> 2 & 3), (uint8_t)(bits >> 8)});
  else
    for (unsigned i = 4; i < 16; i++)
      a.bytes[i] = (uint8_t)(chance_below(c, 3) * 0x7f + chance_below(c, 2));
  return a;
}

static uint32_t naive(const struct prefixes_entry *entries, size_t count, const struct addr *a) {
  const struct prefixes_entry *best = NULL;
  for (size_t i = 0; i < count; i++) {
    const struct prefixes_entry *e = &entries[i];
    if (!prefix_holds(&e->prefix, a)) continue;
    bool better = !best || e->prefix.bits > best->prefix.bits ||
                  (e->prefix.bits == best->prefix.bits && e->value > best->value);
    if (better) best = e;
  }
  return best ? best->value : PREFIXES_NONE;
}

static void it_answers_as_a_walk_through_all_does(void **state) {
  struct chance c = chance_seed("prefixes");
  static struct prefixes_entry entries[400];
  for (unsigned round = 0; round < 60; round++) {
    struct set s = {.entries = entries, .count = 1 + (size_t)chance_below(&c, 400)};
    for (size_t i = 0; i < s.count; i++) {
      bool v4 = chance_below(&c, 2);
      struct addr a = near_address(&c, v4);
      unsigned bits = (unsigned)(v4 ? chance_below(&c, 33) : chance_below(&c, 129));
      entries[i] =
          (struct prefixes_entry){prefix_of(&a, bits, bits), (uint32_t)chance_below(&c, 1000)};
    }
    compile(&s);
    for (unsigned i = 0; i < 2000; i++) {
      struct addr a = near_address(&c, chance_below(&c, 2));
      if (i % 4 == 0) a = entries[chance_below(&c, s.count)].prefix.addr;
      if (i % 8 == 0) a.bytes[15]--; /* just before, or at the other end */
      assert_int_equal(prefixes_find(&s.view, &a), naive(entries, s.count, &a));
    }
    free(s.block);
  }
}

static void blocks_stand_at_any_alignment(void **state) {
  struct prefixes_entry entries[] = {entry("10.0.0.0/8", 1), entry("2001:db8::/32", 5)};
  struct set s = {.entries = entries, .count = 2};
  compile(&s);
  for (size_t shift = 1; shift < 8; shift++) {
    char *moved = malloc(s.bytes + shift);
    memcpy(moved + shift, s.block, s.bytes);
    struct set m = s;
    assert_int_equal(prefixes_open(span_from(moved + shift, s.bytes), &m.view), OK);
    assert_int_equal(find(&m, "10.9.8.7"), 1);
    assert_int_equal(find(&m, "2001:db8::9"), 5);
    free(moved);
  }
  free(s.block);
}

static void damaged_blocks_are_refused_or_harmless(void **state) {
  struct chance c = chance_seed("prefixes, damage");
  static struct prefixes_entry entries[300];
  struct set s = {.entries = entries, .count = 300};
  for (size_t i = 0; i < s.count; i++) {
    struct addr a = near_address(&c, i % 2);
    entries[i] = (struct prefixes_entry){prefix_of(&a, 24 + i % 9, 64 + i % 65), (uint32_t)i};
  }
  compile(&s);
  struct prefixes view;
  for (size_t len = 0; len < s.bytes; len += 7) {
    assert_int_equal(prefixes_open(span_from(s.block, len), &view), ERR_CORRUPT);
  }
  unsigned opened = 0;
  for (unsigned round = 0; round < 3000; round++) {
    char *copy = malloc(s.bytes); /* a sanitizer sees a read outside of it */
    memcpy(copy, s.block, s.bytes);
    for (unsigned i = 0; i < 20; i++) copy[chance_below(&c, s.bytes)] = (char)chance_next(&c);
    if (prefixes_open(span_from(copy, s.bytes), &view) == OK) {
      opened++;
      for (unsigned i = 0; i < 20; i++) {
        struct addr a = near_address(&c, i % 2);
        prefixes_find(&view, &a);
      }
    }
    free(copy);
  }
  assert_true(opened > 100);
  s.block[4] ^= 2;
  assert_int_equal(prefixes_open(span_from(s.block, s.bytes), &view), ERR_VERSION);
  free(s.block);
}

static void cost_is_printed(void **state) {
  size_t count = UNDER_SANITIZER ? 100000 : 1000000;
  for (unsigned v4 = 0; v4 < 2; v4++) {
    struct chance c = {5 + v4};
    struct set s = {.entries = malloc(count * sizeof(struct prefixes_entry)), .count = count};
    for (size_t i = 0; i < count; i++) {
      struct addr a = {{0x20}};
      for (unsigned b = v4 ? 12 : 1; b < 16; b++) a.bytes[b] = (uint8_t)chance_next(&c);
      if (v4) a = addr_from_v4(a.bytes + 12);
      s.entries[i] = (struct prefixes_entry){
          prefix_of(&a, 16 + (unsigned)chance_below(&c, 17), 32 + (unsigned)chance_below(&c, 33)),
          (uint32_t)i};
    }
    double from = now_ns();
    compile(&s);
    double build_ms = (now_ns() - from) / 1e6;
    enum { ROUNDS = 1000000, ADDRS = 1 << 16 };
    struct addr *addrs = malloc(ADDRS * sizeof(*addrs));
    for (size_t i = 0; i < ADDRS; i++) {
      addrs[i] = s.entries[chance_below(&c, count)].prefix.addr;
      addrs[i].bytes[15] ^= (uint8_t)chance_next(&c);
    }
    uint64_t found = 0;
    from = now_ns();
    for (unsigned i = 0; i < ROUNDS; i++)
      found += prefixes_find(&s.view, &addrs[i % ADDRS]) != PREFIXES_NONE;
    print_message("prefixes: %zu of IPv%d: built in %.0f ms, %.1f bytes each, %.0f ns a look-up\n",
                  count, v4 ? 4 : 6, build_ms, (double)s.bytes / (double)count,
                  (now_ns() - from) / ROUNDS);
    assert_true(found > ROUNDS / 2);
    free(addrs);
    free(s.entries);
    free(s.block);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_longest_prefix_holds),
      cmocka_unit_test(an_empty_set_holds_nothing),
      cmocka_unit_test(what_covers_all_of_ipv6_covers_ipv4),
      cmocka_unit_test(of_equal_prefixes_the_highest_value_holds),
      cmocka_unit_test(strange_entries_are_refused),
      cmocka_unit_test(it_answers_as_a_walk_through_all_does),
      cmocka_unit_test(blocks_stand_at_any_alignment),
      cmocka_unit_test(damaged_blocks_are_refused_or_harmless),
      cmocka_unit_test(cost_is_printed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
