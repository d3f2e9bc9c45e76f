// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/rules/store/folder.h"

#include "rules/store/record.h"
#include "rules/store/schema.h"
#include "rules/store/txn.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <cmocka.h>

static int mode_of(const char *name) {
  char path[128];
  struct stat is;
  snprintf(path, sizeof(path), "%s/%s", folder_path, name);
  return stat(path, &is) ? -1 : (int)(is.st_mode & 0777);
}

static void new_store_is_private_and_has_a_name(void **state) {
  struct env *env = folder_open(ENV_PROXY);
  uint8_t id[ENV_INSTALL_ID_BYTES], zero[ENV_INSTALL_ID_BYTES] = {0};
  memcpy(id, env->install_id, sizeof(id));
  assert_memory_not_equal(id, zero, sizeof(id));
  env_close(&env);
  assert_null(env);
  assert_int_equal(mode_of("data.mdb"), 0600);
  assert_int_equal(mode_of("use.lock"), 0600);
  env = folder_open(ENV_READ);
  assert_memory_equal(env->install_id, id, sizeof(id));
  env_close(&env);
}

static void reader_makes_nothing(void **state) {
  struct env *env;
  struct env_error why;
  assert_int_equal(folder_open_as(ENV_READ, &env, &why), ERR_NOT_FOUND);
  assert_int_equal(mode_of("data.mdb"), -1);
  assert_non_null(strstr(why.text, "there is no store yet"));
}

static void second_proxy_is_refused_and_commands_are_not(void **state) {
  struct env *proxy = folder_open(ENV_PROXY), *second;
  struct env_error why;
  pid_t child = fork();
  if (child == 0) { /* LMDB forbids two openings in one process */
    bool right = folder_open_as(ENV_PROXY, &second, &why) == ERR_BUSY &&
                 strstr(why.text, "another proxy uses it");
    struct env *command = folder_open(ENV_COMMAND);
    struct txn t;
    txn_write(&t, command);
    txn_put(&t, DATABASE_LISTS, SPAN("k"), SPAN("v"));
    right = right && txn_commit(&t) == OK;
    env_close(&command);
    _exit(right ? 0 : 1);
  }
  int status;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
  struct txn t;
  struct span value;
  txn_read(&t, proxy);
  assert_true(txn_get(&t, DATABASE_LISTS, SPAN("k"), &value));
  txn_end(&t);
  env_close(&proxy);
}

static void commits_raise_generations_of_watched_databases(void **state) {
  struct env *env = folder_open(ENV_PROXY);
  struct txn t, reader;
  txn_read(&reader, env);
  uint64_t lists = txn_generation(&reader, DATABASE_LISTS), commit = env_last_commit(env);
  txn_write(&t, env);
  txn_put(&t, DATABASE_LISTS, SPAN("a"), SPAN("1"));
  txn_put(&t, DATABASE_LISTS, SPAN("b"), SPAN("2"));
  txn_put(&t, DATABASE_CLIENTS, SPAN("a"), SPAN("1"));
  assert_int_equal(txn_commit(&t), OK);
  assert_int_equal(env_last_commit(env), commit + 1);
  assert_int_equal(txn_generation(&reader, DATABASE_LISTS), lists); /* its own snapshot */
  txn_rest(&reader);
  txn_renew(&reader);
  assert_int_equal(txn_generation(&reader, DATABASE_LISTS), lists + 1);
  assert_int_equal(txn_generation(&reader, DATABASE_CLIENTS), 0);
  assert_int_equal(txn_end(&reader), OK);
  env_close(&env);
}

static void first_error_sticks_and_nothing_is_kept(void **state) {
  struct env *env = folder_open(ENV_PROXY);
  struct txn t;
  struct span value;
  txn_write(&t, env);
  txn_put(&t, DATABASE_LISTS, SPAN("a"), SPAN("1"));
  txn_put(&t, DATABASE_LISTS, SPAN(""), SPAN("keys are not empty"));
  txn_put(&t, DATABASE_LISTS, SPAN("b"), SPAN("2"));
  assert_false(txn_get(&t, DATABASE_LISTS, SPAN("a"), &value));
  assert_int_equal(txn_commit(&t), ERR_RANGE);
  txn_read(&t, env);
  assert_int_equal(txn_count(&t, DATABASE_LISTS), 0);
  assert_int_equal(txn_end(&t), OK);
  env_close(&env);
  env = folder_open(ENV_READ);
  txn_write(&t, env);
  txn_put(&t, DATABASE_LISTS, SPAN("a"), SPAN("1"));
  assert_int_equal(txn_commit(&t), ERR_ACCESS);
  env_close(&env);
}

static void newer_schema_is_refused_unchanged(void **state) {
  struct env *env = folder_open(ENV_PROXY);
  char bytes[RECORD_U64_BYTES];
  struct txn t;
  txn_write(&t, env);
  txn_put(&t, DATABASE_META, SPAN("schema"),
          record_write_u64(SPAN("schema"), SCHEMA_VERSION + 1, bytes));
  assert_int_equal(txn_commit(&t), OK);
  env_close(&env);
  struct env_error why;
  assert_int_equal(folder_open_as(ENV_PROXY, &env, &why), ERR_VERSION);
  assert_non_null(strstr(why.text, "newer qorgan"));
  assert_null(env);
}

static void full_map_refuses_and_keeps_what_was_committed(void **state) {
  struct env_options options = {.path = folder_path, .size_max_bytes = 1 << 20, .mode = ENV_PROXY};
  struct env *env = NULL;
  struct env_error why;
  assert_int_equal(env_open(&options, &env, &why), OK);
  static char block[10000];
  struct txn t;
  int committed = 0, err = OK;
  for (; committed < 1000; committed++) {
    char key[8];
    record_key_u64(key, (uint64_t)committed);
    txn_write(&t, env);
    txn_put(&t, DATABASE_FEEDS, span_from(key, 8), span_from(block, sizeof(block)));
    err = txn_commit(&t);
    if (err) break;
  }
  assert_int_equal(err, ERR_FULL);
  assert_true(committed > 10);
  txn_read(&t, env);
  assert_int_equal(txn_count(&t, DATABASE_FEEDS), committed);
  txn_end(&t);
  txn_write(&t, env); /* and there is room for what is taken away */
  assert_true(txn_delete(&t, DATABASE_FEEDS, span_from("\0\0\0\0\0\0\0\0", 8)));
  assert_int_equal(txn_commit(&t), OK);
  env_close(&env);
  options.size_max_bytes = 2 << 20; /* the operator gives it more */
  assert_int_equal(env_open(&options, &env, &why), OK);
  txn_write(&t, env);
  txn_put(&t, DATABASE_FEEDS, SPAN("more"), span_from(block, sizeof(block)));
  assert_int_equal(txn_commit(&t), OK);
  env_close(&env);
}

static void file_in_place_of_the_folder_is_named(void **state) {
  char path[128];
  snprintf(path, sizeof(path), "%s/data.mdb", folder_path);
  close(open(path, O_CREAT | O_WRONLY, 0600));
  struct env_options options = {.path = path, .size_max_bytes = 1 << 20, .mode = ENV_PROXY};
  struct env *env = NULL;
  struct env_error why;
  assert_int_equal(env_open(&options, &env, &why), ERR_EXISTS);
  assert_non_null(strstr(why.text, "is no folder"));
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_make, folder_remove)

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_FOLDER(new_store_is_private_and_has_a_name),
      IN_FOLDER(reader_makes_nothing),
      IN_FOLDER(second_proxy_is_refused_and_commands_are_not),
      IN_FOLDER(commits_raise_generations_of_watched_databases),
      IN_FOLDER(first_error_sticks_and_nothing_is_kept),
      IN_FOLDER(newer_schema_is_refused_unchanged),
      IN_FOLDER(full_map_refuses_and_keeps_what_was_committed),
      IN_FOLDER(file_in_place_of_the_folder_is_named),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
