// SPDX-License-Identifier: Apache-2.0
#include "rules/engine/verdict.h"

#include <math.h>
#include <stdio.h>

void verdict_init(struct verdict *v) {
  v->action = ACTION_ALLOW;
  v->final = false;
  v->score = NAN;
  v->own = 0;
  v->retry_ms = 0;
  v->ban_ms = 0;
  v->reason_count = v->reasons_left_out =
      0; /* the reasons themselves need no clearing: a page view has none */
}

const char *verdict_name(enum action action) {
  return action_words[action].text;
}

/* What weighs more is kept when there is no more room: what was enforced before what was not, then severity, then
 * decibans either way. */
static double weight_of(const struct reason *r) {
  double asked = r->action == ACTION_LOG ? 0 : (double)r->action;
  return (r->shadow ? 0 : 1e6) + asked * 1e3 + fabs(r->decibans);
}

static void keep(struct verdict *v, const struct reason *reason) {
  if (v->reason_count < REASONS_MAX) {
    v->reasons[v->reason_count++] = *reason;
    return;
  }
  v->reasons_left_out++;
  struct reason *lightest = &v->reasons[0];
  for (uint32_t i = 1; i < REASONS_MAX; i++) {
    if (weight_of(&v->reasons[i]) < weight_of(lightest)) lightest = &v->reasons[i];
  }
  if (weight_of(reason) > weight_of(lightest)) *lightest = *reason;
}

void verdict_add(struct verdict *v, const struct reason *reason) {
  keep(v, reason);
  if (reason->shadow || reason->action == ACTION_LOG) return;
  enum action asked = reason->action == ACTION_BAN ? ACTION_DROP : reason->action;
  if (asked > v->action) v->action = asked;
}

/* A number as people write it: whole ones without a point, others with at most two digits after it. */
static void put_number(struct buf *out, double number) {
  char text[32];
  if (!(fabs(number) < 1e15)) { /* endless or not a number */
    buf_printf(out, "%g", number);
    return;
  }
  snprintf(text, sizeof(text), "%.2f", number);
  size_t len = strlen(text);
  while (len && text[len - 1] == '0') len--;
  if (len && text[len - 1] == '.') len--;
  text[len] = '\0';
  buf_put_text(out, strcmp(text, "-0") == 0 ? "0" : text);
}

static const char *kind_name(enum reason_kind kind) {
  static const char *const names[] = {
#define X(name, text) text,
    REASON_TABLE(X)
#undef X
  };
  return names[kind];
}

void verdict_reasons(const struct verdict *v, struct buf *out) {
  for (uint32_t i = 0; i < v->reason_count; i++) {
    const struct reason *r = &v->reasons[i];
    if (i) buf_put_text(out, "; ");
    buf_printf(out, "%s%s %.*s", r->shadow ? "shadow " : "", kind_name(r->kind), SPAN_ARG(r->rule));
    if (r->kind == REASON_SCORE) {
      buf_put_text(out, r->decibans < 0 ? " " : " +");
      put_number(out, r->decibans);
    } else if (!isnan(r->value)) {
      buf_put_byte(out, ' ');
      put_number(out, r->value);
      if (!isnan(r->threshold)) buf_put_byte(out, '/');
      if (!isnan(r->threshold)) put_number(out, r->threshold);
    }
  }
}

/* The rule's own words, with {limit} filled in by the threshold and any other {name} by the value. */
static void put_because(struct buf *out, const struct reason *r) {
  struct span rest = r->because;
  while (rest.len) {
    size_t open = span_find(rest, '{');
    buf_put(out, span_from(rest.at, open));
    rest = span_skip(rest, open);
    size_t close = span_find(rest, '}');
    if (close == rest.len) {
      buf_put(out, rest);
      return;
    }
    bool limit = span_eq(span_from(rest.at + 1, close - 1), SPAN("limit"));
    put_number(out, limit ? r->threshold : r->value);
    rest = span_skip(rest, close + 1);
  }
}

static void explain_reason(const struct reason *r, struct buf *out) {
  buf_printf(out, "  %s%s %.*s", r->shadow ? "(in shadow) " : "", kind_name(r->kind),
             SPAN_ARG(r->rule));
  if (r->kind == REASON_SCORE) {
    buf_put_text(out, r->decibans < 0 ? ": speaks for the client by "
                                      : ": speaks against the client by ");
    put_number(out, fabs(r->decibans));
    buf_put_text(out, " decibans");
  } else {
    const char *asks = r->action == ACTION_LOG ? "only written down" : action_words[r->action].text;
    buf_printf(out, ": %s", asks);
  }
  if (!isnan(r->threshold) && !isnan(r->value)) {
    buf_put_text(out, ", ");
    put_number(out, r->value);
    buf_put_text(out, r->kind == REASON_LIMIT ? " where " : ", threshold ");
    put_number(out, r->threshold);
    if (r->kind == REASON_LIMIT) buf_put_text(out, " are allowed");
  }
  if (r->because.len) {
    buf_put_text(out, ": ");
    put_because(out, r);
  }
  buf_put_byte(out, '\n');
}

void verdict_explain(const struct verdict *v, struct buf *out) {
  buf_printf(out, "%s: %s\n", verdict_name(v->action), action_words[v->action].help);
  if (!isnan(v->score)) {
    buf_put_text(out, "  score ");
    put_number(out, v->score);
    buf_put_text(out, " decibans, of which ");
    put_number(out, v->own);
    buf_put_text(out, " against this very client\n");
  }
  if (v->ban_ms)
    buf_printf(out, "  the address is banned for %llu s\n", (unsigned long long)v->ban_ms / 1000);
  for (uint32_t i = 0; i < v->reason_count; i++) explain_reason(&v->reasons[i], out);
  if (v->reasons_left_out) buf_printf(out, "  and %u lighter reasons\n", v->reasons_left_out);
  if (!v->reason_count) buf_put_text(out, "  no rule had anything to say\n");
}
