// SPDX-License-Identifier: Apache-2.0
#include "rules/lang/parser.h"

void parser_advance(struct parser *p) {
  p->end = p->token.place.at + p->token.place.len;
  p->token = lexer_next(&p->lexer);
}

bool parser_accept(struct parser *p, enum token_kind kind) {
  if (p->token.kind != kind) return false;
  parser_advance(p);
  return true;
}

bool parser_is_word(const struct parser *p, const char *word) {
  return p->token.kind == TOKEN_WORD && word[0] && span_eq(p->token.text, span_of(word));
}

bool parser_accept_word(struct parser *p, const char *word) {
  if (!parser_is_word(p, word)) return false;
  parser_advance(p);
  return true;
}

bool parser_expected(struct parser *p, const char *wanted, struct span mend) {
  if (p->token.kind == TOKEN_BAD) return false;
  struct span found = span_from(p->lexer.source->text.at + p->token.place.at, p->token.place.len);
  if (found.len > 0 && found.len <= 40) {
    report_add(p->report, p->token.place, mend, "expected %s, found '%.*s'", wanted,
               SPAN_ARG(found));
  } else {
    report_add(p->report, p->token.place, mend, "expected %s, found %s", wanted,
               token_name(p->token.kind));
  }
  return false;
}

/* The token's place among `count` words; otherwise reports, suggests and answers -1. */
static int take_choice(struct parser *p, const struct word *words, size_t count, const char *what) {
  int found = p->token.kind == TOKEN_WORD ? word_find(words, count, p->token.text) : -1;
  if (found >= 0) {
    parser_advance(p);
    return found;
  }
  struct nearest near = nearest_to(p->token.kind == TOKEN_WORD ? p->token.text : SPAN(""));
  for (size_t i = 0; i < count; i++) nearest_offer(&near, span_of(words[i].text));
  char all[160] = "one of";
  for (size_t i = 0; i < count; i++) {
    if (!words[i].text[0]) continue;
    strncat(all, i ? ", " : " ", sizeof(all) - strlen(all) - 1);
    strncat(all, words[i].text, sizeof(all) - strlen(all) - 1);
  }
  struct span mend = near.best.len
                         ? report_text(p->report, "did you mean %.*s?", SPAN_ARG(near.best))
                         : report_text(p->report, "%s", all);
  parser_expected(p, what, mend);
  return -1;
}

static bool take_action(struct parser *p, struct clause *c) {
  c->word_place = p->token.place;
  int action = take_choice(p, action_words, ACTION_COUNT, "an action");
  c->ref = (uint32_t)action;
  return action >= 0;
}

/* A number, perhaps negative, or a duration: its value, and how it was written. */
static bool take_quantity(struct parser *p, enum token_kind kind, double *number,
                          struct span *text) {
  uint32_t start = p->token.place.at;
  bool negative = kind == TOKEN_NUMBER && parser_accept(p, TOKEN_MINUS);
  if (p->token.kind != kind) {
    struct span mend = SPAN("");
    if (kind == TOKEN_DURATION && p->token.kind == TOKEN_NUMBER)
      mend = SPAN("give it a unit: 500ms, 10s, 5m, 24h, 7d");
    return parser_expected(p, token_name(kind), mend);
  }
  *number = negative ? -p->token.number : p->token.number;
  parser_advance(p);
  *text = span_from(p->lexer.source->text.at + start, p->end - start);
  return true;
}

static bool take_keys(struct parser *p, struct clause *c) {
  struct expr **end = &c->expr;
  do {
    if (parser_accept_word(p, "client")) {
      c->client = true;
      continue;
    }
    struct expr *key = expression_parse_sum(p);
    if (!key) return false;
    *end = key;
    end = &key->next;
  } while (parser_accept(p, TOKEN_COMMA));
  return true;
}

static bool take_name(struct parser *p, struct clause *c, const char *what) {
  c->word_place = p->token.place;
  c->word = p->token.text;
  return parser_accept(p, TOKEN_WORD) || parser_expected(p, what, SPAN(""));
}

static bool take_carrier(struct parser *p, struct clause *c) {
  int carrier = take_choice(p, carrier_words, CARRIER_COUNT, "where the value stands");
  if (carrier < 0) return false;
  c->ref = (uint32_t)carrier;
  c->text = p->token.text;
  if (parser_accept(p, TOKEN_TEXT)) return true;
  return parser_expected(p, "a name in quotes", SPAN("as in: username form \"log\""));
}

/* The keyword was the action:  deny at 18 with 11 own */
static bool take_threshold(struct parser *p, struct clause *c) {
  if (!take_action(p, c)) return false;
  if (!parser_accept_word(p, "at"))
    return parser_expected(p, "'at'", SPAN("as in: deny at 18 with 11 own"));
  if (!take_quantity(p, TOKEN_NUMBER, &c->number, &c->text)) return false;
  if (!parser_accept_word(p, "with")) return true;
  if (!take_quantity(p, TOKEN_NUMBER, &c->number2, &c->text2)) return false;
  if (parser_accept_word(p, "own")) return true;
  return parser_expected(p, "'own'", SPAN("as in: deny at 18 with 11 own"));
}

static bool take_cap(struct parser *p, struct clause *c) {
  c->most = parser_is_word(p, "most");
  if (!c->most && !parser_is_word(p, "least")) {
    return parser_expected(p, "'most' or 'least'",
                           SPAN("as in: at most step_up when login.tier eq 2"));
  }
  parser_advance(p);
  if (!take_action(p, c)) return false;
  if (!parser_accept_word(p, "when")) return parser_expected(p, "'when'", SPAN(""));
  c->expr = expression_parse(p);
  return c->expr != NULL;
}

static bool take_times(struct parser *p, struct clause *c) {
  if (!take_quantity(p, TOKEN_NUMBER, &c->number, &c->text)) return false;
  return !parser_accept_word(p, "in") || take_quantity(p, TOKEN_DURATION, &c->number2, &c->text2);
}

static bool take_expectation(struct parser *p, struct clause *c) {
  if (!take_action(p, c)) return false;
  return !parser_accept_word(p, "by") || take_name(p, c, "the name of a rule or limit");
}

static bool take_shape(struct parser *p, struct clause *c) {
  switch (clause_rows[c->kind].shape) {
  case SHAPE_FLAG: return true;
  case SHAPE_OUTCOME:
    if (parser_accept_word(p, "otherwise")) return true;
    /* fall through */
  case SHAPE_EXPR:
  case SHAPE_GIVEN: return (c->expr = expression_parse(p)) != NULL;
  case SHAPE_ACTION: return take_action(p, c);
  case SHAPE_DURATION: return take_quantity(p, TOKEN_DURATION, &c->number, &c->text);
  case SHAPE_NUMBER: return take_quantity(p, TOKEN_NUMBER, &c->number, &c->text);
  case SHAPE_TEXT:
    c->text = p->token.text;
    return parser_accept(p, TOKEN_TEXT) || parser_expected(p, "a text in quotes", SPAN(""));
  case SHAPE_KEYS: return take_keys(p, c);
  case SHAPE_EVENT: return take_name(p, c, "an event or the name of a route");
  case SHAPE_CARRIER: return take_carrier(p, c);
  case SHAPE_THRESHOLD: return take_threshold(p, c);
  case SHAPE_CAP: return take_cap(p, c);
  case SHAPE_TIMES: return take_times(p, c);
  case SHAPE_EXPECT: return take_expectation(p, c);
  }
  return false;
}

/* Which clause of this statement begins at the token; CLAUSE_COUNT if none. */
static enum clause_kind clause_at(const struct parser *p, const struct statement_row *row) {
  enum clause_kind without_word = CLAUSE_COUNT;
  if (p->token.kind != TOKEN_WORD) return CLAUSE_COUNT;
  for (unsigned i = 0; i < row->use_count; i++) {
    enum clause_kind kind = row->uses[i].kind;
    if (parser_is_word(p, clause_rows[kind].word)) return kind;
    bool action = word_find(action_words, ACTION_COUNT, p->token.text) >= 0;
    if (kind == CLAUSE_GIVEN || (kind == CLAUSE_THRESHOLD && action)) without_word = kind;
  }
  return without_word;
}

static int statement_kind_at(const struct parser *p) {
  for (int i = 0; i < STATEMENT_COUNT; i++) {
    if (parser_is_word(p, statement_rows[i].word)) return i;
  }
  return -1;
}

static bool may_repeat(const struct statement_row *row, enum clause_kind kind) {
  for (unsigned i = 0; i < row->use_count; i++) {
    if (row->uses[i].kind == kind) return row->uses[i].repeated;
  }
  return false;
}

static bool parse_clauses(struct parser *p, struct statement *s) {
  const struct statement_row *row = &statement_rows[s->kind];
  struct clause **end = &s->clauses;
  for (;;) {
    enum clause_kind kind = clause_at(p, row);
    if (kind == CLAUSE_COUNT) return true;
    struct clause *c = arena_zero(p->arena, sizeof(*c));
    if (!c) return false;
    c->kind = kind;
    c->place = p->token.place;
    if (clause_rows[kind].word[0]) parser_advance(p);
    if (!take_shape(p, c)) return false;
    c->place.len = p->end - c->place.at;
    if (!may_repeat(row, kind) && statement_clause(s, kind)) {
      report_add(p->report, c->place, SPAN("take one of the two out"), "'%s' stands here twice",
                 clause_rows[kind].word);
      return false;
    }
    *end = c;
    end = &c->next;
  }
}

/* What may stand where no clause and no statement begins: the mend of that error. */
static struct span clauses_of(struct parser *p, const struct statement_row *row) {
  char all[200] = "";
  struct nearest near = nearest_to(p->token.kind == TOKEN_WORD ? p->token.text : SPAN(""));
  for (unsigned i = 0; i < row->use_count; i++) {
    const char *word = clause_rows[row->uses[i].kind].word;
    if (!word[0]) word = clause_rows[row->uses[i].kind].usage;
    nearest_offer(&near, span_of(word));
    if (i) strncat(all, ", ", sizeof(all) - strlen(all) - 1);
    strncat(all, word, sizeof(all) - strlen(all) - 1);
  }
  if (near.best.len) return report_text(p->report, "did you mean %.*s?", SPAN_ARG(near.best));
  return row->use_count ? report_text(p->report, "a %s takes: %s", row->word, all) : SPAN("");
}

static bool parse_name(struct parser *p, struct statement *s) {
  enum token_kind kind = s->kind == STATEMENT_EXAMPLE ? TOKEN_TEXT : TOKEN_WORD;
  if (p->token.kind != kind) {
    return parser_expected(p, kind == TOKEN_WORD ? "a name" : "what it shows, in quotes", SPAN(""));
  }
  s->name = p->token.text;
  s->name_place = p->token.place;
  parser_advance(p);
  if (span_find(s->name, '.') == s->name.len || kind == TOKEN_TEXT) return true;
  report_add(p->report, s->name_place, SPAN("write an underscore"),
             "a name of your own has no dots");
  return false;
}

static bool parse_head(struct parser *p, struct statement *s) {
  switch (statement_rows[s->kind].head) {
  case HEAD_NOTHING: return true;
  case HEAD_QUANTITY:
  case HEAD_EXPR: return (s->head = expression_parse_sum(p)) != NULL;
  case HEAD_SET:
    if (p->token.kind != TOKEN_OPEN) return true;
    return (s->head = expression_parse_set(p)) != NULL;
  }
  return false;
}

static bool parse_statement(struct parser *p, struct statement *s) {
  const struct statement_row *row = &statement_rows[s->kind];
  parser_advance(p); /* the keyword */
  if (!parse_name(p, s) || !parse_head(p, s)) return false;
  if (row->braces && !parser_accept(p, TOKEN_OPEN)) return parser_expected(p, "'{'", SPAN(""));
  if (!parse_clauses(p, s)) return false;
  if (row->braces) {
    if (parser_accept(p, TOKEN_CLOSE)) return true;
    return parser_expected(p, "a clause or '}'", clauses_of(p, row));
  }
  bool next = statement_kind_at(p) >= 0 || parser_is_word(p, "shadow");
  if (next || p->token.kind == TOKEN_END) return true;
  return parser_expected(p, "a clause or the next statement", clauses_of(p, row));
}

static void skip_to_statement(struct parser *p) {
  while (p->token.kind != TOKEN_END) {
    bool starts = statement_kind_at(p) >= 0 || parser_is_word(p, "shadow");
    if (starts && p->token.line_start) return;
    parser_advance(p);
  }
}

static void expected_statement(struct parser *p) {
  struct nearest near = nearest_to(p->token.kind == TOKEN_WORD ? p->token.text : SPAN(""));
  for (int i = 0; i < STATEMENT_COUNT; i++) nearest_offer(&near, span_of(statement_rows[i].word));
  struct span mend =
      near.best.len
          ? report_text(p->report, "did you mean %.*s?", SPAN_ARG(near.best))
          : SPAN("one of list, route, login, limit, signal, score, decide, rule, example, off");
  parser_expected(p, "a statement", mend);
}

static struct statement *take_statement(struct parser *p) {
  struct place start = p->token.place;
  bool shadow = parser_accept_word(p, "shadow");
  int kind = statement_kind_at(p);
  if (kind < 0) {
    expected_statement(p);
    parser_advance(p);
    skip_to_statement(p);
    return NULL;
  }
  struct statement *s = arena_zero(p->arena, sizeof(*s));
  if (!s) return NULL;
  s->kind = (enum statement_kind)kind;
  s->shadow = shadow;
  s->source = p->lexer.index;
  s->place = start;
  s->broken = !parse_statement(p, s);
  if (s->broken) skip_to_statement(p);
  s->end = p->end;
  s->place.len = s->end - start.at;
  return s;
}

struct tree parser_run(struct report *report, uint32_t source, struct arena *arena) {
  struct parser p = {.arena = arena, .report = report};
  struct tree tree = {0};
  struct statement **end = &tree.statements;
  lexer_init(&p.lexer, report, source, arena);
  if (report->sources[source].text.len > SOURCE_BYTES_MAX) {
    report_add(report, (struct place){.source = source}, SPAN("split it into several files"),
               "a rule file has at most %d bytes", SOURCE_BYTES_MAX);
    return tree;
  }
  p.token = lexer_next(&p.lexer);
  while (p.token.kind != TOKEN_END && !arena->failed) {
    struct statement *s = take_statement(&p);
    if (!s) continue;
    *end = s;
    end = &s->next;
  }
  if (arena->failed) {
    report_add(report, p.token.place, SPAN("split it into several files"),
               "too much to hold in memory");
  }
  tree.comments = p.lexer.comments;
  return tree;
}
