// SPDX-License-Identifier: Apache-2.0
/** A transaction with a sticky error: after the first failure every call does nothing and answers "absent", so a chain
 *  of calls needs one look at the end, at txn_commit or txn_end.
 *
 *  A read transaction is one snapshot; it waits for nobody and nobody waits for it, but while it lasts no page it can
 *  see is used again: keep it short, or txn_rest it between uses. A write transaction waits for other writers of any
 *  process and for the disk: never on a worker. One thread at a time. */
#ifndef RULES_STORE_TXN_H
#define RULES_STORE_TXN_H

#include "rules/store/env.h"

struct txn {
  struct env *env;
  struct MDB_txn *mdb; /* NULL: over, or never begun */
  int err;             /* the first failure */
  bool writes;
  uint32_t changed; /* a bit for each database written to */
};

/** The caller's storage. Failure sticks. */
void txn_read(struct txn *t, struct env *env);
void txn_write(struct txn *t, struct env *env);

/** Gives up the snapshot and keeps the slot; txn_renew takes the newest snapshot, without a lock or an allocation. */
void txn_rest(struct txn *t);
void txn_renew(struct txn *t);

/** All of it, synced to the disk, or nothing. Raises the generation of each watched database that was written to.
 *  Answers the sticky error: ERR_FULL, ERR_IO, or what the calls in between met. */
int txn_commit(struct txn *t);
/** Nothing is kept. Answers the sticky error. Safe on one that is over. */
int txn_end(struct txn *t);

/** Makes `err` stick, unless one does already. */
static inline void txn_fail(struct txn *t, int err) {
  if (!t->err) t->err = err;
}

/** True with `*value` borrowed from the snapshot (until the transaction ends or, when it writes, until its next write);
 *  false: absent, or an error sticks. */
bool txn_get(struct txn *t, enum database db, struct span key, struct span *value);
/** Replaces. Keys are 1 to 511 bytes. */
void txn_put(struct txn *t, enum database db, struct span key, struct span value);
/** At the end of the database, in order: denser pages than txn_put. A key that is not past the last one: ERR_EXISTS. */
void txn_append(struct txn *t, enum database db, struct span key, struct span value);
/** False: it was not there. */
bool txn_delete(struct txn *t, enum database db, struct span key);
/** Number of records. */
uint64_t txn_count(struct txn *t, enum database db);

/** How often the database changed, in commits; 0 for one that is not watched. */
uint64_t txn_generation(struct txn *t, enum database db);

/** Walks a database in the order of its keys (bytes, unsigned). */
struct cursor {
  struct txn *txn;
  struct MDB_cursor *mdb;
  struct span key, value; /* of the current record, borrowed as txn_get's */
};

enum cursor_step { CURSOR_FIRST, CURSOR_LAST, CURSOR_NEXT, CURSOR_PREV };

/** The caller's storage; must be closed before its transaction ends. Stands nowhere at first. */
void cursor_open(struct cursor *c, struct txn *t, enum database db);
void cursor_close(struct cursor *c);
/** False: there is none, or an error sticks. */
bool cursor_step(struct cursor *c, enum cursor_step step);
/** To the first record whose key is `key` or past it. */
bool cursor_seek(struct cursor *c, struct span key);
/** The current record. CURSOR_NEXT then goes to the one that followed it. */
void cursor_delete(struct cursor *c);

#endif
