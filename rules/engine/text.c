// SPDX-License-Identifier: Apache-2.0
/** Texts and conditions over them. */
#include "rules/engine/value.h"

static char *scratch(struct evaluation *e, size_t len) {
  struct evaluator *by = e->by;
  if (len > SCRATCH_BYTES - by->scratch_used) {
    by->scratch_overruns++;
    return NULL;
  }
  char *at = by->scratch + by->scratch_used;
  by->scratch_used += len;
  return at;
}

static size_t make_lower(struct span in, char *out) {
  for (size_t i = 0; i < in.len; i++) out[i] = ascii_lower(in.at[i]);
  return in.len;
}

static size_t make_upper(struct span in, char *out) {
  for (size_t i = 0; i < in.len; i++) {
    out[i] = in.at[i] >= 'a' && in.at[i] <= 'z' ? (char)(in.at[i] & ~0x20) : in.at[i];
  }
  return in.len;
}

static int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = ascii_lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Once: "%2541" becomes "%41". What is no escape stays. */
static size_t url_decode(struct span in, char *out) {
  size_t len = 0;
  for (size_t i = 0; i < in.len; i++) {
    int high = -1, low = -1;
    if (in.at[i] == '%' && i + 2 < in.len) {
      high = hex_digit(in.at[i + 1]);
      low = hex_digit(in.at[i + 2]);
    }
    if (high >= 0 && low >= 0) {
      out[len++] = (char)(high << 4 | low);
      i += 2;
    } else {
      out[len++] = in.at[i] == '+' ? ' ' : in.at[i];
    }
  }
  return len;
}

static enum facts_found made_text(struct evaluation *e, uint32_t from, size_t nth,
                                  size_t (*make)(struct span, char *), struct span *out) {
  struct span in;
  enum facts_found found = value_text(e, from, nth, &in);
  if (found != FACTS_VALUE) return found;
  char *room = scratch(e, in.len);
  if (!room) return FACTS_UNKNOWN;
  *out = span_from(room, make(in, room));
  return FACTS_VALUE;
}

/* Apart from value_text, whose frame it would widen for everybody. */
__attribute__((noinline)) static enum facts_found joined_text(struct evaluation *e,
                                                              const struct code *code,
                                                              struct span *out) {
  const uint32_t *kids = &e->by->program->kids[code->a];
  struct span parts[8];
  size_t len = 0;
  for (unsigned i = 0; i < code->many_or_count; i++) {
    if (value_text(e, kids[i], 0, &parts[i]) != FACTS_VALUE) return FACTS_UNKNOWN;
    len += parts[i].len;
  }
  char *room = scratch(e, len);
  if (!room) return FACTS_UNKNOWN;
  *out = span_from(room, len);
  for (unsigned i = 0; i < code->many_or_count; i++) {
    if (parts[i].len) memcpy(room, parts[i].at, parts[i].len);
    room += parts[i].len;
  }
  return FACTS_VALUE;
}

enum facts_found value_text(struct evaluation *e, uint32_t at, size_t nth, struct span *out) {
  const struct program *p = e->by->program;
  const struct code *code = &p->codes[at];
  switch ((enum op)code->op) {
  case OP_TEXT: *out = p->texts[code->a]; return nth ? FACTS_END : FACTS_VALUE;
  case OP_TEXT_FIELD:
    if (nth > 0) return FACTS_END;
    *out = *(const struct span *)((const char *)e->facts + code->a);
    return out->at ? FACTS_VALUE : FACTS_UNKNOWN;
  case OP_TEXT_MANY: return facts_value(e->facts, (enum field_id)code->a, SPAN(""), nth, out);
  case OP_TEXT_MAP:
    return facts_value(e->facts, (enum field_id)code->a, p->texts[code->b], nth, out);
  case OP_LOWER: return made_text(e, code->a, nth, make_lower, out);
  case OP_UPPER: return made_text(e, code->a, nth, make_upper, out);
  case OP_URL_DECODE: return made_text(e, code->a, nth, url_decode, out);
  default: break;
  }
  if (nth > 0) return FACTS_END;
  return joined_text(e, code, out); /* OP_CONCAT */
}

/* '*' stands for any bytes, '\*' for a star. Without `strict` the case of letters does not matter. Goes back to the
 *  last
 * star only, so at worst len × pattern.len steps.
 * Source: the greedy algorithm, Krauss, "Matching Wildcards: An Algorithm", Dr. Dobb's, 2008. */
static bool wildcard(struct span text, struct span pattern, bool strict) {
  size_t t = 0, p = 0, star = SIZE_MAX, resume = 0;
  while (t < text.len) {
    bool escaped = p + 1 < pattern.len && pattern.at[p] == '\\' &&
                   (pattern.at[p + 1] == '*' || pattern.at[p + 1] == '\\');
    if (p < pattern.len && pattern.at[p] == '*') {
      star = p++;
      resume = t;
      continue;
    }
    char want = p < pattern.len ? pattern.at[p + escaped] : '\0';
    bool same = p < pattern.len &&
                (want == text.at[t] || (!strict && ascii_lower(want) == ascii_lower(text.at[t])));
    if (same) {
      p += 1 + escaped;
      t++;
    } else if (star != SIZE_MAX) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.len && pattern.at[p] == '*') p++;
  return p == pattern.len;
}

static int order_of(struct span a, struct span b) {
  size_t common = a.len < b.len ? a.len : b.len;
  int order = common ? memcmp(a.at, b.at, common) : 0;
  return order ? order : (a.len > b.len) - (a.len < b.len);
}

static bool ends_with(struct span text, struct span end) {
  return text.len >= end.len && span_eq(span_skip(text, text.len - end.len), end);
}

static bool matches(struct evaluation *e, const struct code *code, struct span text) {
  int found = regex_match(e->by->program->regexes[code->b], e->by->regex, text);
  if (found < 0) e->by->regex_overruns++;
  return found == 1;
}

static bool holds(struct evaluation *e, const struct code *code, struct span a, struct span b) {
  const struct program *p = e->by->program;
  switch ((enum op)code->op) {
  case OP_TEXT_EQUAL: return span_eq(a, b);
  case OP_TEXT_COMPARE: return value_compare(code->arg, order_of(a, b));
  case OP_TEXT_CONTAINS: return b.len == 0 || (a.len && memmem(a.at, a.len, b.at, b.len));
  case OP_TEXT_STARTS: return b.len == 0 || span_starts(a, b);
  case OP_TEXT_ENDS: return ends_with(a, b);
  case OP_TEXT_MATCHES: return matches(e, code, a);
  case OP_TEXT_WILDCARD: return wildcard(a, p->texts[code->b], code->arg);
  case OP_TEXT_IN: return set_has_text(&p->sets[code->b], a);
  default: return false;
  }
}

enum truth value_text_truth(struct evaluation *e, const struct code *code) {
  struct span a, b = SPAN("");
  bool pair = code->op >= OP_TEXT_EQUAL && code->op <= OP_TEXT_ENDS;
  if (pair && value_text(e, code->b, 0, &b) != FACTS_VALUE) return TRUTH_UNKNOWN;
  size_t count = code->many_or_count ? VALUES_MAX : 1;
  for (size_t nth = 0; nth < count; nth++) {
    enum facts_found found = value_text(e, code->a, nth, &a);
    if (found == FACTS_UNKNOWN) return TRUTH_UNKNOWN;
    if (found == FACTS_END) return TRUTH_NO;
    if (holds(e, code, a, b)) return TRUTH_YES;
  }
  return TRUTH_NO;
}
