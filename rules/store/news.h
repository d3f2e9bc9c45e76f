// SPDX-License-Identifier: Apache-2.0
/** Notices what other processes (and this one) have changed: rules applied, feeds imported, lists put. Cheap enough
 *  for every turn of a loop: two loads when nobody has committed anything since the last look, one small read
 *  transaction when somebody has. One thread. */
#ifndef RULES_STORE_NEWS_H
#define RULES_STORE_NEWS_H

#include "rules/store/txn.h"

struct news {
  struct env *env;
  uint64_t commit;
  uint64_t generation[DATABASE_COUNT];
};

/** The caller's storage. Begins with what is there now: only later changes are news. */
void news_init(struct news *w, struct env *env);

/** A bit (1 << DATABASE_...) for each watched database that has changed since the last look. A store that cannot be
 *  read now shows no change; the next look sees it. */
uint32_t news_look(struct news *w);

#endif
