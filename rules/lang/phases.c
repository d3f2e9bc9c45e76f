// SPDX-License-Identifier: Apache-2.0
#include "rules/lang/phases.h"

static enum phase later(enum phase a, enum phase b) {
  return a > b ? a : b;
}

enum phase phases_of_expr(const struct symbols *s, const struct expr *e) {
  enum phase phase = PHASE_HELLO;
  if (e->kind == EXPR_FIELD) phase = s->schema->fields[e->ref].phase;
  if (e->kind == EXPR_SIGNAL) {
    const struct statement *signal = symbols_find(s, STATEMENT_SIGNAL, e->text);
    const struct clause *by = statement_clause(signal, CLAUSE_BY);
    for (const struct expr *key = by ? by->expr : NULL; key; key = key->next) {
      phase = later(phase, phases_of_expr(s, key));
    }
  }
  for (size_t i = 0; e->kind == EXPR_ROUTE && i < s->tree_count; i++) {
    for (struct statement *at = s->trees[i].statements; at; at = at->next) {
      bool named = at->kind == STATEMENT_ROUTE && !at->replaced && span_eq(at->name, e->text);
      if (named) phase = later(phase, phases_of_statement(s, at));
    }
  }
  for (const struct expr *kid = e->kids; kid; kid = kid->next) {
    phase = later(phase, phases_of_expr(s, kid));
  }
  return phase;
}

static enum phase event_phase(const struct symbols *s, const struct clause *on) {
  static const enum phase phases[EVENT_COUNT] = {
      [EVENT_REQUEST] = PHASE_HEAD,      [EVENT_LOGIN] = PHASE_BODY,
      [EVENT_LOGIN_FAILED] = PHASE_BODY, [EVENT_LOGIN_SUCCEEDED] = PHASE_BODY,
      [EVENT_ANSWER] = PHASE_HEAD,       [EVENT_ROUTE] = PHASE_HEAD};
  if (on->ref != EVENT_ROUTE) return phases[on->ref];
  struct expr route = {.kind = EXPR_ROUTE, .text = on->word};
  return later(PHASE_HEAD, phases_of_expr(s, &route));
}

enum phase phases_of_statement(const struct symbols *s, const struct statement *statement) {
  enum phase phase = PHASE_HELLO;
  if (statement->head && statement->kind != STATEMENT_LIST) {
    phase = later(phase, phases_of_expr(s, statement->head));
  }
  for (const struct clause *c = statement->clauses; c; c = c->next) {
    if (c->kind == CLAUSE_ON) phase = later(phase, event_phase(s, c));
    bool after = c->kind == CLAUSE_SUCCESS || c->kind == CLAUSE_FAILURE ||
                 c->kind == CLAUSE_SECOND_FACTOR || c->kind == CLAUSE_GIVEN;
    for (const struct expr *e = after ? NULL : c->expr; e; e = e->next) {
      phase = later(phase, phases_of_expr(s, e));
    }
  }
  return phase;
}
