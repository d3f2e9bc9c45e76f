// SPDX-License-Identifier: Apache-2.0
#include "rules/lang/emit.h"

#include "rules/base/err.h"
#include "rules/lang/types.h"

void *emit_grow(struct emit *e, void *at, uint32_t count, size_t size) {
  bool full = count == 0 || (count >= 8 && (count & (count - 1)) == 0);
  if (!full) return at;
  void *more = arena_take(&e->p->arena, (count ? 2 * count : 8) * size);
  if (more && count) memcpy(more, at, count * size);
  if (!more) e->failed = true;
  return more ? more : at;
}

struct span emit_text(struct emit *e, struct span text) {
  if (!text.at) return text;
  struct span copy = arena_copy(&e->p->arena, text);
  if (!copy.at) e->failed = true;
  return copy;
}

static uint32_t put_code(struct emit *e, struct code code) {
  struct program *p = e->p;
  p->codes = emit_grow(e, p->codes, p->code_count, sizeof(code));
  if (e->failed) return NO_CODE;
  p->codes[p->code_count] = code;
  return p->code_count++;
}

static uint32_t put_text(struct emit *e, struct span text) {
  struct program *p = e->p;
  for (uint32_t i = p->text_count; i > 0 && p->text_count - i < 64;
       i--) { /* near repeats are common */
    if (span_eq(p->texts[i - 1], text)) return i - 1;
  }
  p->texts = emit_grow(e, p->texts, p->text_count, sizeof(text));
  if (e->failed) return 0;
  p->texts[p->text_count] = emit_text(e, text);
  return p->text_count++;
}

static uint32_t put_number(struct emit *e, double number) {
  struct program *p = e->p;
  p->numbers = emit_grow(e, p->numbers, p->number_count, sizeof(number));
  if (e->failed) return 0;
  p->numbers[p->number_count] = number;
  return p->number_count++;
}

static uint32_t put_addr(struct emit *e, const struct addr *addr) {
  struct program *p = e->p;
  p->addrs = emit_grow(e, p->addrs, p->addr_count, sizeof(*addr));
  if (e->failed) return 0;
  p->addrs[p->addr_count] = *addr;
  return p->addr_count++;
}

static uint32_t put_set(struct emit *e, const struct expr *items) {
  struct program *p = e->p;
  p->sets = emit_grow(e, p->sets, p->set_count, sizeof(struct set));
  if (e->failed || set_build(&p->sets[p->set_count], items, &p->arena) != OK) {
    e->failed = true;
    return 0;
  }
  return p->set_count++;
}

static uint32_t put_regex(struct emit *e, const struct expr *pattern) {
  struct program *p = e->p;
  char why[REGEX_ERROR_BYTES];
  size_t at;
  p->regexes = emit_grow(e, p->regexes, p->regex_count, sizeof(struct regex *));
  if (e->failed) return 0;
  int err = regex_new(pattern->text, &p->regexes[p->regex_count], why, &at);
  if (err == OK) return p->regex_count++;
  e->failed = true;
  if (err != ERR_SYNTAX) return 0;
  struct report *report = e->symbols->report;
  report_add(report, pattern->place,
             report_text(report, "%s, at byte %zu of the pattern", why, at + 1),
             "not a regular expression");
  return 0;
}

/* Kids one after another in the pool; answers the first one's place. */
static uint32_t put_kids(struct emit *e, const struct expr *expr, uint16_t *count) {
  struct program *p = e->p;
  uint32_t kids[KIDS_MAX], first;
  *count = 0;
  for (const struct expr *kid = expr->kids; kid && *count < KIDS_MAX; kid = kid->next) {
    kids[(*count)++] = emit_expr(e, kid);
  }
  first = p->kid_count;
  for (uint16_t i = 0; i < *count; i++) {
    p->kids = emit_grow(e, p->kids, p->kid_count, sizeof(kids[0]));
    if (e->failed) return 0;
    p->kids[p->kid_count++] = kids[i];
  }
  return first;
}

static uint32_t emit_kids(struct emit *e, enum op op, const struct expr *expr) {
  uint16_t count;
  uint32_t first = put_kids(e, expr, &count);
  return put_code(e, (struct code){.op = op, .many_or_count = count, .a = first});
}

static uint32_t emit_field(struct emit *e, const struct expr *expr) {
  static const enum op ops[] = {[TYPE_BOOL] = OP_BOOL_FIELD,
                                [TYPE_NUMBER] = OP_NUMBER_FIELD,
                                [TYPE_TEXT] = OP_TEXT_FIELD,
                                [TYPE_ADDR] = OP_ADDR_FIELD,
                                [TYPE_SECRET] = OP_TEXT_FIELD};
  const struct field *field = &e->symbols->schema->fields[expr->ref];
  if (field->shape == FIELD_MANY)
    return put_code(e, (struct code){.op = OP_TEXT_MANY, .a = expr->ref});
  if (field->shape == FIELD_MAP) {
    return put_code(e,
                    (struct code){.op = OP_TEXT_MAP, .a = expr->ref, .b = put_text(e, expr->key)});
  }
  return put_code(e, (struct code){.op = ops[field->type], .a = field->offset});
}

static uint32_t negated(struct emit *e, uint32_t code) {
  return put_code(e, (struct code){.op = OP_NOT, .a = code});
}

/* `a` may have several values: the operation holds when it holds for one of them. */
static uint32_t emit_pair(struct emit *e, enum op op, unsigned arg, const struct expr *a,
                          const struct expr *b) {
  struct code code = {.op = op, .arg = (uint8_t)arg};
  code.many_or_count = types_is_many(e->symbols->schema, a);
  code.a = emit_expr(e, a);
  code.b = emit_expr(e, b);
  return put_code(e, code);
}

static uint32_t emit_in(struct emit *e, const struct expr *a, const struct expr *b) {
  struct code code = {.op = a->type == TYPE_TEXT     ? OP_TEXT_IN
                            : a->type == TYPE_NUMBER ? OP_NUMBER_IN
                                                     : OP_ADDR_IN};
  code.many_or_count = types_is_many(e->symbols->schema, a);
  code.a = emit_expr(e, a);
  const struct expr *items = b;
  if (b->kind == EXPR_LIST) {
    const struct statement *list = symbols_find(e->symbols, STATEMENT_LIST, b->text);
    items = list->head;
    code.b = list->index;
    if (!items) code.op = OP_ADDR_LISTED;
  }
  if (items) code.b = put_set(e, items);
  return put_code(e, code);
}

static uint32_t emit_equal(struct emit *e, const struct expr *a, const struct expr *b) {
  static const enum op ops[] = {[TYPE_BOOL] = OP_BOOL_SAME,
                                [TYPE_NUMBER] = OP_NUMBER_COMPARE,
                                [TYPE_TEXT] = OP_TEXT_EQUAL,
                                [TYPE_ADDR] = OP_ADDR_SAME,
                                [TYPE_SECRET] = OP_TRUTH};
  const struct field *field = a->kind == EXPR_FIELD ? &e->symbols->schema->fields[a->ref] : NULL;
  if (field && field->type == TYPE_TEXT && field->shape == FIELD_ONE && b->kind == EXPR_TEXT) {
    return put_code(
        e, (struct code){.op = OP_FIELD_IS, .a = field->offset, .b = put_text(e, b->text)});
  }
  return emit_pair(e, ops[a->type], OPERATOR_EQ, a, b);
}

static uint32_t emit_pattern(struct emit *e, enum operator op, const struct expr *a,
                             const struct expr *b) {
  struct code code = {.op = op == OPERATOR_MATCHES ? OP_TEXT_MATCHES : OP_TEXT_WILDCARD};
  code.arg = op == OPERATOR_STRICT_WILDCARD;
  code.many_or_count = types_is_many(e->symbols->schema, a);
  code.a = emit_expr(e, a);
  code.b = op == OPERATOR_MATCHES ? put_regex(e, b) : put_text(e, b->text);
  return put_code(e, code);
}

static uint32_t emit_binary(struct emit *e, const struct expr *expr) {
  enum operator op =(enum operator) expr->ref;
  const struct expr *a = expr->kids, *b = a->next;
  switch (op) {
  case OPERATOR_OR: return emit_kids(e, OP_OR, expr);
  case OPERATOR_XOR: return emit_kids(e, OP_XOR, expr);
  case OPERATOR_AND: return emit_kids(e, OP_AND, expr);
  case OPERATOR_EQ: return emit_equal(e, a, b);
  case OPERATOR_NE: return negated(e, emit_equal(e, a, b));
  case OPERATOR_LT:
  case OPERATOR_LE:
  case OPERATOR_GT:
  case OPERATOR_GE:
    return emit_pair(e, a->type == TYPE_TEXT ? OP_TEXT_COMPARE : OP_NUMBER_COMPARE, op, a, b);
  case OPERATOR_CONTAINS: return emit_pair(e, OP_TEXT_CONTAINS, 0, a, b);
  case OPERATOR_MATCHES:
  case OPERATOR_WILDCARD:
  case OPERATOR_STRICT_WILDCARD: return emit_pattern(e, op, a, b);
  case OPERATOR_IN: return emit_in(e, a, b);
  case OPERATOR_ADD: return emit_pair(e, OP_ADD, 0, a, b);
  case OPERATOR_SUBTRACT: return emit_pair(e, OP_SUBTRACT, 0, a, b);
  case OPERATOR_MULTIPLY: return emit_pair(e, OP_MULTIPLY, 0, a, b);
  case OPERATOR_DIVIDE: return emit_pair(e, OP_DIVIDE, 0, a, b);
  case OPERATOR_COUNT: break;
  }
  return NO_CODE;
}

static uint32_t emit_known(struct emit *e, const struct expr *field) {
  static const enum op ops[] = {[TYPE_BOOL] = OP_KNOWN_BOOL,
                                [TYPE_NUMBER] = OP_KNOWN_NUMBER,
                                [TYPE_TEXT] = OP_KNOWN_TEXT,
                                [TYPE_ADDR] = OP_KNOWN_ADDR,
                                [TYPE_SECRET] = OP_KNOWN_TEXT};
  return put_code(e, (struct code){.op = ops[field->type], .a = emit_expr(e, field)});
}

static uint32_t emit_call(struct emit *e, const struct expr *expr) {
  static const enum op ops[FUNCTION_COUNT] = {[FUNCTION_LOWER] = OP_LOWER,
                                              [FUNCTION_UPPER] = OP_UPPER,
                                              [FUNCTION_URL_DECODE] = OP_URL_DECODE,
                                              [FUNCTION_CONCAT] = OP_CONCAT,
                                              [FUNCTION_LEN] = OP_LEN,
                                              [FUNCTION_STARTS_WITH] = OP_TEXT_STARTS,
                                              [FUNCTION_ENDS_WITH] = OP_TEXT_ENDS,
                                              [FUNCTION_LOG2] = OP_LOG2,
                                              [FUNCTION_LN] = OP_LN,
                                              [FUNCTION_ABS] = OP_ABS,
                                              [FUNCTION_MIN] = OP_MIN,
                                              [FUNCTION_MAX] = OP_MAX};
  const struct expr *a = expr->kids;
  if (expr->ref == FUNCTION_KNOWN) return emit_known(e, a);
  enum op op = ops[expr->ref];
  if (op == OP_CONCAT || op == OP_MIN || op == OP_MAX) return emit_kids(e, op, expr);
  if (a->next) return emit_pair(e, op, 0, a, a->next);
  return put_code(e, (struct code){.op = op, .a = emit_expr(e, a)});
}

uint32_t emit_expr(struct emit *e, const struct expr *expr) {
  if (!expr || e->failed) return NO_CODE;
  struct code code = {.op = OP_TRUTH};
  switch (expr->kind) {
  case EXPR_BOOL: code.arg = expr->number != 0; return put_code(e, code);
  case EXPR_NUMBER:
    return put_code(e, (struct code){.op = OP_NUMBER, .a = put_number(e, expr->number)});
  case EXPR_TEXT: return put_code(e, (struct code){.op = OP_TEXT, .a = put_text(e, expr->text)});
  case EXPR_ADDR:
    return put_code(e, (struct code){.op = OP_ADDR, .a = put_addr(e, &expr->prefix.addr)});
  case EXPR_FIELD: return emit_field(e, expr);
  case EXPR_SIGNAL:
  case EXPR_ROUTE:
    code.op = expr->kind == EXPR_SIGNAL ? OP_SIGNAL : OP_ROUTE;
    code.a = symbols_find(e->symbols, STATEMENT_RULE, expr->text)->index;
    return put_code(e, code);
  case EXPR_CALL: return emit_call(e, expr);
  case EXPR_NOT: return negated(e, emit_expr(e, expr->kids));
  case EXPR_NEGATE:
    return put_code(e, (struct code){.op = OP_NEGATE, .a = emit_expr(e, expr->kids)});
  case EXPR_BINARY: return emit_binary(e, expr);
  case EXPR_BAD:
  case EXPR_NAME:
  case EXPR_LIST:
  case EXPR_SET:
  case EXPR_RANGE: break; /* never where a value stands, after the checker */
  }
  return NO_CODE;
}
