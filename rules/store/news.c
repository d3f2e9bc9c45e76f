// SPDX-License-Identifier: Apache-2.0
#include "rules/store/news.h"

void news_init(struct news *w, struct env *env) {
  *w = (struct news){.env = env};
  news_look(w);
}

uint32_t news_look(struct news *w) {
  uint64_t commit = env_last_commit(
      w->env); /* before the snapshot: a commit in between is looked at twice, not missed */
  if (commit == w->commit) return 0;
  uint64_t now[DATABASE_COUNT];
  uint32_t changed = 0;
  struct txn t;
  txn_read(&t, w->env);
  for (enum database db = 0; db < DATABASE_COUNT; db++) {
    now[db] = txn_generation(&t, db);
    if (now[db] != w->generation[db]) changed |= 1u << db;
  }
  if (txn_end(&t)) return 0;
  w->commit = commit;
  memcpy(w->generation, now, sizeof(now));
  return changed;
}
