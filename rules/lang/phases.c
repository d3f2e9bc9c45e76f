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
  if (e->kind == EXPR_ROUTE) phase = PHASE_HEAD;
  for (const struct expr *kid = e->kids; kid; kid = kid->next) {
    phase = later(phase, phases_of_expr(s, kid));
  }
  return phase;
}

static enum phase event_phase(enum event event) {
  static const enum phase phases[EVENT_COUNT] = {
      [EVENT_REQUEST] = PHASE_HEAD,      [EVENT_LOGIN] = PHASE_BODY,
      [EVENT_LOGIN_FAILED] = PHASE_BODY, [EVENT_LOGIN_SUCCEEDED] = PHASE_BODY,
      [EVENT_ANSWER] = PHASE_HEAD,       [EVENT_ROUTE] = PHASE_HEAD};
  return phases[event];
}

enum phase phases_of_statement(const struct symbols *s, const struct statement *statement) {
  enum phase phase = PHASE_HELLO;
  if (statement->head && statement->kind != STATEMENT_LIST) {
    phase = later(phase, phases_of_expr(s, statement->head));
  }
  if (statement->kind == STATEMENT_DECIDE) {
    int event = word_find(event_words, EVENT_COUNT, statement->name);
    phase = later(phase, event_phase(event < 0 ? EVENT_ROUTE : (enum event)event));
  }
  const struct clause *on = statement_clause(statement, CLAUSE_ON);
  bool on_answer =
      on && on->ref == EVENT_ANSWER; /* its condition is asked when the answer is there */
  for (const struct clause *c = statement->clauses; c; c = c->next) {
    if (c->kind == CLAUSE_ON) phase = later(phase, event_phase((enum event)c->ref));
    bool after = c->kind == CLAUSE_SUCCESS || c->kind == CLAUSE_FAILURE ||
                 c->kind == CLAUSE_SECOND_FACTOR || c->kind == CLAUSE_GIVEN ||
                 (on_answer && (c->kind == CLAUSE_WHEN || c->kind == CLAUSE_COSTING));
    for (const struct expr *e = after ? NULL : c->expr; e; e = e->next) {
      phase = later(phase, phases_of_expr(s, e));
    }
  }
  return phase;
}

uint64_t phases_routes_of_expr(const struct symbols *s, const struct expr *e) {
  uint64_t routes = 0;
  if (e->kind == EXPR_ROUTE)
    routes = UINT64_C(1) << symbols_find(s, STATEMENT_ROUTE, e->text)->index;
  for (const struct expr *kid = e->kids; kid; kid = kid->next)
    routes |= phases_routes_of_expr(s, kid);
  return routes;
}

uint64_t phases_routes_of_statement(const struct symbols *s, const struct statement *statement) {
  uint64_t routes = 0;
  if (statement->head && statement->kind != STATEMENT_LIST)
    routes = phases_routes_of_expr(s, statement->head);
  for (const struct clause *c = statement->clauses; c; c = c->next) {
    bool route = c->kind == CLAUSE_ON && c->ref == EVENT_ROUTE;
    if (route) routes |= UINT64_C(1) << symbols_find(s, STATEMENT_ROUTE, c->word)->index;
    for (const struct expr *e = c->expr; e; e = e->next) routes |= phases_routes_of_expr(s, e);
  }
  const struct statement *decided = statement->kind == STATEMENT_DECIDE
                                        ? symbols_find(s, STATEMENT_ROUTE, statement->name)
                                        : NULL;
  if (decided && decided->kind == STATEMENT_ROUTE) routes |= UINT64_C(1) << decided->index;
  return routes;
}
