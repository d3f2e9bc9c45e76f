// SPDX-License-Identifier: Apache-2.0
/** The versions of the foreign libraries of this room, as loaded now and not as compiled against. */
#ifndef RULES_STORE_VERSION_H
#define RULES_STORE_VERSION_H

/** LMDB, "0.9.24". The thread keeps it until it ends. Any thread. */
const char *version_lmdb(void);

#endif
