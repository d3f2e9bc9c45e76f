// SPDX-License-Identifier: Apache-2.0
/** Is a data.mdb whole? LMDB trusts its file: a page number past the end, or a node past its page, would be a bus error
 *  or worse in the middle of a request. So the first to open a store walks every tree of the newest commit first,
 *  and looks at every page number, offset, length, flag, order of keys and count before LMDB does.
 *  What this cannot see (a flipped bit inside a value) is seen by the check of the value (record.h).
 *
 *  Layout: LMDB 0.9, mdb.c, on a 64-bit little-endian machine: MDB_page, MDB_node, MDB_db, MDB_meta. Pure. */
#ifndef RULES_STORE_INSPECT_H
#define RULES_STORE_INSPECT_H

#include "rules/base/span.h"

struct inspect_report {
  uint64_t map_bytes;  /* the largest map the store was ever given */
  uint64_t commit;     /* number of the newest commit */
  uint64_t pages_used; /* in trees */
  uint64_t pages_free; /* to be used again */
  char what[128];      /* what is wrong, and at which page; empty when nothing is */
};

/** The head only: `map_bytes` and `commit`. May be called while others write. OK; ERR_CORRUPT; ERR_VERSION: another
 *  format of LMDB's. */
int inspect_head(struct span file, struct inspect_report *report);

/** The whole file, which nobody may be writing to. Costs about a microsecond a page, one bit of memory a page.
 *  OK; ERR_CORRUPT; ERR_VERSION; ERR_MEMORY. */
int inspect_file(struct span file, struct inspect_report *report);

#endif
