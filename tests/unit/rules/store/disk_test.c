// SPDX-License-Identifier: Apache-2.0
/** Disks that are really full, or may not be written: a small tmpfs in a mount namespace of its own. Where that is not
 *  permitted (no user namespaces), writer_test.c still has the file that may not grow. */
#include "rules/store/store.h"

#include "tests/unit/rules/store/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <cmocka.h>

enum { NOT_PERMITTED = 77 };
static const char *filler_name = "filler";

static bool mount_small(const char *options) {
  bool alone = unshare(geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS) == 0 &&
               mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
  return alone && mount("tmpfs", folder_path, "tmpfs", 0, options) == 0;
}

static void fill(void) {
  static char block[4096];
  char path[128];
  snprintf(path, sizeof(path), "%s/%s", folder_path, filler_name);
  int fd = open(path, O_CREAT | O_WRONLY | O_APPEND, 0600);
  while (write(fd, block, sizeof(block)) > 0) continue;
  close(fd);
}

static void make_room(void) {
  char path[128];
  snprintf(path, sizeof(path), "%s/%s", folder_path, filler_name);
  unlink(path);
}

static int put(struct env *env, int number) {
  struct lists_entry e = {.list = LISTS_OF_BANS, .action = LISTS_BAN, .until = LISTS_FOREVER};
  struct addr a = addr_from_v4((uint8_t[4]){10, 0, (uint8_t)(number >> 8), (uint8_t)number});
  e.prefix = prefix_of(&a, 32, 128);
  struct txn t;
  txn_write(&t, env);
  lists_put(&t, &e);
  return txn_commit(&t);
}

/** Runs `body` on the small disk, in a process of its own; 0 is right, else the step that was not. */
static void on_small_disk(int (*body)(void)) {
  pid_t child = fork();
  if (child == 0) {
    signal(SIGBUS, SIG_DFL); /* not CMocka's: it would go on with the next test */
    _exit(mount_small("size=400k") ? body() : NOT_PERMITTED);
  }
  int status;
  assert_int_equal(waitpid(child, &status, 0), child);
  if (!WIFEXITED(status)) fail_msg("killed by signal %d", WTERMSIG(status));
  if (WEXITSTATUS(status) == NOT_PERMITTED) {
    print_message("mounting is not permitted here\n");
    skip();
  }
  assert_int_equal(WEXITSTATUS(status), 0);
}

static int new_store(void) {
  struct env *env;
  struct env_error why;
  fill();
  if (folder_open_as(ENV_PROXY, &env, &why) != ERR_FULL) return 1;
  if (!strstr(why.text, "full")) return 2;
  make_room();
  return folder_open_as(ENV_PROXY, &env, &why) == OK ? 0 : 3;
}

static void new_store_on_a_full_disk_is_refused_with_a_message(void **state) {
  on_small_disk(new_store);
}

static int old_store(void) {
  struct env *env = folder_open(ENV_PROXY);
  struct txn readers[100];
  int kept = 0, err;
  fill();
  while ((err = put(env, kept)) == OK) kept++; /* pages free in the file may still take some */
  if (err != ERR_FULL) return 1;
  for (int i = 0; i < 100; i++) { /* each takes a slot of the lock file, which is mapped */
    txn_read(&readers[i], env);
    if (txn_count(&readers[i], DATABASE_LISTS) != (uint64_t)kept) return 2;
  }
  for (int i = 0; i < 100; i++) {
    if (txn_end(&readers[i])) return 3;
  }
  env_close(&env);
  env = folder_open(ENV_PROXY); /* full, it still opens and reads */
  struct txn t;
  txn_read(&t, env);
  if (txn_count(&t, DATABASE_LISTS) != (uint64_t)kept || txn_end(&t)) return 4;
  make_room();
  return put(env, 60000) == OK ? 0 : 5;
}

static void old_store_on_a_full_disk_reads_and_takes_writes_again(void **state) {
  on_small_disk(old_store);
}

static int read_only_store(void) {
  struct env *env = folder_open(ENV_PROXY);
  struct env_error why;
  if (put(env, 1)) return 1;
  env_close(&env);
  if (mount("none", folder_path, NULL, MS_REMOUNT | MS_RDONLY, NULL)) return NOT_PERMITTED;
  if (folder_open_as(ENV_PROXY, &env, &why) != ERR_ACCESS || !strstr(why.text, "may not")) return 2;
  if (folder_open_as(ENV_COMMAND, &env, &why) != ERR_ACCESS) return 3;
  env = folder_open(ENV_READ);
  struct txn t;
  txn_read(&t, env);
  if (txn_count(&t, DATABASE_LISTS) != 1 || txn_end(&t)) return 4;
  env_close(&env);
  return 0;
}

static void read_only_store_is_read_and_nothing_else(void **state) {
  on_small_disk(read_only_store);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_make, folder_remove)

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_FOLDER(new_store_on_a_full_disk_is_refused_with_a_message),
      IN_FOLDER(read_only_store_is_read_and_nothing_else),
      IN_FOLDER(old_store_on_a_full_disk_reads_and_takes_writes_again),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
