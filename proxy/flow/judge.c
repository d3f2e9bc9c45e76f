// SPDX-License-Identifier: Apache-2.0
#include "proxy/flow/judge.h"

#include "proxy/flow/enforce.h"
#include "proxy/flow/evidence.h"
#include "proxy/flow/record.h"
#include "rules/base/err.h"

#include <math.h>
#include <stdlib.h>

enum { SPARE_MAX = 16 };

/* ---- lifetimes ---- */

int judge_new(struct policy *policy, struct judge **out) {
  struct judge *j = calloc(1, sizeof(*j));
  if (!j) return ERR_MEMORY;
  int err = evaluator_init(&j->by, policy->program, &policy->meters);
  if (err) {
    free(j);
    return err;
  }
  j->refs = 1;
  j->policy = policy;
  list_init(&j->spare);
  *out = j;
  return OK;
}

struct judge *judge_hold(struct judge *j) {
  if (j) j->refs++;
  return j;
}

void judge_drop(struct judge **judge) {
  struct judge *j = *judge;
  *judge = NULL;
  if (!j || --j->refs) return;
  while (!list_empty(&j->spare)) free(LIST_OF(list_pop(&j->spare), struct judgement, node));
  evaluator_fini(&j->by);
  policy_drop(&j->policy);
  free(j);
}

static struct judgement *open_judgement(struct judge *by) {
  struct list *spare = list_pop(&by->spare);
  struct judgement *j = spare ? LIST_OF(spare, struct judgement, node) : malloc(sizeof(*j));
  if (spare) by->spare_count--;
  if (j) {
    j->node = (struct list){0};
    j->form = (struct form){0};
  }
  return j;
}

static void close_judgement(struct exchange *x) {
  struct judgement *j = x->judgement;
  struct judge *by = x->judge;
  x->judgement = NULL;
  form_fini(&j->form);
  explicit_bzero(j->password, sizeof(j->password));
  if (by->spare_count < SPARE_MAX) {
    by->spare_count++;
    list_push(&by->spare, &j->node);
  } else {
    free(j);
  }
}

/* ---- what was decided ---- */

struct ruling *judge_ruling(struct exchange *x) {
  if (x->ruling) return x->ruling;
  x->ruling = arena_zero(&x->arena, sizeof(*x->ruling));
  if (x->ruling) x->ruling->exchange = x;
  return x->ruling;
}

/* Reasons outlive the evaluation as text: for the header to the origin, and as a JSON list of names for the log. */
static void keep_reasons(struct exchange *x, struct ruling *r, const struct verdict *v) {
  struct buf *b = &x->flow->scratch;
  buf_reset(b);
  verdict_reasons(v, b);
  r->reasons = arena_copy(&x->arena, buf_span(b));
  buf_reset(b);
  for (uint32_t i = 0; i < v->reason_count; i++) {
    buf_put_byte(b, i ? ',' : '[');
    buf_put_json(b, v->reasons[i].rule);
  }
  buf_put_byte(b, ']');
  r->rules = arena_copy(&x->arena, buf_span(b));
  buf_reset(b);
}

static void take_verdict(struct exchange *x, const struct verdict *v) {
  x->action = v->action;
  x->verdict = verdict_name(v->action);
  bool scored = !isnan(v->score);
  struct ruling *r = v->reason_count || scored ? judge_ruling(x) : NULL;
  if (!r) return;
  r->retry_ms = v->retry_ms;
  r->ban_ms = v->ban_ms;
  r->scored = scored;
  r->score = scored ? v->score : 0;
  if (v->reason_count) keep_reasons(x, r, v);
}

static void settle(struct exchange *x, enum outcome outcome) {
  struct evaluation *e = &x->judgement->evaluation;
  evaluate_settle(e, outcome, x->flow->loop->now);
  bool refused = enforce_refuses(x);
  if (e->login >= 0 && !refused) {
    if (judge_ruling(x)) x->ruling->outcome = outcome_words[outcome].text;
    flow_count(x->flow, (enum counter)(COUNTER_login_unknown + outcome));
  }
  if (e->login >= 0 || refused) record_event(x, &e->verdict, e->login >= 0);
  close_judgement(x);
}

/* ---- the way of an exchange ---- */

void judge_head(struct exchange *x) {
  struct judgement *j = x->judge ? open_judgement(x->judge) : NULL;
  if (!j) return;
  struct evaluation *e = &j->evaluation;
  x->judgement = j;
  evidence_of_head(j, x);
  evaluate_begin(e, &x->judge->by, &j->facts);
  evaluate_head(e, x->flow->loop->now);
  take_verdict(x, &e->verdict);
  bool refused = enforce_refuses(x);
  x->asks_body = !refused && !e->verdict.final && (e->login >= 0 || e->wants_body);
  const struct login *login = e->login >= 0 ? &x->judge->policy->program->logins[e->login] : NULL;
  if (login && judge_ruling(x)) x->ruling->login = login->def.name;
  x->skips_body = login && !e->wants_body && !evidence_is_in_body(login);
  bool waits = x->asks_body || e->login >= 0 || x->judge->policy->asks_answers;
  if (refused || !waits) settle(x, OUTCOME_UNKNOWN);
}

void judge_body(struct exchange *x, struct span body, bool whole) {
  struct judgement *j = x->judgement;
  struct evaluation *e = &j->evaluation;
  x->asks_body = false;
  if (!x->skips_body) evidence_of_body(j, x, body, whole);
  int login = evaluate_login(e);
  if (login >= 0) evidence_of_login(j, x, &x->judge->policy->program->logins[login]);
  evaluate_body(e, x->flow->loop->now);
  take_verdict(x, &e->verdict);
  j->facts.form = NULL; /* the answer is judged without it */
  form_fini(&j->form);
  if (enforce_refuses(x)) settle(x, OUTCOME_UNKNOWN);
}

void judge_answer(struct exchange *x, const struct message *m) {
  if (!x->judgement) return;
  evidence_of_answer(x->judgement, m);
  settle(x, evaluate_outcome(&x->judgement->evaluation));
}

void judge_end(struct exchange *x) {
  if (x->judgement) settle(x, OUTCOME_UNKNOWN);
}
