// SPDX-License-Identifier: Apache-2.0
#include "rules/store/store.h"

#include "rules/store/upkeep.h"

#include <stdio.h>

int store_open(const struct store_options *options, struct store *out, struct env_error *why) {
  struct store s = {0};
  int err = env_open(&options->env, &s.env, why);
  if (err) return err;
  err = lists_live_new(s.env, &s.lists);
  if (!err) err = writer_start(s.env, WRITER_SLOTS, &s.writer);
  struct upkeep_options upkeep = {.env = s.env,
                                  .writer = s.writer,
                                  .lists = s.lists,
                                  .journal_bytes_max = options->journal_bytes_max,
                                  .journal_days = options->journal_days};
  if (!err) err = upkeep_start(&upkeep, &s.upkeep);
  if (err) {
    snprintf(why->text, sizeof(why->text), "store %.150s: %.300s", options->env.path,
             env_explain(err));
    store_close(&s);
    return err;
  }
  *out = s;
  return OK;
}

void store_close(struct store *store) {
  upkeep_stop(&store->upkeep);
  writer_stop(&store->writer);
  lists_live_free(&store->lists);
  env_close(&store->env);
}
