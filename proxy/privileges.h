// SPDX-License-Identifier: Apache-2.0
/** What the process may still do once it serves. Main thread, before any other thread starts: credentials of threads
 *  that run already are changed by the C library, their no_new_privs flag is not. */
#ifndef PROXY_PRIVILEGES_H
#define PROXY_PRIVILEGES_H

#include <stdbool.h>

/** Becomes `user` (its group, and the groups it is in) when started as root, proves that there is no way back, and sets
 *  no_new_privs (prctl(2)). `user` NULL, or not started as root: only no_new_privs. With `keep_net_admin` the process
 *  keeps CAP_NET_ADMIN (for bans in the kernel's firewall) and nothing else.
 *  ERR_NOT_FOUND: no such user; ERR_ACCESS: a step failed, or there was a way back: the caller must exit. */
int privileges_drop(const char *user, bool keep_net_admin);

/** No core dumps and no ptrace by the same user: passwords pass through this memory (prctl(2) PR_SET_DUMPABLE). After
 *  privileges_drop, which makes the kernel reset the flag. ERR_ACCESS. */
int privileges_no_core(void);

#endif
