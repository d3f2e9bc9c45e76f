// SPDX-License-Identifier: Apache-2.0
#include "proxy/privileges.h"

#include "rules/base/err.h"

#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool set_capabilities(unsigned mask) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {
      {.effective = mask, .permitted = mask}};
  return syscall(SYS_capset, &header, data) == 0;
}

static bool become(const struct passwd *user) {
  return initgroups(user->pw_name, user->pw_gid) == 0 &&
         setresgid(user->pw_gid, user->pw_gid, user->pw_gid) == 0 &&
         setresuid(user->pw_uid, user->pw_uid, user->pw_uid) == 0;
}

/* Whether root can be had again: it must not. */
static bool can_return(void) {
  return setuid(0) == 0 || seteuid(0) == 0 || geteuid() == 0 || getuid() == 0;
}

static int drop_to(const char *name, bool keep_net_admin) {
  const struct passwd *user = getpwnam(name);
  if (!user) return ERR_NOT_FOUND;
  if (user->pw_uid == 0) return ERR_ACCESS;
  if (keep_net_admin && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0) return ERR_ACCESS;
  if (!become(user)) return ERR_ACCESS;
  if (!set_capabilities(keep_net_admin ? 1u << CAP_NET_ADMIN : 0)) return ERR_ACCESS;
  return can_return() ? ERR_ACCESS : OK;
}

int privileges_drop(const char *user, bool keep_net_admin) {
  if (user && geteuid() == 0) {
    int err = drop_to(user, keep_net_admin);
    if (err) return err;
  }
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? OK : ERR_ACCESS;
}

int privileges_no_core(void) {
  const struct rlimit none = {0, 0};
  bool done = setrlimit(RLIMIT_CORE, &none) == 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0;
  return done ? OK : ERR_ACCESS;
}
