// SPDX-License-Identifier: Apache-2.0
#include "rules/store/news.h"

#include "tests/unit/rules/store/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <cmocka.h>

static int commit_to(struct env *env, enum database db) {
  struct txn t;
  txn_write(&t, env);
  txn_put(&t, db, SPAN("k"), SPAN("v"));
  return txn_commit(&t);
}

static void changes_are_news_once(void **state) {
  struct env *env = folder_open(ENV_PROXY);
  struct news w;
  assert_int_equal(commit_to(env, DATABASE_FEEDS), OK);
  news_init(&w, env);
  assert_int_equal(news_look(&w), 0);
  assert_int_equal(commit_to(env, DATABASE_CLIENTS), OK); /* nobody waits for these */
  assert_int_equal(news_look(&w), 0);
  assert_int_equal(commit_to(env, DATABASE_FEEDS), OK);
  assert_int_equal(commit_to(env, DATABASE_LISTS), OK);
  assert_int_equal(news_look(&w), 1 << DATABASE_FEEDS | 1 << DATABASE_LISTS);
  assert_int_equal(news_look(&w), 0);
  env_close(&env);
}

static void changes_of_other_processes_are_seen(void **state) {
  struct env *env = folder_open(ENV_PROXY);
  struct news w;
  news_init(&w, env);
  pid_t child = fork();
  if (child == 0) {
    struct env *command = folder_open(ENV_COMMAND);
    int err = commit_to(command, DATABASE_RULES);
    env_close(&command);
    _exit(err ? 1 : 0);
  }
  int status;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
  assert_int_equal(news_look(&w), 1 << DATABASE_RULES);
  env_close(&env);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_make, folder_remove)

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_FOLDER(changes_are_news_once),
      IN_FOLDER(changes_of_other_processes_are_seen),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
