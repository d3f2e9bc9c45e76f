// SPDX-License-Identifier: Apache-2.0
#include "rules/lang/cost.h"

/* clang-format off */
enum {
  STEP_NS = 5,          /* any operation */
  VALUES_MAX = 128,     /* of one field with several: the proxy's bound on headers */
  BYTES_PER_NS = 2,     /* searching, comparing, converting */
  LISTED_NS = 300,      /* a list in the store */
  SIGNAL_NS = 500,      /* reading or noting a signal */
  CHARGE_NS = 1000,     /* a limit, at all prefix lengths of the client */
  REGEX_NS = REGEX_STEPS_MAX * 2
};
/* clang-format on */

struct cost {
  const struct program *p;
  const struct schema *schema;
};

/* Longest text that this expression can make. */
static uint64_t width(const struct cost *c, uint32_t at) {
  const struct code *code = &c->p->codes[at];
  uint64_t sum = 0;
  switch (code->op) {
  case OP_TEXT: return c->p->texts[code->a].len;
  case OP_TEXT_FIELD: {
    for (size_t i = 0; i < c->schema->field_count; i++) {
      const struct field *field = &c->schema->fields[i];
      bool text = field->type == TYPE_TEXT || field->type == TYPE_SECRET;
      if (text && field->shape == FIELD_ONE && field->offset == code->a) return field->bytes_max;
    }
    return 0;
  }
  case OP_TEXT_MANY:
  case OP_TEXT_MAP: return c->schema->fields[code->a].bytes_max;
  case OP_CONCAT:
    for (uint32_t i = 0; i < code->many_or_count; i++) sum += width(c, c->p->kids[code->a + i]);
    return sum;
  default: return width(c, code->a);
  }
}

static uint64_t own_cost(const struct cost *c, uint32_t at) {
  const struct code *code = &c->p->codes[at];
  uint64_t values =
      code->op >= OP_TEXT_EQUAL && code->op <= OP_TEXT_IN && code->many_or_count ? VALUES_MAX : 1;
  switch (code->op) {
  case OP_TEXT_EQUAL:
  case OP_TEXT_COMPARE:
  case OP_TEXT_STARTS:
  case OP_TEXT_ENDS: return values * STEP_NS + width(c, code->b) / BYTES_PER_NS;
  case OP_FIELD_IS: return STEP_NS + c->p->texts[code->b].len / BYTES_PER_NS;
  case OP_TEXT_CONTAINS: return values * STEP_NS * 4 + width(c, code->a) / BYTES_PER_NS;
  case OP_TEXT_MATCHES: return values * REGEX_NS;
  case OP_TEXT_WILDCARD: return width(c, code->a) * (1 + c->p->texts[code->b].len / 8);
  case OP_TEXT_IN: return values * STEP_NS * 20;
  case OP_NUMBER_IN:
  case OP_ADDR_IN: return STEP_NS * 20;
  case OP_ADDR_LISTED: return LISTED_NS;
  case OP_SIGNAL: return SIGNAL_NS;
  case OP_LOWER:
  case OP_UPPER:
  case OP_URL_DECODE:
  case OP_CONCAT: return STEP_NS + width(c, at) / BYTES_PER_NS;
  case OP_TEXT_MANY:
  case OP_TEXT_MAP: return VALUES_MAX * STEP_NS;
  default: return STEP_NS;
  }
}

static uint64_t cost_of(const struct cost *c, uint32_t at) {
  static const char *const operands[] = {
#define X(name, result, operands) operands,
    OP_TABLE(X)
#undef X
  };
  if (at == NO_CODE) return 0;
  const struct code *code = &c->p->codes[at];
  uint64_t sum = own_cost(c, at);
  const char *takes = operands[code->op];
  if (takes[0] == 'k') {
    for (uint32_t i = 0; i < code->many_or_count; i++) sum += cost_of(c, c->p->kids[code->a + i]);
  }
  if (takes[0] == 'c') sum += cost_of(c, code->a);
  if (takes[0] && takes[1] == 'c') sum += cost_of(c, code->b);
  return sum;
}

static uint64_t cost_of_key(const struct cost *c, const struct key *key) {
  uint64_t sum = 0;
  for (unsigned i = 0; i < key->count; i++) sum += cost_of(c, key->codes[i]);
  return sum;
}

struct sum {
  uint64_t all, most;
  const struct definition *dearest;
};

static void add(struct sum *sum, const struct definition *def, uint64_t ns) {
  sum->all += ns;
  if (ns <= sum->most) return;
  sum->most = ns;
  sum->dearest = def;
}

/* All logins are asked whether it is they; then one of them what came of it. */
static void add_logins(const struct cost *c, struct sum *sum) {
  uint64_t dearest_outcome = 0;
  for (uint32_t i = 0; i < c->p->login_count; i++) {
    const struct login *login = &c->p->logins[i];
    add(sum, &login->def, 2 * cost_of(c, login->when)); /* at the head, and again with the body */
    uint64_t ns = 0;
    for (unsigned j = 0; j < OUTCOME_COUNT; j++) ns += cost_of(c, login->outcomes[j]);
    if (ns > dearest_outcome) dearest_outcome = ns;
  }
  sum->all += dearest_outcome;
}

static void add_decide(const struct cost *c, struct sum *sum, const struct decide *decide) {
  uint64_t ns = cost_of(c, decide->prior);
  for (uint32_t i = 0; i < decide->cap_count; i++) ns += cost_of(c, decide->caps[i].when);
  add(sum, &decide->def, ns);
}

uint64_t cost_of_program(const struct program *p, const struct schema *schema,
                         const struct definition **dearest, uint64_t *dearest_ns) {
  struct cost c = {p, schema};
  struct sum sum = {0};
  for (uint32_t i = 0; i < p->route_count; i++)
    add(&sum, &p->routes[i].def, 2 * cost_of(&c, p->routes[i].when));
  add_logins(&c, &sum);
  for (uint32_t i = 0; i < p->rule_count; i++)
    add(&sum, &p->rules[i].def, cost_of(&c, p->rules[i].when));
  for (uint32_t i = 0; i < p->decide_count; i++) add_decide(&c, &sum, &p->decides[i]);
  for (uint32_t i = 0; i < p->limit_count; i++) {
    const struct limit *l = &p->limits[i];
    add(&sum, &l->def,
        CHARGE_NS + cost_of_key(&c, &l->key) + cost_of(&c, l->when) + cost_of(&c, l->costing));
  }
  for (uint32_t i = 0; i < p->signal_count; i++) {
    const struct signal *s = &p->signals[i];
    add(&sum, &s->def,
        SIGNAL_NS + cost_of_key(&c, &s->key) + cost_of(&c, s->when) + cost_of(&c, s->distinct));
  }
  for (uint32_t i = 0; i < p->score_count; i++) {
    const struct score *s = &p->scores[i];
    add(&sum, &s->def, cost_of(&c, s->points) + cost_of(&c, s->when) + cost_of(&c, s->value));
  }
  *dearest = sum.dearest;
  *dearest_ns = sum.most;
  return sum.all;
}
