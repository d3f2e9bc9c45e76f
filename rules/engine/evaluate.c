// SPDX-License-Identifier: Apache-2.0
#include "rules/engine/evaluate.h"

#include "rules/base/err.h"
#include "rules/base/require.h"
#include "rules/engine/charges.h"
#include "rules/engine/decide.h"
#include "rules/engine/value.h"

#include <math.h>
#include <stdlib.h>

int evaluator_init(struct evaluator *by, const struct program *program,
                   const struct meters *meters) {
  *by = (struct evaluator){.program = program, .meters = meters};
  by->regex = regex_scratch_new();
  by->scratch = malloc(SCRATCH_BYTES);
  if (by->regex && by->scratch) return OK;
  evaluator_fini(by);
  return ERR_MEMORY;
}

void evaluator_fini(struct evaluator *by) {
  regex_scratch_free(&by->regex);
  free(by->scratch);
  *by = (struct evaluator){0};
}

void evaluate_begin(struct evaluation *e, struct evaluator *by, const struct facts *facts) {
  e->by = by;
  e->facts = facts;
  e->now = 0;
  e->phase_done = -1;
  e->routes = e->unsure = e->deferred = 0;
  e->login = -1;
  e->wants_body = e->recognized = e->settled = false;
  e->charged_count = 0;
  verdict_init(&e->verdict);
}

static bool in_force(const struct evaluation *e, const struct definition *def) {
  return e->facts->sources >> def->source & 1;
}

bool evaluate_is_due(const struct evaluation *e, const struct definition *def, int done,
                     enum phase upto) {
  if (!in_force(e, def) || def->routes & e->unsure) return false;
  return (def->phase > done && def->phase <= (int)upto) || def->routes & e->deferred;
}

/* Which routes the request is on. What hangs on the body stays unsure, and is asked again with it. */
static void find_routes(struct evaluation *e, enum phase phase) {
  const struct program *p = e->by->program;
  bool again = phase == PHASE_BODY;
  e->deferred = again ? e->unsure : 0;
  e->unsure = 0;
  for (uint32_t i = 0; i < p->route_count; i++) {
    const struct route *r = &p->routes[i];
    uint64_t bit = UINT64_C(1) << r->bit;
    bool settled = e->routes & bit || (again && !(e->deferred & bit));
    if (settled || !in_force(e, &r->def)) continue;
    value_begin(e);
    enum truth truth = value_truth(e, r->when);
    if (truth == TRUTH_YES) e->routes |= bit;
    if (truth == TRUTH_UNKNOWN && r->def.phase == PHASE_BODY && !again) e->unsure |= bit;
  }
  e->unsure &= ~e->routes;
}

/* Which login it is. True: that hangs on the body. */
static bool find_login(struct evaluation *e, enum phase phase) {
  const struct program *p = e->by->program;
  bool unsure = false;
  for (uint32_t i = 0; i < p->login_count && e->login < 0; i++) {
    const struct login *l = &p->logins[i];
    bool late = l->def.phase == PHASE_BODY || l->def.routes & (e->unsure | e->deferred);
    if ((phase == PHASE_BODY && !late) || !in_force(e, &l->def)) continue;
    value_begin(e);
    enum truth truth = value_truth(e, l->when);
    if (truth == TRUTH_YES) e->login = (int)i;
    unsure |= truth == TRUTH_UNKNOWN && late;
  }
  return unsure;
}

static void by_list(struct verdict *v, enum action action, struct span list) {
  const struct reason reason = {
      .kind = REASON_LIST, .action = action, .rule = list, .value = NAN, .threshold = NAN};
  verdict_add(v, &reason);
  v->final = true;
}

static void ask_lists(struct verdict *v, const struct facts *facts) {
  if (facts->ip_src_allowed == TRUTH_YES)
    by_list(v, ACTION_ALLOW, SPAN("allow"));
  else if (facts->ip_src_banned == TRUTH_YES)
    by_list(v, ACTION_DROP, SPAN("ban"));
}

/* True when the rule has decided. */
static bool ask_rule(struct evaluation *e, const struct rule *rule) {
  value_begin(e);
  if (value_truth(e, rule->when) != TRUTH_YES) return false;
  struct verdict *v = &e->verdict;
  const struct reason reason = {.kind = REASON_RULE,
                                .action = rule->action,
                                .shadow = rule->def.shadow,
                                .rule = rule->def.name,
                                .value = NAN,
                                .threshold = NAN,
                                .because = rule->because};
  verdict_add(v, &reason);
  if (rule->def.shadow || rule->action == ACTION_LOG) return false;
  if (rule->action == ACTION_BAN) v->ban_ms = rule->hold_ms;
  v->final = true;
  return true;
}

static void ask_rules(struct evaluation *e, int from, enum phase upto) {
  const struct program *p = e->by->program;
  for (uint32_t i = 0; i < p->rule_count; i++) {
    const struct rule *rule = &p->rules[i];
    if (evaluate_is_due(e, &rule->def, from, upto) && ask_rule(e, rule)) return;
  }
}

/* A login whose body cannot be read is done with as its statement says. */
static void ask_login(struct evaluation *e) {
  if (e->login < 0 || e->facts->body_readable != TRUTH_NO) return;
  const struct login *l = &e->by->program->logins[e->login];
  const struct reason reason = {.kind = REASON_RULE,
                                .action = l->unreadable,
                                .rule = l->def.name,
                                .value = NAN,
                                .threshold = NAN,
                                .because = SPAN("a login whose body cannot be read")};
  verdict_add(&e->verdict, &reason);
}

/* Routes and login. True: the login hangs on the body. */
static bool recognize(struct evaluation *e, enum phase upto) {
  if (e->recognized) return false;
  find_routes(e, upto);
  return e->login < 0 && find_login(e, upto);
}

int evaluate_login(struct evaluation *e) {
  require(e->phase_done == PHASE_HEAD);
  if (!e->verdict.final) recognize(e, PHASE_BODY);
  e->recognized = true;
  return e->login;
}

/* A challenge that is solved goes on to the origin, and so does its guess: it counts until it is settled otherwise. */
static bool may_reach_origin(enum action action) {
  return action == ACTION_ALLOW || action == ACTION_CHALLENGE || action == ACTION_STEP_UP;
}

static void run(struct evaluation *e, enum phase upto, mono_ms now) {
  require(e->phase_done < (int)upto);
  int from = e->phase_done;
  e->now = now;
  e->phase_done = (int)upto;
  if (e->verdict.final) return;
  bool unsure = recognize(e, upto);
  e->wants_body = upto == PHASE_HEAD && (unsure || e->unsure);
  if (from < 0) ask_lists(&e->verdict, e->facts);
  if (!e->verdict.final) ask_rules(e, from, upto);
  if (!e->verdict.final) {
    if (upto == PHASE_BODY) ask_login(e);
    charges_note_signals(e, from, upto);
    charges_limits(e, from, upto);
    decide_run(e, from, upto);
  }
  if (!may_reach_origin(e->verdict.action)) charges_give_back_failures(e);
}

void evaluate_head(struct evaluation *e, mono_ms now) {
  run(e, PHASE_HEAD, now);
}

void evaluate_body(struct evaluation *e, mono_ms now) {
  require(e->phase_done == PHASE_HEAD);
  run(e, PHASE_BODY, now);
}

struct verdict evaluate_hello(struct evaluator *by, const struct facts *facts, mono_ms now) {
  struct evaluation e;
  evaluate_begin(&e, by, facts);
  e.now = now;
  ask_lists(&e.verdict, facts);
  for (uint32_t i = 0; i < by->program->rule_count && !e.verdict.final; i++) {
    const struct rule *rule = &by->program->rules[i];
    bool drops = rule->action == ACTION_DROP || rule->action == ACTION_BAN;
    bool early = rule->def.phase == PHASE_HELLO;
    if (!in_force(&e, &rule->def) || rule->def.shadow) continue;
    if (early && drops && ask_rule(&e, rule)) break;
    /* An earlier rule that lets through, or may yet do so, is not overtaken: the head decides. */
    bool may_allow =
        rule->action == ACTION_ALLOW && (!early || value_truth(&e, rule->when) == TRUTH_YES);
    if (may_allow) break;
  }
  return e.verdict;
}

enum outcome evaluate_outcome(struct evaluation *e) {
  if (e->login < 0) return OUTCOME_UNKNOWN;
  const struct login *l = &e->by->program->logins[e->login];
  bool unsure = false;
  for (int outcome = 0; outcome < OUTCOME_COUNT; outcome++) {
    if (l->outcomes[outcome] == NO_CODE) continue;
    value_begin(e);
    enum truth truth = value_truth(e, l->outcomes[outcome]);
    if (truth == TRUTH_YES) return (enum outcome)outcome;
    unsure |= truth == TRUTH_UNKNOWN;
  }
  return unsure ? OUTCOME_UNKNOWN : l->otherwise;
}

void evaluate_settle(struct evaluation *e, enum outcome outcome, mono_ms now) {
  require(!e->settled);
  e->settled = true;
  e->now = now;
  if (outcome != OUTCOME_FAILED) charges_give_back_failures(e);
  charges_after(e, outcome, !isnan(e->facts->response_status));
  e->charged_count = 0;
}

bool evaluate_is_on(const struct evaluation *e, struct span route) {
  const struct program *p = e->by->program;
  for (uint32_t i = 0; i < p->route_name_count; i++) {
    if (span_eq(p->route_names[i], route)) return e->routes >> i & 1;
  }
  return false;
}
