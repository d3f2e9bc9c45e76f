// SPDX-License-Identifier: Apache-2.0
#include "rules/engine/charges.h"

#include "rules/engine/value.h"

#include <math.h>

bool charges_is_on(const struct evaluation *e, const struct moment *on) {
  switch (on->event) {
  case EVENT_REQUEST:
  case EVENT_ANSWER: return true;
  case EVENT_LOGIN:
  case EVENT_LOGIN_FAILED:
  case EVENT_LOGIN_SUCCEEDED: return e->login >= 0;
  case EVENT_ROUTE: return e->routes >> on->route & 1;
  case EVENT_COUNT: break;
  }
  return false;
}

/* These only look at the attempt; they are charged when it is over. */
static bool charged_later(enum event event) {
  return event == EVENT_ANSWER || event == EVENT_LOGIN_SUCCEEDED;
}

static void remember(struct evaluation *e, struct charged charged) {
  if (e->charged_count < CHARGES_MAX)
    e->charged[e->charged_count++] = charged;
  else
    e->by->charge_overruns++; /* it stays charged */
}

static void note(struct evaluation *e, uint32_t index) {
  const struct signal *s = &e->by->program->signals[index];
  const struct meters *m = e->by->meters;
  struct charged charged = {.signal = true, .event = s->on.event, .index = index};
  if (value_truth(e, s->when) != TRUTH_YES || !value_key(e, &s->key, &charged.key)) return;
  bool told = s->distinct != NO_CODE;
  if (told && !value_digest(e, s->distinct, (enum type)s->distinct_type, 0, &charged.item)) return;
  bool counts = m->note(m->self, index, charged.key, charged.item, e->now);
  if (counts && s->on.event == EVENT_LOGIN_FAILED) remember(e, charged);
}

void charges_note_signals(struct evaluation *e, int from, enum phase upto) {
  const struct program *p = e->by->program;
  for (uint32_t i = 0; i < p->signal_count; i++) {
    const struct signal *s = &p->signals[i];
    if (!evaluate_is_due(e, &s->def, from, upto) || charged_later(s->on.event) ||
        !charges_is_on(e, &s->on))
      continue;
    value_begin(e);
    note(e, i);
  }
}

static double price_of(struct evaluation *e, const struct limit *l) {
  if (l->costing == NO_CODE) return 1;
  double price = value_number(e, l->costing);
  return price > 0 ? price : 0; /* not known: free */
}

static void exceeded(struct evaluation *e, const struct limit *l, const struct charge *charge) {
  struct verdict *v = &e->verdict;
  const struct reason reason = {.kind = REASON_LIMIT,
                                .action = l->action,
                                .shadow = l->def.shadow,
                                .rule = l->def.name,
                                .value = charge->count,
                                .threshold = l->quantity,
                                .because = l->because};
  verdict_add(v, &reason);
  if (l->def.shadow) return;
  if (charge->retry_ms > v->retry_ms && l->action == ACTION_THROTTLE)
    v->retry_ms = charge->retry_ms;
  if (l->action == ACTION_BAN && l->hold_ms > v->ban_ms) v->ban_ms = l->hold_ms;
}

static void charge(struct evaluation *e, uint32_t index) {
  const struct limit *l = &e->by->program->limits[index];
  const struct meters *m = e->by->meters;
  struct charged charged = {.event = l->on.event, .index = index};
  bool later = charged_later(l->on.event);
  /* `when` of a limit on the answer looks at the answer: now it is only asked whether the limit is exceeded already. */
  if (l->on.event != EVENT_ANSWER && value_truth(e, l->when) != TRUTH_YES) return;
  if (!value_key(e, &l->key, &charged.key)) return;
  charged.price = later ? 0 : price_of(e, l);
  struct charge answer = m->charge(m->self, index, charged.key, e->now, charged.price);
  if (answer.over)
    exceeded(e, l, &answer);
  else if (l->on.event == EVENT_LOGIN_FAILED)
    remember(e, charged);
}

void charges_limits(struct evaluation *e, int from, enum phase upto) {
  const struct program *p = e->by->program;
  for (uint32_t i = 0; i < p->limit_count; i++) {
    const struct limit *l = &p->limits[i];
    if (!evaluate_is_due(e, &l->def, from, upto) || !charges_is_on(e, &l->on)) continue;
    value_begin(e);
    charge(e, i);
  }
}

void charges_give_back_failures(struct evaluation *e) {
  const struct meters *m = e->by->meters;
  for (uint32_t i = 0; i < e->charged_count; i++) {
    const struct charged *c = &e->charged[i];
    if (c->signal)
      m->unnote(m->self, c->index, c->key, c->item, e->now);
    else
      m->refund(m->self, c->index, c->key, e->now, c->price);
  }
  e->charged_count = 0;
}

static bool is_over(const struct evaluation *e, const struct definition *def,
                    const struct moment *on, enum outcome outcome, bool answered) {
  bool due = on->event == EVENT_ANSWER
                 ? answered
                 : on->event == EVENT_LOGIN_SUCCEEDED && outcome == OUTCOME_SUCCEEDED;
  return due && (e->facts->sources >> def->source & 1) && charges_is_on(e, on);
}

void charges_after(struct evaluation *e, enum outcome outcome, bool answered) {
  const struct program *p = e->by->program;
  const struct meters *m = e->by->meters;
  for (uint32_t i = 0; i < p->signal_count; i++) {
    const struct signal *s = &p->signals[i];
    if (!is_over(e, &s->def, &s->on, outcome, answered)) continue;
    value_begin(e);
    note(e, i);
  }
  for (uint32_t i = 0; i < p->limit_count; i++) {
    const struct limit *l = &p->limits[i];
    struct meter_key key;
    if (!is_over(e, &l->def, &l->on, outcome, answered)) continue;
    value_begin(e);
    if (value_truth(e, l->when) != TRUTH_YES || !value_key(e, &l->key, &key)) continue;
    m->charge(m->self, i, key, e->now, price_of(e, l));
  }
}
