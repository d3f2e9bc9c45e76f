// SPDX-License-Identifier: Apache-2.0
#include "rules/engine/decide.h"

#include "rules/engine/charges.h"
#include "rules/engine/value.h"

#include <math.h>

enum action decide_by_thresholds(const struct decide *d, double score, double own) {
  enum action chosen = ACTION_ALLOW;
  for (int action = ACTION_THROTTLE; action <= ACTION_DROP; action++) {
    const struct threshold *t = &d->thresholds[action];
    if (t->set && score >= t->at && own >= t->own) chosen = (enum action)action;
  }
  return chosen;
}

static bool same_moment(const struct moment *a, const struct moment *b) {
  return a->event == b->event && (a->event != EVENT_ROUTE || a->route == b->route);
}

struct sum {
  double score, own;
};

static void add_score(struct evaluation *e, const struct score *s, struct sum *sum) {
  value_begin(e);
  if (!(e->facts->sources >> s->def.source & 1) || value_truth(e, s->when) != TRUTH_YES) return;
  double points = value_number(e, s->points);
  if (isnan(points)) return; /* not known: no evidence either way */
  points = fmin(fmax(points, s->min), s->max);
  if (points == 0) return;
  const struct reason reason = {.kind = REASON_SCORE,
                                .action = ACTION_LOG,
                                .shadow = s->def.shadow,
                                .rule = s->def.name,
                                .value = s->value == NO_CODE ? NAN : value_number(e, s->value),
                                .threshold = NAN,
                                .decibans = points,
                                .because = s->because};
  verdict_add(&e->verdict, &reason);
  if (s->def.shadow) return;
  sum->score += points;
  if (s->own) sum->own += points;
}

static enum action capped(struct evaluation *e, const struct decide *d, enum action action) {
  for (uint32_t i = 0; i < d->cap_count; i++) {
    const struct cap *cap = &d->caps[i];
    bool bites = cap->most ? action > cap->action : action < cap->action;
    value_begin(e);
    if (!bites || value_truth(e, cap->when) != TRUTH_YES) continue;
    action = cap->action;
    const struct reason reason = {.kind = REASON_CAP,
                                  .action = ACTION_LOG,
                                  .rule = d->def.name,
                                  .value = NAN,
                                  .threshold = NAN,
                                  .because = cap->most ? SPAN("not more than this, by trust")
                                                       : SPAN("not less than this")};
    verdict_add(&e->verdict, &reason);
  }
  return action;
}

static void decide_one(struct evaluation *e, const struct decide *d) {
  const struct program *p = e->by->program;
  value_begin(e);
  double prior = d->prior == NO_CODE ? 0 : value_number(e, d->prior);
  if (isnan(prior)) return; /* without a prior evidence says nothing */
  struct sum sum = {.score = prior};
  for (uint32_t i = 0; i < p->score_count; i++) {
    if (same_moment(&p->scores[i].on, &d->on)) add_score(e, &p->scores[i], &sum);
  }
  struct verdict *v = &e->verdict;
  if (isnan(v->score) || sum.score > v->score) {
    v->score = sum.score;
    v->own = sum.own;
  }
  enum action action = capped(e, d, decide_by_thresholds(d, sum.score, sum.own));
  if (action > v->action) v->action = action;
}

void decide_run(struct evaluation *e, int from, enum phase upto) {
  const struct program *p = e->by->program;
  for (uint32_t i = 0; i < p->decide_count; i++) {
    const struct decide *d = &p->decides[i];
    if (evaluate_is_due(e, &d->def, from, upto) && charges_is_on(e, &d->on)) decide_one(e, d);
  }
}
