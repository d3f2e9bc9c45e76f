// SPDX-License-Identifier: Apache-2.0
/** The rules in force, as all workers share them: a program and what it counts with. Immutable once made but for the
 *  counts; each exchange that began under it holds it (through its worker's judge), so a reload swaps the pointer and
 *  the old one ends with its last exchange. It belongs to one setup: sites are known by their index in it. */
#ifndef PROXY_FLOW_POLICY_H
#define PROXY_FLOW_POLICY_H

#include "proxy/flow/setup.h"
#include "rules/engine/evaluate.h"
#include "rules/engine/shared.h"

/** Secrets; see policy_new. */
struct policy_keys {
  struct siphash_key meters;    /* keys of limits and signals: made at boot */
  struct siphash_key passwords; /* made at boot, never on the disk */
  struct siphash_key users;     /* of the install: usernames in the journal */
};

struct policy {
  atomic_uint refs;
  struct setup *setup; /* held */
  struct program *program;
  struct shared *shared;
  struct meters meters;
  struct policy_keys keys;
  uint64_t *sources; /* a site's rule files, by its index */
  struct prefix *origins;
  struct shared_list origin_list;
  bool asks_answers; /* a statement waits for the answer to any request */
};

/** Takes `program` over, also on errors; its tables go on from `before`, which may be NULL. One reference, the
 *  caller's. ERR_MEMORY; ERR_RANGE with `why`, whose spans borrow *out: drop that when they are read. */
int policy_new(struct program *program, struct setup *setup, const struct policy_keys *keys,
               const struct policy *before, mono_ms now, struct policy **out,
               struct shared_error *why);
/** Any thread that holds one already. */
struct policy *policy_hold(struct policy *p);
/** Any thread. Nulls the caller's pointer. */
void policy_drop(struct policy **p);

#endif
