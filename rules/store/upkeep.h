// SPDX-License-Identifier: Apache-2.0
/** The thread that keeps a running proxy's store in order: see store.h. It waits for disks and locks, so that no worker
 *  must; what it deletes goes through the writer like everything else. */
#ifndef RULES_STORE_UPKEEP_H
#define RULES_STORE_UPKEEP_H

#include "rules/store/lists_live.h"
#include "rules/store/writer.h"

enum { UPKEEP_LOOK_MS = 100, UPKEEP_TIDY_MS = 1000, UPKEEP_JOURNAL_DELETE_MAX = 2000 };
/* Finding what ended is a walk over all lists, and what ended is out of force anyway: seldom is enough. */
enum { UPKEEP_EXPIRE_MS = 10000, UPKEEP_LISTS_DELETE_MAX = 20000 };

struct upkeep;

struct upkeep_options {
  struct env *env;
  struct writer *writer;
  struct lists_live *lists;
  uint64_t journal_bytes_max;
  unsigned journal_days;
};

/** Borrows all three until upkeep_stop. ERR_MEMORY. */
int upkeep_start(const struct upkeep_options *options, struct upkeep **out);
void upkeep_stop(struct upkeep **upkeep);

#endif
