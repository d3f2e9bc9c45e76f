// SPDX-License-Identifier: Apache-2.0
/** The engine alone, fed by a trace with the trace's clock: the proxy's meters, a site that is simulated.
 *
 *  The site is a WordPress one: each kind of event is the request that such a site gets, and the packs in force are
 *  base and wordpress. The origin accepts what the trace says is `correct`. Who is challenged goes on if it `solves`,
 *  who has to step up if it `confirms`; all else that is not allowed ends at the proxy. An address that a rule bans
 *  (of IPv6 its /64) is dropped until the ban ends. Sessions are known by `device`: it is one once it was answered.
 *
 *  Not known here, and so no evidence: what live traffic has beyond the members of a trace (trust, accounts, feeds).
 *  Deterministic: the same program, lists and trace give the same verdicts. One thread. */
#ifndef PROXY_SIMULATION_H
#define PROXY_SIMULATION_H

#include "proxy/digest_map.h"
#include "proxy/trace.h"
#include "rules/engine/evaluate.h"
#include "rules/engine/shared.h"
#include "rules/store/list_table.h"

struct simulation {
  const struct list_table *lists; /* borrowed; NULL: nothing is banned or allowed at the start */
  struct evaluator by;
  struct shared *shared;
  struct meters meters;
  uint64_t sources;
  real_ms first; /* the trace's first `t`: the meters' clock begins with it; -1: none yet */
  struct digest_map devices, bans; /* device → seen at; address → banned until */
};

struct simulated {
  struct verdict verdict; /* borrows the program */
  double tier;            /* NaN: not known */
  bool reached_origin, succeeded;
};

/** Borrows the program and the lists. ERR_MEMORY; ERR_RANGE, with `why`: the program cannot be counted. */
int simulation_init(struct simulation *s, const struct program *program,
                    const struct list_table *lists, struct shared_error *why);
void simulation_fini(struct simulation *s);

/** One event, from its head to its end. ERR_MEMORY, ERR_FULL. */
int simulation_run(struct simulation *s, const struct trace_line *line, struct simulated *out);

#endif
