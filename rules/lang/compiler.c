// SPDX-License-Identifier: Apache-2.0
/** Checked statements into the program's tables. */
#include "rules/base/err.h"
#include "rules/lang/checker.h"
#include "rules/lang/cost.h"
#include "rules/lang/emit.h"
#include "rules/lang/parser.h"
#include "rules/lang/phases.h"

#include <math.h>
#include <stdlib.h>

enum { PROGRAM_BYTES_MAX = 64 << 20, TREE_BYTES_MAX = 64 << 20 };

static struct definition define(struct emit *e, const struct statement *s) {
  uint32_t line, column;
  report_locate(&e->symbols->report->sources[s->source], s->place.at, &line, &column);
  return (struct definition){.name = emit_text(e, s->name),
                             .source = s->source,
                             .line = line,
                             .phase = phases_of_statement(e->symbols, s),
                             .routes = phases_routes_of_statement(e->symbols, s),
                             .shadow = s->shadow};
}

static uint32_t clause_expr(struct emit *e, const struct statement *s, enum clause_kind kind) {
  const struct clause *c = statement_clause(s, kind);
  return c ? emit_expr(e, c->expr) : NO_CODE;
}

static double clause_number(const struct statement *s, enum clause_kind kind, double otherwise) {
  const struct clause *c = statement_clause(s, kind);
  return c ? c->number : otherwise;
}

static enum action clause_action(const struct statement *s, enum clause_kind kind,
                                 enum action otherwise) {
  const struct clause *c = statement_clause(s, kind);
  return c ? (enum action)c->ref : otherwise;
}

static struct span clause_text(struct emit *e, const struct statement *s, enum clause_kind kind) {
  const struct clause *c = statement_clause(s, kind);
  return c ? emit_text(e, c->text) : SPAN("");
}

static struct moment moment_of(struct emit *e, enum event event, struct span route) {
  if (event != EVENT_ROUTE) return (struct moment){.event = event};
  return (struct moment){event, symbols_find(e->symbols, STATEMENT_ROUTE, route)->index};
}

static struct moment clause_moment(struct emit *e, const struct statement *s,
                                   enum event otherwise) {
  const struct clause *on = statement_clause(s, CLAUSE_ON);
  return on ? moment_of(e, (enum event)on->ref, on->word) : (struct moment){.event = otherwise};
}

static struct key key_of(struct emit *e, const struct statement *s) {
  const struct clause *by = statement_clause(s, CLAUSE_BY);
  struct key key = {.client = by->client};
  for (const struct expr *part = by->expr; part; part = part->next) {
    key.types[key.count] = (uint8_t)part->type;
    key.codes[key.count++] = emit_expr(e, part);
  }
  return key;
}

static void add_route(struct emit *e, const struct statement *s) {
  struct program *p = e->p;
  struct route route = {
      .def = define(e, s), .bit = s->index, .when = clause_expr(e, s, CLAUSE_WHEN)};
  p->routes = emit_grow(e, p->routes, p->route_count, sizeof(route));
  if (!e->failed) p->routes[p->route_count++] = route;
  while (!e->failed && p->route_name_count <= s->index) {
    p->route_names = emit_grow(e, p->route_names, p->route_name_count, sizeof(struct span));
    if (!e->failed) p->route_names[p->route_name_count++] = route.def.name;
  }
}

static void add_login(struct emit *e, const struct statement *s) {
  static const enum outcome outcomes[CLAUSE_COUNT] = {[CLAUSE_SUCCESS] = OUTCOME_SUCCEEDED,
                                                      [CLAUSE_SECOND_FACTOR] =
                                                          OUTCOME_SECOND_FACTOR,
                                                      [CLAUSE_FAILURE] = OUTCOME_FAILED};
  struct program *p = e->p;
  struct login login = {.def = define(e, s),
                        .when = clause_expr(e, s, CLAUSE_WHEN),
                        .otherwise = OUTCOME_UNKNOWN,
                        .unreadable = clause_action(s, CLAUSE_UNREADABLE, ACTION_CHALLENGE)};
  for (const struct clause *c = s->clauses; c; c = c->next) {
    struct credential credential = {(enum carrier)c->ref, emit_text(e, c->text)};
    if (c->kind == CLAUSE_USERNAME) login.usernames[login.username_count++] = credential;
    if (c->kind == CLAUSE_PASSWORD) login.passwords[login.password_count++] = credential;
    if (clause_rows[c->kind].shape != SHAPE_OUTCOME) continue;
    if (c->expr)
      login.outcomes[outcomes[c->kind]] = emit_expr(e, c->expr);
    else
      login.otherwise = outcomes[c->kind];
  }
  p->logins = emit_grow(e, p->logins, p->login_count, sizeof(login));
  if (!e->failed) p->logins[p->login_count++] = login;
}

static void add_limit(struct emit *e, const struct statement *s) {
  struct program *p = e->p;
  struct limit limit = {.def = define(e, s),
                        .on = clause_moment(e, s, EVENT_REQUEST),
                        .quantity = s->head->number,
                        .burst = clause_number(s, CLAUSE_BURST, s->head->number),
                        .window_ms = (uint64_t)clause_number(s, CLAUSE_IN, 0),
                        .key = key_of(e, s),
                        .when = clause_expr(e, s, CLAUSE_WHEN),
                        .costing = clause_expr(e, s, CLAUSE_COSTING),
                        .action = clause_action(s, CLAUSE_THEN, ACTION_LOG),
                        .hold_ms = (uint64_t)clause_number(s, CLAUSE_FOR, 0),
                        .because = clause_text(e, s, CLAUSE_BECAUSE)};
  p->limits = emit_grow(e, p->limits, p->limit_count, sizeof(limit));
  if (!e->failed) p->limits[p->limit_count++] = limit;
}

static void add_signal(struct emit *e, const struct statement *s) {
  struct program *p = e->p;
  const struct clause *distinct = statement_clause(s, CLAUSE_DISTINCT);
  struct signal signal = {.def = define(e, s),
                          .on = clause_moment(e, s, EVENT_REQUEST),
                          .key = key_of(e, s),
                          .distinct = distinct ? emit_expr(e, distinct->expr) : NO_CODE,
                          .distinct_type = (uint8_t)(distinct ? distinct->expr->type : TYPE_BOOL),
                          .window_ms = (uint64_t)clause_number(s, CLAUSE_IN, 0),
                          .when = clause_expr(e, s, CLAUSE_WHEN)};
  p->signals = emit_grow(e, p->signals, p->signal_count, sizeof(signal));
  if (!e->failed) p->signals[p->signal_count++] = signal;
}

static void add_score(struct emit *e, const struct statement *s) {
  struct program *p = e->p;
  struct score score = {.def = define(e, s),
                        .on = clause_moment(e, s, EVENT_LOGIN),
                        .points = emit_expr(e, s->head),
                        .when = clause_expr(e, s, CLAUSE_WHEN),
                        .value = emit_expr(e, checker_shown_number(s)),
                        .min = clause_number(s, CLAUSE_MIN, -INFINITY),
                        .max = clause_number(s, CLAUSE_MAX, INFINITY),
                        .own = statement_clause(s, CLAUSE_OWN) != NULL,
                        .because = clause_text(e, s, CLAUSE_BECAUSE)};
  p->scores = emit_grow(e, p->scores, p->score_count, sizeof(score));
  if (!e->failed) p->scores[p->score_count++] = score;
}

static void add_decide(struct emit *e, const struct statement *s) {
  struct program *p = e->p;
  int event = word_find(event_words, EVENT_COUNT, s->name);
  struct decide decide = {.def = define(e, s),
                          .on = moment_of(e, event < 0 ? EVENT_ROUTE : (enum event)event, s->name),
                          .prior = clause_expr(e, s, CLAUSE_PRIOR)};
  for (const struct clause *c = s->clauses; c; c = c->next) {
    if (c->kind == CLAUSE_THRESHOLD) {
      decide.thresholds[c->ref] = (struct threshold){
          .set = true, .at = c->number, .own = c->text2.len ? c->number2 : -INFINITY};
    }
    if (c->kind == CLAUSE_CAP) {
      decide.caps[decide.cap_count++] =
          (struct cap){c->most, (enum action)c->ref, emit_expr(e, c->expr)};
    }
  }
  p->decides = emit_grow(e, p->decides, p->decide_count, sizeof(decide));
  if (!e->failed) p->decides[p->decide_count++] = decide;
}

static void add_rule(struct emit *e, const struct statement *s) {
  struct program *p = e->p;
  struct rule rule = {.def = define(e, s),
                      .when = clause_expr(e, s, CLAUSE_WHEN),
                      .action = clause_action(s, CLAUSE_THEN, ACTION_LOG),
                      .hold_ms = (uint64_t)clause_number(s, CLAUSE_FOR, 0),
                      .because = clause_text(e, s, CLAUSE_BECAUSE)};
  p->rules = emit_grow(e, p->rules, p->rule_count, sizeof(rule));
  if (!e->failed) p->rules[p->rule_count++] = rule;
}

static void add_list(struct emit *e, const struct statement *s) {
  struct program *p = e->p;
  struct named_list list = {.def = define(e, s)};
  if (s->head) {
    list.set = arena_zero(&p->arena, sizeof(*list.set));
    if (!list.set || set_build(list.set, s->head, &p->arena) != OK) e->failed = true;
  }
  p->lists = emit_grow(e, p->lists, p->list_count, sizeof(list));
  if (!e->failed) p->lists[p->list_count++] = list;
}

static struct given given_of(struct emit *e, const struct expr *equal) {
  const struct expr *field = equal->kids, *value = field->next;
  bool negative = value->kind == EXPR_NEGATE;
  if (negative) value = value->kids;
  return (struct given){.field = field->ref,
                        .key = emit_text(e, field->key),
                        .text = value->kind == EXPR_TEXT ? emit_text(e, value->text) : SPAN(""),
                        .type = field->type,
                        .number = negative ? -value->number : value->number,
                        .addr = value->prefix.addr};
}

static void add_example(struct emit *e, const struct statement *s) {
  struct program *p = e->p;
  const struct clause *expect = statement_clause(s, CLAUSE_EXPECT),
                      *times = statement_clause(s, CLAUSE_TIMES);
  struct example example = {.def = define(e, s),
                            .times = times ? (uint32_t)times->number : 1,
                            .times_ms = times ? (uint64_t)times->number2 : 0,
                            .expect = (enum action)expect->ref,
                            .by = emit_text(e, expect->word)};
  for (const struct clause *c = s->clauses; c; c = c->next) {
    if (c->kind != CLAUSE_GIVEN) continue;
    struct given given = given_of(e, c->expr);
    example.givens = emit_grow(e, example.givens, example.given_count, sizeof(given));
    if (!e->failed) example.givens[example.given_count++] = given;
  }
  p->examples = emit_grow(e, p->examples, p->example_count, sizeof(example));
  if (!e->failed) p->examples[p->example_count++] = example;
}

static void add_statement(struct emit *e, const struct statement *s) {
  static void (*const adders[STATEMENT_COUNT])(struct emit *, const struct statement *) = {
      [STATEMENT_LIST] = add_list,      [STATEMENT_ROUTE] = add_route,
      [STATEMENT_LOGIN] = add_login,    [STATEMENT_LIMIT] = add_limit,
      [STATEMENT_SIGNAL] = add_signal,  [STATEMENT_SCORE] = add_score,
      [STATEMENT_DECIDE] = add_decide,  [STATEMENT_RULE] = add_rule,
      [STATEMENT_EXAMPLE] = add_example};
  if (!s->replaced && adders[s->kind]) adders[s->kind](e, s);
}

static void add_sources(struct emit *e) {
  struct program *p = e->p;
  const struct report *report = e->symbols->report;
  p->source_names = arena_zero(&p->arena, (report->source_count + 1) * sizeof(struct span));
  if (!p->source_names) e->failed = true;
  for (uint32_t i = 0; !e->failed && i < report->source_count; i++) {
    p->source_names[i] = emit_text(e, report->sources[i].name);
    if (report->sources[i].pack) p->packs |= UINT64_C(1) << i;
    p->source_count++;
  }
}

static void check_cost(struct emit *e) {
  const struct definition *dearest;
  uint64_t dearest_ns;
  struct report *report = e->symbols->report;
  e->p->cost_ns = cost_of_program(e->p, e->symbols->schema, &dearest, &dearest_ns);
  if (e->p->cost_ns <= COST_NS_MAX) return;
  struct span mend = report_text(
      report, "the dearest statement is this one, with %.2f ms: match less text, or fewer patterns",
      (double)dearest_ns / 1e6);
  struct place place = {.source = dearest->source};
  struct span text = report->sources[dearest->source].text;
  for (uint32_t line = 1; line < dearest->line; line++)
    place.at += (uint32_t)span_find(span_skip(text, place.at), '\n') + 1;
  place.len = (uint32_t)span_find(span_skip(text, place.at), '\n');
  report_add(report, place, mend,
             "these rules could cost %.1f ms for one request; the bound is %.1f ms",
             (double)e->p->cost_ns / 1e6, COST_NS_MAX / 1e6);
}

static int compile(const struct symbols *symbols, struct program **out) {
  struct program *p = calloc(1, sizeof(*p));
  if (!p) return ERR_MEMORY;
  arena_init(&p->arena, NULL, 0, PROGRAM_BYTES_MAX);
  struct emit e = {.p = p, .symbols = symbols};
  p->codes = emit_grow(&e, NULL, 0, sizeof(struct code));
  if (!e.failed) p->codes[p->code_count++] = (struct code){.op = OP_TRUTH}; /* NO_CODE */
  add_sources(&e);
  for (size_t i = 0; i < symbols->tree_count; i++) {
    for (const struct statement *s = symbols->trees[i].statements; s && !e.failed; s = s->next)
      add_statement(&e, s);
  }
  if (!e.failed) check_cost(&e);
  if (!e.failed && !symbols->report->count) {
    *out = p;
    return OK;
  }
  program_free(&p);
  return symbols->report->count ? ERR_SYNTAX : ERR_MEMORY;
}

int program_compile(const struct schema *schema, struct report *report, struct program **out) {
  struct arena arena;
  struct symbols symbols;
  if (report->source_count > SOURCES_MAX) {
    report_add(report, (struct place){0}, SPAN("put some together"), "more than %d rule files",
               SOURCES_MAX);
    return ERR_SYNTAX;
  }
  arena_init(&arena, NULL, 0, TREE_BYTES_MAX);
  struct tree *trees = arena_zero(&arena, (report->source_count + 1) * sizeof(*trees));
  for (uint32_t i = 0; trees && i < report->source_count; i++)
    trees[i] = parser_run(report, i, &arena);
  int err = ERR_MEMORY;
  if (trees) {
    symbols_init(&symbols, trees, report->source_count, schema, report, &arena);
    if (!arena.failed) checker_run(&symbols);
    if (!arena.failed) err = report->count ? ERR_SYNTAX : compile(&symbols, out);
    if (arena.failed && report->count) err = ERR_SYNTAX;
  }
  arena_fini(&arena);
  return err;
}
