// SPDX-License-Identifier: Apache-2.0
/* Each test drops what the process has, so each runs in a child; what needs root to begin with is
 * skipped, and said to be, when the tests run as another user. */
#include "proxy/privileges.h"

#include "rules/base/err.h"

#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

/* Answers 0, or the line of the first thing that did not hold. */
typedef int in_child(void);
#define HOLDS(what)                                                                                \
  do {                                                                                             \
    if (!(what)) return __LINE__ & 0xff;                                                           \
  } while (0)

static void assert_in_child(in_child *test) {
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) _exit(test());
  int status;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFEXITED(status));
  assert_int_equal(WEXITSTATUS(status), 0);
}

static uint32_t capabilities(void) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};
  return syscall(SYS_capget, &header, data) == 0 ? data[0].effective | data[0].permitted : ~0u;
}

static int nobody_has_nothing(void) {
  const struct passwd *nobody = getpwnam("nobody");
  HOLDS(nobody);
  uid_t uid = nobody->pw_uid;
  gid_t gid = nobody->pw_gid, groups[64];
  HOLDS(privileges_drop("nobody", false) == OK);
  HOLDS(getuid() == uid && geteuid() == uid && getgid() == gid && getegid() == gid);
  HOLDS(setuid(0) != 0 && setgid(0) != 0);
  int count = getgroups(64, groups);
  for (int i = 0; i < count; i++) HOLDS(groups[i] != 0);
  HOLDS(capabilities() == 0);
  HOLDS(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
  return 0;
}

static int one_capability_may_stay(void) {
  uint32_t had = capabilities();
  int err = privileges_drop("nobody", true);
  if (!(had & 1u << CAP_NET_ADMIN)) { /* a container may withhold it: then it cannot be kept */
    HOLDS(err == ERR_ACCESS);
    return 0;
  }
  HOLDS(err == OK && geteuid() != 0 && setuid(0) != 0);
  HOLDS(capabilities() == 1u << CAP_NET_ADMIN);
  return 0;
}

static int users_must_exist_and_not_be_root(void) {
  HOLDS(privileges_drop("no-such-user-here", false) == ERR_NOT_FOUND);
  HOLDS(privileges_drop("root", false) == ERR_ACCESS);
  HOLDS(geteuid() == 0);
  return 0;
}

static int without_a_user_one_stays(void) {
  uid_t before = geteuid();
  HOLDS(privileges_drop(NULL, false) == OK);
  HOLDS(geteuid() == before);
  HOLDS(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
  return 0;
}

static int no_core_is_dumped(void) {
  struct rlimit limit;
  HOLDS(privileges_no_core() == OK);
  HOLDS(getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_cur == 0 && limit.rlim_max == 0);
  HOLDS(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
  return 0;
}

static void root_becomes_nobody(void **state) {
  if (geteuid() != 0) skip();
  assert_in_child(nobody_has_nothing);
}

static void net_admin_is_all_that_may_stay(void **state) {
  if (geteuid() != 0) skip();
  assert_in_child(one_capability_may_stay);
}

static void a_bad_user_is_refused(void **state) {
  if (geteuid() != 0) skip();
  assert_in_child(users_must_exist_and_not_be_root);
}

static void no_user_means_no_change(void **state) {
  assert_in_child(without_a_user_one_stays);
}

static void cores_are_off(void **state) {
  assert_in_child(no_core_is_dumped);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(root_becomes_nobody),   cmocka_unit_test(net_admin_is_all_that_may_stay),
      cmocka_unit_test(a_bad_user_is_refused), cmocka_unit_test(no_user_means_no_change),
      cmocka_unit_test(cores_are_off),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
