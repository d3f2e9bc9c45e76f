// SPDX-License-Identifier: Apache-2.0
#include "rules/store/lock.h"

#include "rules/store/env.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { BYTE_PROXY = 0, BYTE_USE = 1 };
enum {
  WAIT_STEP_MS = 20,
  WAIT_STEPS_MAX = 3000
}; /* a minute: a check of many GiB from a slow disk */

static bool try_lock(int fd, int byte, short type) {
  struct flock range = {.l_type = type, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};
  return fcntl(fd, F_OFD_SETLK, &range) == 0;
}

/** Shared use; waits while the first one in checks the file. */
static bool wait_for_use(int fd) {
  const struct timespec step = {.tv_nsec = WAIT_STEP_MS * 1000000L};
  for (int i = 0; i < WAIT_STEPS_MAX; i++) {
    if (try_lock(fd, BYTE_USE, F_RDLCK)) return true;
    nanosleep(&step, NULL);
  }
  return false;
}

int lock_take(const char *folder, bool proxy, bool read_only, struct lock *out) {
  char path[4200];
  snprintf(path, sizeof(path), "%s/use.lock", folder);
  *out = (struct lock){.fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
  if (out->fd < 0) {
    bool tolerable = read_only && (errno == EROFS || errno == EACCES);
    return tolerable ? OK : (int)env_translate(errno);
  }
  if (proxy && !try_lock(out->fd, BYTE_PROXY, F_WRLCK)) {
    lock_drop(out);
    return ERR_BUSY;
  }
  out->alone = try_lock(out->fd, BYTE_USE, F_WRLCK);
  if (out->alone || wait_for_use(out->fd)) return OK;
  lock_drop(out);
  return ERR_BUSY;
}

void lock_share(struct lock *lock) {
  if (!lock->alone) return;
  try_lock(lock->fd, BYTE_USE, F_RDLCK); /* from exclusive to shared at once: cannot fail */
  lock->alone = false;
}

void lock_drop(struct lock *lock) {
  if (lock->fd >= 0) close(lock->fd);
  *lock = (struct lock){.fd = -1};
}

bool lock_has_proxy(const struct lock *lock) {
  struct flock range = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = BYTE_PROXY, .l_len = 1};
  return lock->fd >= 0 && fcntl(lock->fd, F_OFD_GETLK, &range) == 0 && range.l_type != F_UNLCK;
}
