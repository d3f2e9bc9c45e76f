// SPDX-License-Identifier: Apache-2.0
/** Who uses a store: open-file-description locks (fcntl(2), F_OFD_SETLK) on three bytes of its file use.lock. They end
 *  with the process, however it ends. (LMDB's own lock file orders transactions; this one orders openings.)
 *
 *      byte 0   exclusive: the proxy. A second proxy is refused.
 *      byte 1   shared by everyone; exclusive while the first one in checks the file, and only then. */
#ifndef RULES_STORE_LOCK_H
#define RULES_STORE_LOCK_H

#include <stdbool.h>

struct lock {
  int fd;     /* -1: no lock is held (a store on a read-only file system) */
  bool alone; /* nobody else had the store open when we came; until lock_share */
};

/** ERR_BUSY: `proxy` is asked for and another proxy has it, or somebody has been checking the file for a minute.
 *  ERR_ACCESS, ERR_IO. A read-only file system or folder is no error when `read_only`. */
int lock_take(const char *folder, bool proxy, bool read_only, struct lock *out);
/** Lets the others in, after the check. */
void lock_share(struct lock *lock);
void lock_drop(struct lock *lock);

/** Whether a proxy holds the store now. A moment old. */
bool lock_has_proxy(const struct lock *lock);

#endif
