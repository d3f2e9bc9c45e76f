// SPDX-License-Identifier: Apache-2.0
/** Expressions, by precedence climbing over the table of operators. */
#include "rules/lang/parser.h"

static struct expr *new_expr(struct parser *p, enum expr_kind kind, struct place place) {
  struct expr *e = arena_zero(p->arena, sizeof(*e));
  if (!e) return NULL;
  e->kind = kind;
  e->place = place;
  return e;
}

static struct expr *fail(struct parser *p, const char *wanted, const char *mend) {
  parser_expected(p, wanted, span_of(mend));
  return NULL;
}

static void append(struct expr *parent, struct expr *kid) {
  for (const struct expr *k = kid; k; k = k->next) {
    if (parent->depth <= k->depth) parent->depth = k->depth + 1;
  }
  struct expr **end = &parent->kids;
  while (*end) end = &(*end)->next;
  *end = kid;
}

static struct expr *take_literal(struct parser *p) {
  static const struct {
    enum token_kind token;
    enum expr_kind expr;
  } literals[] = {{TOKEN_TEXT, EXPR_TEXT}, {TOKEN_NUMBER, EXPR_NUMBER}, {TOKEN_ADDR, EXPR_ADDR}};
  for (size_t i = 0; i < sizeof(literals) / sizeof(literals[0]); i++) {
    if (p->token.kind != literals[i].token) continue;
    struct expr *e = new_expr(p, literals[i].expr, p->token.place);
    if (!e) return NULL;
    const struct place *at = &p->token.place;
    e->text = p->token.kind == TOKEN_TEXT ? p->token.text
                                          : span_from(p->lexer.source->text.at + at->at, at->len);
    e->number = p->token.number;
    e->prefix = p->token.prefix;
    parser_advance(p);
    return e;
  }
  return NULL;
}

static struct expr *parse_range_end(struct parser *p, struct expr *from) {
  if (!parser_accept(p, TOKEN_RANGE)) return from;
  struct expr *range = new_expr(p, EXPR_RANGE, from->place);
  struct expr *to = take_literal(p);
  if (!to) return fail(p, "the end of the range", "as in 1..5 or 192.0.2.1..192.0.2.9");
  if (!range) return NULL;
  range->kids = from;
  from->next = to;
  range->place.len = p->end - range->place.at;
  return range;
}

struct expr *expression_parse_set(struct parser *p) {
  struct expr *set = new_expr(p, EXPR_SET, p->token.place);
  if (!parser_accept(p, TOKEN_OPEN)) return fail(p, "'{'", "a set is written {1 2 5..9}");
  struct expr **end = set ? &set->kids : NULL;
  while (end && p->token.kind != TOKEN_CLOSE) {
    struct expr *item = take_literal(p);
    if (!item) return fail(p, "a text, a number or an address", "a set is written {1 2 5..9}");
    item = parse_range_end(p, item);
    if (!item) return NULL;
    *end = item;
    end = &item->next;
    parser_accept(p, TOKEN_COMMA);
  }
  parser_accept(p, TOKEN_CLOSE);
  if (set) set->place.len = p->end - set->place.at;
  return set;
}

static struct expr *parse_arguments(struct parser *p, struct expr *call) {
  parser_advance(p); /* ( */
  call->kind = EXPR_CALL;
  do {
    struct expr *argument = expression_parse(p);
    if (!argument) return NULL;
    append(call, argument);
  } while (parser_accept(p, TOKEN_COMMA));
  if (!parser_accept(p, TOKEN_RIGHT)) return fail(p, "')' or ','", "");
  call->place.len = p->end - call->place.at;
  return call;
}

/* field["key"]; a "[0]" or "[*]" after it, as Cloudflare writes, says nothing here: any value may make it hold. */
static struct expr *parse_key(struct parser *p, struct expr *name) {
  parser_advance(p); /* [ */
  if (p->token.kind != TOKEN_TEXT)
    return fail(p, "a key in quotes", "as in http.request.headers[\"accept\"]");
  name->key = p->token.text;
  parser_advance(p);
  if (!parser_accept(p, TOKEN_UNINDEX)) return fail(p, "']'", "");
  if (parser_accept(p, TOKEN_INDEX)) {
    bool any = parser_accept(p, TOKEN_TIMES) || parser_accept(p, TOKEN_NUMBER);
    if (!any || !parser_accept(p, TOKEN_UNINDEX)) return fail(p, "[*] or [0]", "");
  }
  name->place.len = p->end - name->place.at;
  return name;
}

static struct expr *parse_word(struct parser *p) {
  bool is_true = parser_is_word(p, "true");
  if (is_true || parser_is_word(p, "false")) {
    struct expr *e = new_expr(p, EXPR_BOOL, p->token.place);
    if (e) e->number = is_true;
    parser_advance(p);
    return e;
  }
  struct expr *e = new_expr(p, EXPR_NAME, p->token.place);
  if (!e) return NULL;
  e->text = p->token.text;
  parser_advance(p);
  if (p->token.kind == TOKEN_LEFT) return parse_arguments(p, e);
  if (p->token.kind == TOKEN_INDEX) return parse_key(p, e);
  return e;
}

static struct expr *parse_binary(struct parser *p, unsigned binds_least);

static struct expr *parse_prefix(struct parser *p, enum expr_kind kind, unsigned binds) {
  struct expr *e = new_expr(p, kind, p->token.place);
  parser_advance(p);
  struct expr *kid = parse_binary(p, binds);
  if (!e || !kid) return NULL;
  append(e, kid);
  e->place.len = p->end - e->place.at;
  return e;
}

enum { NOT_BINDS = 5, NEGATE_BINDS = 9 };

static struct expr *parse_operand_inside(struct parser *p) {
  if (p->token.kind == TOKEN_NOT || parser_is_word(p, "not")) {
    return parse_prefix(p, EXPR_NOT, NOT_BINDS);
  }
  if (p->token.kind == TOKEN_MINUS) return parse_prefix(p, EXPR_NEGATE, NEGATE_BINDS);
  struct expr *literal = take_literal(p);
  if (literal) return literal;
  if (p->token.kind == TOKEN_WORD && !ast_is_reserved(p->token.text)) return parse_word(p);
  if (p->token.kind == TOKEN_LIST) {
    struct expr *e = new_expr(p, EXPR_LIST, p->token.place);
    if (e) e->text = p->token.text;
    parser_advance(p);
    return e;
  }
  if (!parser_accept(p, TOKEN_LEFT)) return fail(p, "a field, a value or '('", "");
  struct expr *inner = expression_parse(p);
  if (inner && !parser_accept(p, TOKEN_RIGHT)) return fail(p, "')'", "");
  return inner;
}

static struct expr *parse_operand(struct parser *p) {
  if (p->depth >= NESTING_MAX) {
    report_add(p->report, p->token.place, SPAN("write it as several rules"),
               "nested deeper than %d", NESTING_MAX);
    return NULL;
  }
  p->depth++;
  struct expr *e = parse_operand_inside(p);
  p->depth--;
  return e;
}

/* The operator at the token; OPERATOR_COUNT if there is none. */
static enum operator operator_at(const struct parser *p) {
  if (parser_is_word(p, "strict")) return OPERATOR_STRICT_WILDCARD;
  for (unsigned i = 0; i < OPERATOR_COUNT; i++) {
    bool mark = operators[i].token != TOKEN_BAD && p->token.kind == operators[i].token;
    if (mark || parser_is_word(p, operators[i].text)) return (enum operator)i;
  }
  return OPERATOR_COUNT;
}

static bool take_operator(struct parser *p, enum operator op) {
  parser_advance(p);
  if (op != OPERATOR_STRICT_WILDCARD || parser_accept_word(p, "wildcard")) return true;
  return parser_expected(p, "'wildcard'", SPAN("the operator is written: strict wildcard"));
}

static bool joins(enum operator op) {
  return op == OPERATOR_AND || op == OPERATOR_OR || op == OPERATOR_XOR;
}

/* and, or, xor take any number of kids, up to KIDS_MAX; those of a kid with the same operator become the parent's. */
static bool adopt(struct parser *p, struct expr *parent, struct expr *kid) {
  bool same =
      joins((enum operator)parent->ref) && kid->kind == EXPR_BINARY && kid->ref == parent->ref;
  append(parent, same ? kid->kids : kid);
  size_t count = 0;
  for (const struct expr *k = parent->kids; k; k = k->next) count++;
  if (count <= KIDS_MAX) return true;
  report_add(p->report, kid->place, SPAN("write a set or a list: FIELD in {…}"),
             "more than %d in one chain of %s", KIDS_MAX, operators[parent->ref].text);
  return false;
}

static struct expr *new_binary(struct parser *p, enum operator op, struct expr *left,
                               struct expr *right) {
  struct expr *e = new_expr(p, EXPR_BINARY, left->place);
  if (!e) return NULL;
  e->ref = op;
  if (!adopt(p, e, left) || !adopt(p, e, right)) return NULL;
  if (e->depth > DEPTH_MAX) {
    report_add(p->report, right->place, SPAN("write it as several rules"),
               "an expression of more than %d operators within each other", DEPTH_MAX);
    return NULL;
  }
  e->place.len = p->end - e->place.at;
  return e;
}

static struct expr *parse_binary(struct parser *p, unsigned binds_least) {
  struct expr *left = parse_operand(p);
  while (left) {
    enum operator op = operator_at(p);
    if (op == OPERATOR_COUNT || operators[op].binds < binds_least) break;
    if (!take_operator(p, op)) return NULL;
    bool set = op == OPERATOR_IN && p->token.kind == TOKEN_OPEN;
    struct expr *right = set ? expression_parse_set(p) : parse_binary(p, operators[op].binds + 1u);
    left = right ? new_binary(p, op, left, right) : NULL;
  }
  return left;
}

struct expr *expression_parse(struct parser *p) {
  return parse_binary(p, 0);
}

struct expr *expression_parse_sum(struct parser *p) {
  return parse_binary(p, operators[OPERATOR_ADD].binds);
}
