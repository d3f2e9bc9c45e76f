// SPDX-License-Identifier: Apache-2.0
#include "rules/store/lists.h"

#include "tests/unit/rules/store/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static struct lists_entry entry(struct span list, const char *prefix, real_ms until) {
  struct lists_entry made = {.list = list,
                             .action = LISTS_BAN,
                             .since = 5,
                             .until = until,
                             .reason = SPAN("guessed 40 passwords"),
                             .source = SPAN("operator")};
  assert_int_equal(prefix_parse(span_of(prefix), &made.prefix), OK);
  return made;
}

static void put(struct txn *t, struct span list, const char *prefix, real_ms until) {
  struct lists_entry made = entry(list, prefix, until);
  lists_put(t, &made);
}

static void entry_comes_back_as_it_was_put(void **state) {
  struct env *env = folder_open(ENV_PROXY);
  struct txn t;
  txn_write(&t, env);
  struct lists_entry want = entry(LISTS_OF_BANS, "2001:db8::/32", 77), got;
  lists_put(&t, &want);
  assert_int_equal(txn_commit(&t), OK);
  txn_read(&t, env);
  assert_true(lists_get(&t, LISTS_OF_BANS, &want.prefix, &got));
  assert_true(got.action == LISTS_BAN && got.since == 5 && got.until == 77);
  assert_true(span_eq(got.reason, want.reason) && span_eq(got.source, want.source));
  assert_false(lists_get(&t, LISTS_OF_ALLOWS, &want.prefix, &got));
  assert_int_equal(txn_end(&t), OK);
  env_close(&env);
}

static void walk_stays_within_its_list(void **state) {
  struct env *env = folder_open(ENV_PROXY);
  struct txn t;
  txn_write(&t, env);
  put(&t, SPAN("ban"), "10.0.0.2", 9);
  put(&t, SPAN("ban"), "10.0.0.0/24", 9);
  put(&t, SPAN("bao"), "10.0.0.3", 9);
  put(&t, SPAN("bam"), "10.0.0.4", 9);
  put(&t, SPAN("bans"), "10.0.0.5", 9);
  struct lists_walk w;
  struct lists_entry got;
  lists_walk_open(&w, &t, SPAN("ban"));
  assert_true(lists_walk_next(&w, &got));
  assert_int_equal(got.prefix.bits, 120);
  assert_true(lists_walk_next(&w, &got));
  assert_int_equal(got.prefix.bits, 128);
  assert_false(lists_walk_next(&w, &got));
  lists_walk_close(&w);
  txn_end(&t);
  env_close(&env);
}

static void what_ended_is_deleted_and_the_rest_stays(void **state) {
  struct env *env = folder_open(ENV_PROXY);
  struct txn t;
  txn_write(&t, env);
  char text[32];
  for (int i = 0; i < 100; i++) {
    snprintf(text, sizeof(text), "10.0.0.%d", i);
    put(&t, LISTS_OF_BANS, text, i);
  }
  assert_int_equal(lists_expire(&t, 49, 20), 20);
  assert_int_equal(lists_expire(&t, 49, 1000), 30);
  assert_int_equal(txn_count(&t, DATABASE_LISTS), 50);
  assert_int_equal(txn_commit(&t), OK);
  env_close(&env);
}

static void what_is_out_of_bounds_is_refused(void **state) {
  struct env *env = folder_open(ENV_PROXY);
  struct txn t;
  char long_text[300];
  memset(long_text, 'x', sizeof(long_text));
  struct lists_entry bad[4];
  for (int i = 0; i < 4; i++) bad[i] = entry(LISTS_OF_BANS, "10.0.0.0/8", 9);
  bad[0].list = SPAN("Upper");
  bad[1].list = SPAN("");
  bad[2].reason = span_from(long_text, LISTS_REASON_MAX + 1);
  bad[3].prefix.addr.bytes[15] = 1;
  for (int i = 0; i < 4; i++) {
    txn_write(&t, env);
    lists_put(&t, &bad[i]);
    assert_int_equal(txn_commit(&t), ERR_RANGE);
  }
  env_close(&env);
}

/** Every single flipped bit of a stored entry is seen. */
static void damaged_entries_are_passed_over(void **state) {
  struct env *env = folder_open(ENV_PROXY);
  struct txn t;
  struct lists_entry made = entry(LISTS_OF_BANS, "10.0.0.1", 9), got;
  txn_write(&t, env);
  lists_put(&t, &made);
  struct cursor c;
  cursor_open(&c, &t, DATABASE_LISTS);
  assert_true(cursor_step(&c, CURSOR_FIRST));
  char key[LISTS_KEY_MAX], value[LISTS_VALUE_MAX];
  struct span k = span_from(key, c.key.len), v = span_from(value, c.value.len);
  memcpy(key, c.key.at, k.len);
  memcpy(value, c.value.at, v.len);
  cursor_close(&c);
  assert_int_equal(lists_decode(k, v, &got), OK);
  for (size_t bit = 0; bit < 8 * (k.len + v.len); bit++) {
    char *at = bit < 8 * k.len ? &key[bit / 8] : &value[bit / 8 - k.len];
    *at ^= (char)(1 << bit % 8);
    assert_int_equal(lists_decode(k, v, &got), ERR_CORRUPT);
    *at ^= (char)(1 << bit % 8);
  }
  value[0] ^= 4;
  txn_put(&t, DATABASE_LISTS, k, v);
  put(&t, LISTS_OF_BANS, "10.0.0.2", 9);
  struct lists_walk w;
  lists_walk_open(&w, &t, SPAN(""));
  assert_true(lists_walk_next(&w, &got));
  assert_int_equal(got.prefix.addr.bytes[15], 2);
  assert_int_equal(w.damaged, 1);
  lists_walk_close(&w);
  txn_end(&t);
  env_close(&env);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_make, folder_remove)

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_FOLDER(entry_comes_back_as_it_was_put),
      IN_FOLDER(walk_stays_within_its_list),
      IN_FOLDER(what_ended_is_deleted_and_the_rest_stays),
      IN_FOLDER(what_is_out_of_bounds_is_refused),
      IN_FOLDER(damaged_entries_are_passed_over),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
