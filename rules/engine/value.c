// SPDX-License-Identifier: Apache-2.0
#include "rules/engine/value.h"

#include <math.h>

static const void *member(const struct evaluation *e, uint32_t offset) {
  return (const char *)e->facts + offset;
}

static const struct code *code_at(const struct evaluation *e, uint32_t code) {
  return &e->by->program->codes[code];
}

static const uint32_t *kids_of(const struct evaluation *e, const struct code *code) {
  return &e->by->program->kids[code->a];
}

static enum truth all_of(struct evaluation *e, const struct code *code) {
  const uint32_t *kids = kids_of(e, code);
  enum truth least = TRUTH_YES;
  for (unsigned i = 0; i < code->many_or_count && least != TRUTH_NO; i++) {
    enum truth kid = value_truth(e, kids[i]);
    if (kid < least) least = kid;
  }
  return least;
}

static enum truth any_of(struct evaluation *e, const struct code *code) {
  const uint32_t *kids = kids_of(e, code);
  enum truth most = TRUTH_NO;
  for (unsigned i = 0; i < code->many_or_count && most != TRUTH_YES; i++) {
    enum truth kid = value_truth(e, kids[i]);
    if (kid > most) most = kid;
  }
  return most;
}

/* Two truths differ: turned sign of their product, unknown if either is. */
static enum truth odd_of(struct evaluation *e, const struct code *code) {
  const uint32_t *kids = kids_of(e, code);
  int odd = TRUTH_NO;
  for (unsigned i = 0; i < code->many_or_count && odd; i++) odd = -odd * value_truth(e, kids[i]);
  return (enum truth)odd;
}

static enum truth route_truth(const struct evaluation *e, uint32_t bit) {
  if (e->routes >> bit & 1) return TRUTH_YES;
  return e->unsure >> bit & 1 ? TRUTH_UNKNOWN : TRUTH_NO;
}

static enum truth number_truth(struct evaluation *e, const struct code *code) {
  double a = value_number(e, code->a);
  if (isnan(a)) return TRUTH_UNKNOWN;
  if (code->op == OP_NUMBER_IN) return truth_of(set_has_number(&e->by->program->sets[code->b], a));
  double b = value_number(e, code->b);
  return isnan(b) ? TRUTH_UNKNOWN : truth_of(value_compare(code->arg, (a > b) - (a < b)));
}

static enum truth field_is(const struct evaluation *e, const struct code *code) {
  const struct span *field = member(e, code->a);
  return field->at ? truth_of(span_eq(*field, e->by->program->texts[code->b])) : TRUTH_UNKNOWN;
}

static enum truth addr_truth(struct evaluation *e, const struct code *code) {
  const struct addr *a = value_addr(e, code->a);
  if (!a) return TRUTH_UNKNOWN;
  if (code->op == OP_ADDR_IN) return truth_of(set_has_addr(&e->by->program->sets[code->b], a));
  if (code->op == OP_ADDR_LISTED) {
    return truth_of(e->by->meters->listed(e->by->meters->self, code->b, a));
  }
  const struct addr *b = value_addr(e, code->b);
  return b ? truth_of(addr_eq(a, b)) : TRUTH_UNKNOWN;
}

enum truth value_truth(struct evaluation *e, uint32_t at) {
  if (at == NO_CODE) return TRUTH_YES;
  const struct code *code = code_at(e, at);
  struct span text;
  switch ((enum op)code->op) {
  case OP_TRUTH: return truth_of(code->arg);
  case OP_BOOL_FIELD: return *(const enum truth *)member(e, code->a);
  case OP_FIELD_IS: return field_is(e, code);
  case OP_ROUTE: return route_truth(e, code->a);
  case OP_AND: return all_of(e, code);
  case OP_OR: return any_of(e, code);
  case OP_XOR: return odd_of(e, code);
  case OP_NOT: return (enum truth) - value_truth(e, code->a);
  case OP_KNOWN_BOOL: return truth_of(value_truth(e, code->a) != TRUTH_UNKNOWN);
  case OP_KNOWN_NUMBER: return truth_of(!isnan(value_number(e, code->a)));
  case OP_KNOWN_TEXT: return truth_of(value_text(e, code->a, 0, &text) == FACTS_VALUE);
  case OP_KNOWN_ADDR: return truth_of(value_addr(e, code->a) != NULL);
  case OP_BOOL_SAME: return (enum truth)(value_truth(e, code->a) * value_truth(e, code->b));
  case OP_NUMBER_COMPARE:
  case OP_NUMBER_IN: return number_truth(e, code);
  case OP_ADDR_SAME:
  case OP_ADDR_IN:
  case OP_ADDR_LISTED: return addr_truth(e, code);
  default: return value_text_truth(e, code);
  }
}

/* NaN if one of them is: fmin and fmax would pass it over. */
static double extreme(struct evaluation *e, const struct code *code) {
  const uint32_t *kids = kids_of(e, code);
  double chosen = value_number(e, kids[0]);
  for (unsigned i = 1; i < code->many_or_count && !isnan(chosen); i++) {
    double kid = value_number(e, kids[i]);
    if (isnan(kid) || (code->op == OP_MIN ? kid < chosen : kid > chosen)) chosen = kid;
  }
  return chosen;
}

/* Of zero and below a logarithm is not known. */
static double logarithm(double number, double (*function)(double)) {
  return number > 0 ? function(number) : NAN;
}

static double length(struct evaluation *e, uint32_t code) {
  struct span text;
  return value_text(e, code, 0, &text) == FACTS_VALUE ? (double)text.len : NAN;
}

double value_number(struct evaluation *e, uint32_t at) {
  const struct code *code = code_at(e, at);
  switch ((enum op)code->op) {
  case OP_NUMBER: return e->by->program->numbers[code->a];
  case OP_NUMBER_FIELD: return *(const double *)member(e, code->a);
  case OP_SIGNAL: return value_signal(e, code->a);
  case OP_ADD: return value_number(e, code->a) + value_number(e, code->b);
  case OP_SUBTRACT: return value_number(e, code->a) - value_number(e, code->b);
  case OP_MULTIPLY: return value_number(e, code->a) * value_number(e, code->b);
  case OP_DIVIDE: return value_number(e, code->a) / value_number(e, code->b);
  case OP_NEGATE: return -value_number(e, code->a);
  case OP_LOG2: return logarithm(value_number(e, code->a), log2);
  case OP_LN: return logarithm(value_number(e, code->a), log);
  case OP_ABS: return fabs(value_number(e, code->a));
  case OP_MIN:
  case OP_MAX: return extreme(e, code);
  case OP_LEN: return length(e, code->a);
  default: return NAN;
  }
}

const struct addr *value_addr(struct evaluation *e, uint32_t at) {
  const struct code *code = code_at(e, at);
  if (code->op == OP_ADDR) return &e->by->program->addrs[code->a];
  return *(const struct addr *const *)member(e, code->a);
}

/* Each part's digest is the key of the next: the order of parts tells, and no two parts run into each other. */
static uint64_t chain(const struct evaluation *e, uint64_t seed, const void *bytes, size_t len) {
  struct siphash_key key = e->by->meters->digest_key;
  key.k0 ^= seed;
  return siphash_64(&key, span_from(bytes, len));
}

bool value_digest(struct evaluation *e, uint32_t at, enum type type, uint64_t seed, uint64_t *out) {
  struct span text = SPAN("");
  double number = 0;
  enum truth truth = TRUTH_UNKNOWN;
  const struct addr *addr;
  switch (type) {
  case TYPE_TEXT:
  case TYPE_SECRET:
    if (value_text(e, at, 0, &text) != FACTS_VALUE) return false;
    break;
  case TYPE_NUMBER:
    number = value_number(e, at) + 0.0; /* -0 and 0 are one key */
    if (isnan(number)) return false;
    text = span_from(&number, sizeof(number));
    break;
  case TYPE_BOOL:
    truth = value_truth(e, at);
    if (truth == TRUTH_UNKNOWN) return false;
    text = span_from(&truth, sizeof(truth));
    break;
  case TYPE_ADDR:
    addr = value_addr(e, at);
    if (!addr) return false;
    text = span_from(addr->bytes, sizeof(addr->bytes));
    break;
  }
  *out = chain(e, seed, text.at, text.len);
  return true;
}

bool value_key(struct evaluation *e, const struct key *key, struct meter_key *out) {
  *out = (struct meter_key){.client = key->client ? e->facts->ip_src : NULL};
  if (key->client && !out->client) return false;
  for (unsigned i = 0; i < key->count; i++) {
    if (!value_digest(e, key->codes[i], (enum type)key->types[i], out->digest, &out->digest))
      return false;
  }
  return true;
}

double value_signal(struct evaluation *e, uint32_t index) {
  struct meter_key key;
  const struct meters *meters = e->by->meters;
  if (!value_key(e, &e->by->program->signals[index].key, &key)) return NAN;
  return meters->reading(meters->self, index, key, e->now);
}
