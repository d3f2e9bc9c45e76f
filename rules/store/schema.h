// SPDX-License-Identifier: Apache-2.0
/** The schema's version, kept in `meta`, and the way from each version to the next: a table of steps, each run in the
 *  one transaction that also writes the new version; so a store is of one version or the other, never between.
 *  A new version adds a row; a row, once released, is never changed. */
#ifndef RULES_STORE_SCHEMA_H
#define RULES_STORE_SCHEMA_H

#include "rules/store/txn.h"

/** A store made now has it. */
extern const uint64_t SCHEMA_VERSION;

/** 0: a new store. An unreadable version sticks in `t` as ERR_CORRUPT. */
uint64_t schema_version(struct txn *t);

/** Runs the steps that are missing. ERR_VERSION sticks when the store is newer than this program. */
void schema_migrate(struct txn *t);

/** What was made by chance when the store was new. */
void schema_install_id(struct txn *t, uint8_t out[ENV_INSTALL_ID_BYTES]);

#endif
