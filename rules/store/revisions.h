// SPDX-License-Identifier: Apache-2.0
/** The database `rules`: every rule set that was ever shipped, numbered from 1 without gaps, and which one is active.
 *  Revisions are only added; taking one back makes an earlier one active again.
 *
 *      key     'r', number (8, big-endian)      value   record: at (8)   author   note   source text
 *      key     "active"                         value   record: active (8)   before (8)   at (8)
 *
 *  Shipping is one transaction: append, activate, commit. The commit raises the generation of `rules`, which a running
 *  proxy notices. Errors stick in the transaction. */
#ifndef RULES_STORE_REVISIONS_H
#define RULES_STORE_REVISIONS_H

#include "rules/base/clock.h"
#include "rules/store/txn.h"

enum { REVISIONS_SOURCE_MAX = 4 << 20, REVISIONS_AUTHOR_MAX = 128, REVISIONS_NOTE_MAX = 1024 };

struct revision {
  uint64_t number; /* answered, not asked for, by revisions_append */
  real_ms at;
  struct span author, note, source; /* borrowed from the caller, or from the snapshot */
};

struct revisions_active {
  uint64_t number; /* 0: none yet */
  uint64_t before; /* what was active until then: where a rollback goes; 0: nothing */
  real_ms at;
};

/** Answers the number, or 0 with an error stuck: ERR_RANGE, a text past its bound; ERR_MEMORY. */
uint64_t revisions_append(struct txn *t, const struct revision *revision);
/** ERR_NOT_FOUND sticks when there is no such revision. */
void revisions_activate(struct txn *t, uint64_t number, real_ms at);

struct revisions_active revisions_active(struct txn *t);
/** The newest number; 0: none. So history is a loop from here down to 1. */
uint64_t revisions_last(struct txn *t);
/** False: absent. ERR_CORRUPT sticks: it is not what was written. */
bool revisions_get(struct txn *t, uint64_t number, struct revision *out);

#endif
