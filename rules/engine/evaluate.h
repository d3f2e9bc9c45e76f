// SPDX-License-Identifier: Apache-2.0
/** Runs a program on one request. Deterministic: the same program, facts, meters and times give the same verdict.
 *
 *      struct evaluator by;                       one per worker and program
 *      evaluator_init(&by, program, &meters);
 *
 *      struct facts facts;                        one exchange
 *      facts_init(&facts, &readers, sources);     … fill in what the head says …
 *      struct evaluation e;
 *      evaluate_begin(&e, &by, &facts);
 *      evaluate_head(&e, now);                    e.verdict; e.wants_body; e.login
 *      if (e.wants_body || e.login >= 0) {        … hold the body, fill in the form …
 *        if (evaluate_login(&e) >= 0)             … fill in login.* as that login says …
 *        evaluate_body(&e, now);                  e.verdict
 *      }
 *      …                                          … fill in response.* …
 *      enum outcome o = evaluate_outcome(&e);
 *      evaluate_settle(&e, o, now);               always, once, also for a refused or broken exchange
 *
 *  The order: lists (allow wins), rules in the order of the files until one decides, limits (all are charged, the
 *  severest
 *  action wins), scores. What was charged for a failed login is given back when the proxy itself refused the request,
 *  or
 *  the origin did not say that it failed.
 *
 *  One thread per evaluator. Nothing here allocates but evaluator_init. */
#ifndef RULES_ENGINE_EVALUATE_H
#define RULES_ENGINE_EVALUATE_H

#include "rules/engine/facts.h"
#include "rules/engine/meters.h"
#include "rules/engine/verdict.h"
#include "rules/lang/program.h"

enum {
  SCRATCH_BYTES =
      65536, /* for lower(), concat() and the like within one statement; past it: not known, and counted */
  CHARGES_MAX =
      48 /* charges and notes of one request that may have to be taken back; past it they stay */
};

struct evaluator {
  const struct program *program;
  const struct meters *meters;
  struct regex_scratch *regex;
  char *scratch;
  size_t scratch_used;
  uint64_t regex_overruns, scratch_overruns, charge_overruns; /* for the metrics; only grow */
};

/** Borrows both. ERR_MEMORY. */
int evaluator_init(struct evaluator *by, const struct program *program,
                   const struct meters *meters);
void evaluator_fini(struct evaluator *by);

/** What was charged, or noted, for this request. */
struct charged {
  bool signal; /* else a limit */
  enum event event;
  uint32_t index;
  struct meter_key key;
  uint64_t item;
  double price;
};

struct evaluation {
  struct evaluator *by;
  const struct facts *facts;
  mono_ms now;
  int phase_done;    /* PHASE_HEAD, PHASE_BODY; -1: none */
  uint64_t routes;   /* bits of those that it is on */
  uint64_t unsure;   /* of those that hang on the body, before it is there */
  uint64_t deferred; /* of those that did, once it is */
  int login;         /* of the program's logins, -1: none */
  bool wants_body;   /* whether it is a login, or on a route, hangs on the body */
  bool recognized;   /* the body's routes and login are known, before it is evaluated */
  bool settled;
  struct verdict verdict;
  struct charged charged[CHARGES_MAX];
  uint32_t charged_count;
};

/** Borrows both until evaluate_settle. */
void evaluate_begin(struct evaluation *e, struct evaluator *by, const struct facts *facts);

/** Before the head, with the facts of PHASE_HELLO: ACTION_DROP when a list or a rule says drop or ban, else
 * ACTION_ALLOW. Charges nothing; `ban_ms` as in the verdict. */
struct verdict evaluate_hello(struct evaluator *by, const struct facts *facts, mono_ms now);

void evaluate_head(struct evaluation *e, mono_ms now);
/** Which login it is, -1: none; with all facts of the body but login.*, before evaluate_body. */
int evaluate_login(struct evaluation *e);
void evaluate_body(struct evaluation *e, mono_ms now);

/** What the origin's answer says of the attempt. OUTCOME_UNKNOWN without a login. */
enum outcome evaluate_outcome(struct evaluation *e);

void evaluate_settle(struct evaluation *e, enum outcome outcome, mono_ms now);

/** For the engine's own files: whether a statement is to be evaluated now, between what is done and `upto`. */
bool evaluate_is_due(const struct evaluation *e, const struct definition *def, int done,
                     enum phase upto);

/** Whether the request is on a route of this name: what the access log and the journal call its kind. */
bool evaluate_is_on(const struct evaluation *e, struct span route);

#endif
