// SPDX-License-Identifier: Apache-2.0
#include "rules/lang/checker.h"

#include "rules/lang/phases.h"
#include "rules/lang/program.h"
#include "rules/lang/types.h"

enum { DAY_MS = 86400000 };

static const struct expr *named_number(const struct expr *e) {
  bool named = e->kind == EXPR_SIGNAL || e->kind == EXPR_FIELD;
  if (named && e->type == TYPE_NUMBER) return e;
  for (const struct expr *kid = e->kids; kid; kid = kid->next) {
    const struct expr *found = named_number(kid);
    if (found) return found;
  }
  return NULL;
}

const struct expr *checker_shown_number(const struct statement *score) {
  const struct clause *when = statement_clause(score, CLAUSE_WHEN);
  const struct expr *found = score->head ? named_number(score->head) : NULL;
  return found || !when || !when->expr ? found : named_number(when->expr);
}

static void check_event(const struct symbols *s, struct clause *c) {
  int event = word_find(event_words, EVENT_COUNT, c->word);
  const struct statement *route = symbols_find(s, STATEMENT_ROUTE, c->word);
  if (event < 0 && route && route->kind == STATEMENT_ROUTE) event = EVENT_ROUTE;
  c->ref = event < 0 ? EVENT_REQUEST : (uint32_t)event;
  if (event >= 0) return;
  struct nearest near = nearest_to(c->word);
  for (size_t i = 0; i < EVENT_COUNT; i++) nearest_offer(&near, span_of(event_words[i].text));
  struct span mend = near.best.len
                         ? report_text(s->report, "did you mean %.*s?", SPAN_ARG(near.best))
                         : symbols_suggest(s, false, STATEMENT_ROUTE, c->word);
  if (!mend.len)
    mend = SPAN("one of request, login, login_failed, login_succeeded, answer, or a route");
  report_add(s->report, c->word_place, mend, "unknown event '%.*s'", SPAN_ARG(c->word));
}

/* The types of a clause's expressions. */
static bool check_clause(const struct symbols *s, struct clause *c) {
  enum type wanted = c->kind == CLAUSE_COSTING || c->kind == CLAUSE_PRIOR ? TYPE_NUMBER : TYPE_BOOL;
  unsigned keys = 0;
  switch (clause_rows[c->kind].shape) {
  case SHAPE_EVENT: check_event(s, c); return true;
  case SHAPE_GIVEN: return types_check_given(s, c->expr);
  case SHAPE_KEYS:
    for (struct expr *key = c->expr; key; key = key->next, keys++) {
      if (!types_check_key(s, key)) return false;
    }
    if (keys <= KEYS_MAX) return true;
    report_add(s->report, c->place, SPAN(""), "a key has %d parts at most", KEYS_MAX);
    return false;
  default:
    if (!c->expr) return true;
    return c->kind == CLAUSE_DISTINCT ? types_check_key(s, c->expr)
                                      : types_check(s, c->expr, wanted);
  }
}

static void check_uses(const struct symbols *s, const struct statement *st) {
  const struct statement_row *row = &statement_rows[st->kind];
  for (unsigned i = 0; i < row->use_count; i++) {
    const struct clause_use *use = &row->uses[i];
    const struct clause_row *clause = &clause_rows[use->kind];
    if (!use->needed || statement_clause(st, use->kind)) continue;
    struct span mend = report_text(s->report, "add: %s%s%s", clause->word,
                                   clause->word[0] ? " " : "", clause->usage);
    report_add(s->report, st->name_place, mend, "%s '%.*s' lacks %s", row->word, SPAN_ARG(st->name),
               clause->word[0] ? clause->word : clause->usage);
  }
}

static void refuse(const struct symbols *s, struct place place, const char *mend,
                   const char *text) {
  report_add(s->report, place, span_of(mend), "%s", text);
}

static bool uses(const struct expr *e, enum expr_kind kind) {
  if (!e) return false;
  if (e->kind == kind) return true;
  for (const struct expr *kid = e->kids; kid; kid = kid->next) {
    if (uses(kid, kind)) return true;
  }
  return false;
}

/* A reason's text may show {value}, {limit}, and a score's number by its name. */
static void check_because(const struct symbols *s, const struct statement *st,
                          const struct clause *because) {
  const struct expr *named = st->kind == STATEMENT_SCORE ? checker_shown_number(st) : NULL;
  for (struct span rest = because->text; rest.len;) {
    rest = span_skip(rest, span_find(rest, '{') + 1);
    struct span name = span_from(rest.at, span_find(rest, '}'));
    if (name.len == rest.len) return;
    bool known = span_eq(name, SPAN("value")) || span_eq(name, SPAN("limit")) ||
                 (named && span_eq(name, named->text));
    if (known) continue;
    report_add(s->report, because->place,
               named ? report_text(s->report, "it can show {%.*s}", SPAN_ARG(named->text))
                     : SPAN("it can show {value} and {limit}"),
               "'{%.*s}' is nothing that this text can show", SPAN_ARG(name));
    return;
  }
}

static void check_action(const struct symbols *s, const struct statement *st) {
  const struct clause *then = statement_clause(st, CLAUSE_THEN),
                      *hold = statement_clause(st, CLAUSE_FOR);
  if (!then) return;
  if (then->ref == ACTION_BAN && !hold) {
    refuse(s, then->word_place, "as in: then ban for 30m", "a ban needs its time");
  }
  if (hold && st->kind == STATEMENT_RULE && then->ref != ACTION_BAN) {
    refuse(s, hold->place, "take it out: the rule is asked again with every request",
           "only a ban lasts");
  }
  if (hold && (hold->number < 1000 || hold->number > 366.0 * DAY_MS)) {
    refuse(s, hold->place, "", "a time between 1s and 366d");
  }
  if (st->kind == STATEMENT_LIMIT && then->ref == ACTION_ALLOW) {
    refuse(s, then->word_place, "write a rule, or `when not` in the limit",
           "past a limit nothing is allowed");
  }
}

static void check_window(const struct symbols *s, const struct statement *st) {
  const struct clause *in = statement_clause(st, CLAUSE_IN);
  if (in && (in->number < 100 || in->number > 31.0 * DAY_MS)) {
    refuse(s, in->place, "", "a window between 100ms and 31d");
  }
}

static void check_limit(const struct symbols *s, const struct statement *st) {
  const struct clause *burst = statement_clause(st, CLAUSE_BURST);
  bool counts =
      st->head && st->head->kind == EXPR_NUMBER && st->head->number >= 1 && st->head->number <= 1e9;
  if (st->head && !counts) {
    refuse(s, st->head->place, "as in: limit pages 60 in 1s …",
           "how many: a number from 1 to 1000000000");
  }
  if (burst && counts && (burst->number < st->head->number || burst->number > 1e9)) {
    refuse(s, burst->place, "a burst is what may come at once: at least the quantity",
           "a burst below the quantity");
  }
}

static void check_signal(const struct symbols *s, const struct statement *st) {
  const struct clause *count = statement_clause(st, CLAUSE_COUNTED),
                      *distinct = statement_clause(st, CLAUSE_DISTINCT);
  if (!count == !distinct) {
    refuse(s, st->name_place,
           "as in: signal spray distinct login.user by login.password in 24h on login_failed",
           "a signal is either a count or of distinct values");
  }
}

static void check_score(const struct symbols *s, const struct statement *st) {
  const struct clause *min = statement_clause(st, CLAUSE_MIN),
                      *max = statement_clause(st, CLAUSE_MAX);
  if (min && max && min->number > max->number)
    refuse(s, min->place, "", "the least is above the greatest");
  if (st->head) types_check(s, st->head, TYPE_NUMBER);
}

static void check_decide(const struct symbols *s, struct statement *st) {
  struct clause on = {.word = st->name, .word_place = st->name_place};
  check_event(s, &on);
  unsigned caps = 0;
  for (const struct clause *c = st->clauses; c; c = c->next) {
    bool verdict = c->ref >= ACTION_THROTTLE && c->ref <= ACTION_DROP;
    if (c->kind == CLAUSE_THRESHOLD && !verdict) {
      refuse(s, c->place, "one of throttle, challenge, step_up, tarpit, deny, drop",
             "this needs no threshold");
    }
    if (c->kind == CLAUSE_CAP && c->ref > ACTION_DROP)
      refuse(s, c->word_place, "", "no verdict of a request");
    caps += c->kind == CLAUSE_CAP;
  }
  if (caps > CAPS_MAX) refuse(s, st->name_place, "", "more than 16 caps");
}

static void check_login(const struct symbols *s, const struct statement *st) {
  unsigned names = 0, passwords = 0, otherwise = 0;
  for (const struct clause *c = st->clauses; c; c = c->next) {
    names += c->kind == CLAUSE_USERNAME;
    passwords += c->kind == CLAUSE_PASSWORD;
    bool outcome = clause_rows[c->kind].shape == SHAPE_OUTCOME;
    if (outcome && !c->expr && ++otherwise == 2)
      refuse(s, c->place, "", "'otherwise' stands here twice");
    if (c->kind == CLAUSE_UNREADABLE && c->ref > ACTION_DROP)
      refuse(s, c->word_place, "", "no verdict of a request");
  }
  if (names > CREDENTIALS_MAX || passwords > CREDENTIALS_MAX) {
    refuse(s, st->name_place, "", "more than four places for one credential");
  }
}

static void check_example(const struct symbols *s, const struct statement *st) {
  const struct clause *times = statement_clause(st, CLAUSE_TIMES),
                      *expect = statement_clause(st, CLAUSE_EXPECT);
  if (times && (times->number < 1 || times->number > 1e6 || times->number2 > 366.0 * DAY_MS)) {
    refuse(s, times->place, "", "from once to a million times, within 366d");
  }
  if (!expect) return;
  if (expect->ref > ACTION_DROP)
    refuse(s, expect->word_place, "a ban is a drop, a log is an allow", "no verdict of a request");
  if (expect->word.at && !symbols_find(s, STATEMENT_RULE, expect->word)) {
    report_add(s->report, expect->word_place,
               symbols_suggest(s, false, STATEMENT_COUNT, expect->word), "nothing is named '%.*s'",
               SPAN_ARG(expect->word));
  }
}

/* What hangs on the answer cannot stop the request that it answers. */
static void check_phase(const struct symbols *s, const struct statement *st) {
  const struct clause *on = statement_clause(st, CLAUSE_ON);
  bool after = on && on->ref == EVENT_ANSWER &&
               (st->kind == STATEMENT_LIMIT || st->kind == STATEMENT_SIGNAL);
  for (const struct clause *c = st->clauses; c; c = c->next) {
    if (!c->expr || clause_rows[c->kind].shape == SHAPE_OUTCOME || c->kind == CLAUSE_GIVEN)
      continue;
    if (after && (c->kind == CLAUSE_WHEN || c->kind == CLAUSE_COSTING)) continue;
    for (const struct expr *e = c->expr; e; e = e->next) {
      if (phases_of_expr(s, e) < PHASE_ANSWER) continue;
      refuse(s, e->place,
             "a limit or signal `on answer` may look at it, for the requests that follow",
             "the answer is not known when this is decided");
    }
  }
}

static void check_when(const struct symbols *s, const struct statement *st) {
  bool early =
      st->kind == STATEMENT_ROUTE || st->kind == STATEMENT_SIGNAL || st->kind == STATEMENT_LOGIN;
  for (const struct clause *c = st->clauses; early && c; c = c->next) {
    if (uses(c->expr, EXPR_SIGNAL))
      refuse(s, c->place, "", "signals are counted after this is decided");
    if (st->kind == STATEMENT_ROUTE && uses(c->expr, EXPR_ROUTE)) {
      refuse(s, c->place, "write its condition out", "a route does not build on routes");
    }
  }
}

static void check_statement(const struct symbols *s, struct statement *st) {
  bool ok = true;
  for (struct clause *c = st->clauses; c; c = c->next) ok &= check_clause(s, c);
  check_uses(s, st);
  bool may =
      st->kind == STATEMENT_RULE || st->kind == STATEMENT_LIMIT || st->kind == STATEMENT_SCORE;
  if (st->shadow && !may)
    refuse(s, st->place, "rules, limits and scores can be", "this cannot be tried in shadow");
  check_action(s, st);
  check_window(s, st);
  const struct clause *because = statement_clause(st, CLAUSE_BECAUSE);
  switch (st->kind) {
  case STATEMENT_LIMIT: check_limit(s, st); break;
  case STATEMENT_SIGNAL: check_signal(s, st); break;
  case STATEMENT_SCORE: check_score(s, st); break;
  case STATEMENT_DECIDE: check_decide(s, st); break;
  case STATEMENT_LOGIN: check_login(s, st); break;
  case STATEMENT_EXAMPLE: check_example(s, st); break;
  case STATEMENT_LIST:
    if (st->head) types_check_set(s, st->head);
    break;
  default: break;
  }
  if (because) check_because(s, st, because);
  if (ok && !s->report->count) {
    check_phase(s, st);
    check_when(s, st);
  }
}

/* Each statement's place in its table; routes of one name share the bit of the one that the name stands for. */
static void number_statements(const struct symbols *s) {
  uint32_t counts[STATEMENT_COUNT] = {0};
  for (size_t i = 0; i < s->tree_count; i++) {
    for (struct statement *st = s->trees[i].statements; st; st = st->next) {
      if (st->replaced || st->broken) continue;
      struct statement *named =
          st->kind == STATEMENT_ROUTE ? symbols_find(s, st->kind, st->name) : st;
      if (!named) continue; /* it was not defined: reported */
      if (!named->numbered) named->index = counts[st->kind]++;
      named->numbered = true;
      st->index = named->index;
      if (counts[STATEMENT_ROUTE] > ROUTES_MAX)
        refuse(s, st->name_place, "", "more than 64 names of routes");
    }
  }
}

void checker_run(const struct symbols *s) {
  if (s->count > STATEMENTS_MAX) {
    refuse(s, (struct place){0}, "", "more than 8192 statements");
    return;
  }
  number_statements(s);
  for (size_t i = 0; i < s->tree_count; i++) {
    for (struct statement *st = s->trees[i].statements; st; st = st->next) {
      if (!st->broken && !st->replaced) check_statement(s, st);
    }
  }
}
