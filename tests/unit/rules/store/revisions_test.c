// SPDX-License-Identifier: Apache-2.0
#include "rules/store/revisions.h"

#include "tests/unit/rules/store/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static uint64_t ship(struct env *env, struct span source, real_ms at) {
  struct revision r = {
      .at = at, .author = SPAN("aigerim"), .note = SPAN("calmer"), .source = source};
  struct txn t;
  txn_write(&t, env);
  uint64_t number = revisions_append(&t, &r);
  revisions_activate(&t, number, at);
  return txn_commit(&t) ? 0 : number;
}

static void history_and_rollback(void **state) {
  struct env *env = folder_open(ENV_PROXY);
  struct txn t;
  txn_read(&t, env);
  assert_int_equal(revisions_last(&t), 0);
  assert_int_equal(revisions_active(&t).number, 0);
  uint64_t generation = txn_generation(&t, DATABASE_RULES);
  txn_end(&t);
  for (uint64_t i = 1; i <= 300; i++)
    assert_int_equal(ship(env, SPAN("rule a ..."), (real_ms)i), i);
  txn_write(&t, env);
  assert_int_equal(txn_generation(&t, DATABASE_RULES), generation + 300);
  struct revisions_active active = revisions_active(&t);
  assert_true(active.number == 300 && active.before == 299 && active.at == 300);
  revisions_activate(&t, active.before, 1000);
  assert_int_equal(txn_commit(&t), OK);
  txn_read(&t, env);
  active = revisions_active(&t);
  assert_true(active.number == 299 && active.before == 300);
  assert_int_equal(revisions_last(&t), 300);
  struct revision got;
  assert_true(revisions_get(&t, 17, &got));
  assert_true(got.number == 17 && got.at == 17 && span_eq(got.source, SPAN("rule a ...")));
  assert_true(span_eq(got.author, SPAN("aigerim")) && span_eq(got.note, SPAN("calmer")));
  assert_false(revisions_get(&t, 301, &got));
  assert_int_equal(txn_end(&t), OK);
  env_close(&env);
}

static void what_is_not_there_cannot_be_active(void **state) {
  struct env *env = folder_open(ENV_PROXY);
  struct txn t;
  assert_int_equal(ship(env, SPAN("x"), 1), 1);
  txn_write(&t, env);
  revisions_activate(&t, 2, 5);
  assert_int_equal(txn_commit(&t), ERR_NOT_FOUND);
  txn_read(&t, env);
  assert_int_equal(revisions_active(&t).number, 1);
  txn_end(&t);
  env_close(&env);
}

static void long_sources_are_kept_and_longer_ones_refused(void **state) {
  struct env *env = folder_open(ENV_PROXY);
  struct txn t;
  struct revision got;
  char *text = malloc(REVISIONS_SOURCE_MAX + 1);
  memset(text, 'a', REVISIONS_SOURCE_MAX + 1);
  assert_int_equal(ship(env, span_from(text, REVISIONS_SOURCE_MAX), 1), 1);
  assert_int_equal(ship(env, span_from(text, REVISIONS_SOURCE_MAX + 1), 2), 0);
  txn_read(&t, env);
  assert_true(revisions_get(&t, 1, &got));
  assert_true(span_eq(got.source, span_from(text, REVISIONS_SOURCE_MAX)));
  txn_end(&t);
  free(text);
  env_close(&env);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_make, folder_remove)

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_FOLDER(history_and_rollback),
      IN_FOLDER(what_is_not_there_cannot_be_active),
      IN_FOLDER(long_sources_are_kept_and_longer_ones_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
