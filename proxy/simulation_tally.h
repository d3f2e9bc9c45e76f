// SPDX-License-Identifier: Apache-2.0
/** What became of a simulated trace, by label and cohort. One thread; owns its memory. */
#ifndef PROXY_SIMULATION_TALLY_H
#define PROXY_SIMULATION_TALLY_H

#include "proxy/simulation.h"
#include "rules/base/arena.h"

enum { TALLY_ROWS_MAX = 1024 }; /* past it: ERR_FULL */

struct tally_row {
  struct span label, cohort; /* at == NULL: absent */
  uint64_t events, verdicts[ACTION_COUNT];
  uint64_t reached, succeeded;
  uint64_t kept_out;      /* correct logins that did not succeed */
  uint64_t accounts_lost; /* different users that somebody not labelled "legit" logged in as */
};

struct tally {
  struct arena arena;
  struct tally_row rows[TALLY_ROWS_MAX];
  size_t count;
  struct digest_map lost;
};

void tally_init(struct tally *t);
void tally_fini(struct tally *t);
/** ERR_FULL, ERR_MEMORY. */
int tally_add(struct tally *t, const struct trace_line *line, const struct simulated *s);

/** A table, or one JSON object a line. */
void tally_print(const struct tally *t, bool json, struct buf *out);

#endif
