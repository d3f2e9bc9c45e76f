// SPDX-License-Identifier: Apache-2.0
#include "rules/lang/dump.h"

static const struct {
  const char *name, *operands;
} ops[] = {
#define X(name, result, operands) {#name, operands},
    OP_TABLE(X)
#undef X
};

static void dump_code(const struct program *p, uint32_t at, struct buf *out);

static void dump_set(const struct set *set, struct buf *out) {
  char text[ADDR_TEXT_MAX];
  buf_put_byte(out, '{');
  for (uint32_t i = 0; i < set->count; i++) {
    if (set->type == TYPE_TEXT) buf_put_json(out, set->texts[i]);
    if (set->type == TYPE_NUMBER)
      buf_printf(out, "%.17g..%.17g", set->numbers[i].from, set->numbers[i].to);
    if (set->type != TYPE_ADDR) continue;
    buf_put(out, span_from(text, addr_format(&set->addrs[i].from, text)));
    buf_put_text(out, "..");
    buf_put(out, span_from(text, addr_format(&set->addrs[i].to, text)));
  }
  buf_put_byte(out, '}');
}

static void dump_operand(const struct program *p, char kind, uint32_t at, struct buf *out) {
  char text[ADDR_TEXT_MAX];
  buf_put_byte(out, ' ');
  switch (kind) {
  case 'c': dump_code(p, at, out); break;
  case 't': buf_put_json(out, p->texts[at]); break;
  case 'n': buf_printf(out, "%.17g", p->numbers[at]); break;
  case 'p': buf_put(out, span_from(text, addr_format(&p->addrs[at], text))); break;
  case 's': dump_set(&p->sets[at], out); break;
  default: buf_printf(out, "%c%u", kind, at); break;
  }
}

static void dump_code(const struct program *p, uint32_t at, struct buf *out) {
  const struct code *code = &p->codes[at];
  const char *operands = ops[code->op].operands;
  if (at == NO_CODE) {
    buf_put_byte(out, '-');
    return;
  }
  buf_printf(out, "(%s.%u.%u", ops[code->op].name, code->arg, code->many_or_count);
  if (operands[0] == 'k') {
    for (uint32_t i = 0; i < code->many_or_count; i++)
      dump_operand(p, 'c', p->kids[code->a + i], out);
  } else if (operands[0]) {
    dump_operand(p, operands[0], code->a, out);
    if (operands[1]) dump_operand(p, operands[1], code->b, out);
  }
  buf_put_byte(out, ')');
}

static void dump_part(const struct program *p, const char *name, uint32_t code, struct buf *out) {
  buf_printf(out, " %s=", name);
  dump_code(p, code, out);
}

static void dump_definition(const struct definition *d, const char *kind, struct buf *out) {
  buf_printf(out, "\n%s %.*s source=%u phase=%u routes=%jx shadow=%d", kind, SPAN_ARG(d->name),
             d->source, d->phase, (uintmax_t)d->routes, d->shadow);
}

static void dump_key(const struct program *p, const struct key *key, struct buf *out) {
  buf_printf(out, " client=%d", key->client);
  for (unsigned i = 0; i < key->count; i++) dump_part(p, "key", key->codes[i], out);
}

static void dump_moment(const struct moment *m, struct buf *out) {
  buf_printf(out, " on=%d.%u", m->event, m->route);
}

static void dump_login(const struct program *p, const struct login *l, struct buf *out) {
  dump_definition(&l->def, "login", out);
  dump_part(p, "when", l->when, out);
  for (unsigned i = 0; i < l->username_count; i++)
    buf_printf(out, " username=%d.%.*s", l->usernames[i].carrier, SPAN_ARG(l->usernames[i].name));
  for (unsigned i = 0; i < l->password_count; i++)
    buf_printf(out, " password=%d.%.*s", l->passwords[i].carrier, SPAN_ARG(l->passwords[i].name));
  for (unsigned i = 0; i < OUTCOME_COUNT; i++) dump_part(p, "outcome", l->outcomes[i], out);
  buf_printf(out, " otherwise=%d unreadable=%d", l->otherwise, l->unreadable);
}

static void dump_limit(const struct program *p, const struct limit *l, struct buf *out) {
  dump_definition(&l->def, "limit", out);
  dump_moment(&l->on, out);
  dump_key(p, &l->key, out);
  dump_part(p, "when", l->when, out);
  dump_part(p, "costing", l->costing, out);
  buf_printf(out, " %.17g/%.17g in %ju then %d for %ju because ", l->quantity, l->burst,
             (uintmax_t)l->window_ms, l->action, (uintmax_t)l->hold_ms);
  buf_put_json(out, l->because);
}

static void dump_signal(const struct program *p, const struct signal *s, struct buf *out) {
  dump_definition(&s->def, "signal", out);
  dump_moment(&s->on, out);
  dump_key(p, &s->key, out);
  dump_part(p, "when", s->when, out);
  dump_part(p, "distinct", s->distinct, out);
  buf_printf(out, " in %ju", (uintmax_t)s->window_ms);
}

static void dump_score(const struct program *p, const struct score *s, struct buf *out) {
  dump_definition(&s->def, "score", out);
  dump_moment(&s->on, out);
  dump_part(p, "points", s->points, out);
  dump_part(p, "when", s->when, out);
  dump_part(p, "value", s->value, out);
  buf_printf(out, " %.17g..%.17g own=%d because ", s->min, s->max, s->own);
  buf_put_json(out, s->because);
}

static void dump_decide(const struct program *p, const struct decide *d, struct buf *out) {
  dump_definition(&d->def, "decide", out);
  dump_moment(&d->on, out);
  dump_part(p, "prior", d->prior, out);
  for (unsigned i = 0; i < ACTION_COUNT; i++) {
    if (d->thresholds[i].set)
      buf_printf(out, " %u at %.17g with %.17g", i, d->thresholds[i].at, d->thresholds[i].own);
  }
  for (uint32_t i = 0; i < d->cap_count; i++) {
    buf_printf(out, " cap=%d.%d", d->caps[i].most, d->caps[i].action);
    dump_part(p, "when", d->caps[i].when, out);
  }
}

static void dump_rule(const struct program *p, const struct rule *r, struct buf *out) {
  dump_definition(&r->def, "rule", out);
  dump_part(p, "when", r->when, out);
  buf_printf(out, " then %d for %ju because ", r->action, (uintmax_t)r->hold_ms);
  buf_put_json(out, r->because);
}

static void dump_example(const struct example *x, struct buf *out) {
  dump_definition(&x->def, "example", out);
  for (uint32_t i = 0; i < x->given_count; i++) {
    const struct given *g = &x->givens[i];
    char text[ADDR_TEXT_MAX];
    buf_printf(out, " %u[%.*s]=%.17g ", g->field, SPAN_ARG(g->key), g->number);
    buf_put_json(out, g->text);
    buf_put(out, span_from(text, addr_format(&g->addr, text)));
  }
  buf_printf(out, " times %u in %ju expect %d by %.*s", x->times, (uintmax_t)x->times_ms, x->expect,
             SPAN_ARG(x->by));
}

void dump_program(const struct program *p, struct buf *out) {
  buf_printf(out, "sources=%u packs=%jx", p->source_count, (uintmax_t)p->packs);
  for (uint32_t i = 0; i < p->list_count; i++) {
    dump_definition(&p->lists[i].def, "list", out);
    if (p->lists[i].set) dump_set(p->lists[i].set, out);
  }
  for (uint32_t i = 0; i < p->route_count; i++) {
    dump_definition(&p->routes[i].def, "route", out);
    buf_printf(out, " bit=%u", p->routes[i].bit);
    dump_part(p, "when", p->routes[i].when, out);
  }
  for (uint32_t i = 0; i < p->login_count; i++) dump_login(p, &p->logins[i], out);
  for (uint32_t i = 0; i < p->signal_count; i++) dump_signal(p, &p->signals[i], out);
  for (uint32_t i = 0; i < p->limit_count; i++) dump_limit(p, &p->limits[i], out);
  for (uint32_t i = 0; i < p->score_count; i++) dump_score(p, &p->scores[i], out);
  for (uint32_t i = 0; i < p->decide_count; i++) dump_decide(p, &p->decides[i], out);
  for (uint32_t i = 0; i < p->rule_count; i++) dump_rule(p, &p->rules[i], out);
  for (uint32_t i = 0; i < p->example_count; i++) dump_example(&p->examples[i], out);
  buf_put_byte(out, '\n');
}
