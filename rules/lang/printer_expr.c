// SPDX-License-Identifier: Apache-2.0
/** Expressions as text; the printer's other half is printer.c. */
#include "rules/lang/printer.h"

enum { NOT_BINDS = 5, NEGATE_BINDS = 9, LEAF_BINDS = 10 };

static bool is_utf8(struct span text) {
  const unsigned char *at = (const unsigned char *)text.at;
  for (size_t i = 0; i < text.len;) {
    size_t more = at[i] < 0x80                    ? 0
                  : at[i] >= 0xc2 && at[i] < 0xe0 ? 1
                  : at[i] >= 0xe0 && at[i] < 0xf0 ? 2
                  : at[i] >= 0xf0 && at[i] < 0xf5 ? 3
                                                  : 4;
    if (more == 4 || i + more >= text.len) return false;
    for (size_t j = 1; j <= more; j++) {
      if ((at[i + j] & 0xc0) != 0x80) return false;
    }
    i += more + 1;
  }
  return true;
}

static bool is_printable(struct span text) {
  for (size_t i = 0; i < text.len; i++) {
    unsigned char c = (unsigned char)text.at[i];
    if (c < 0x20 || c == 0x7f) return false;
  }
  return is_utf8(text);
}

static void print_escaped(struct span text, struct buf *out) {
  static const char plain[] = "\"\\\n\r\t", letters[] = "\"\\nrt";
  bool utf8 = is_utf8(text);
  buf_put_byte(out, '"');
  for (size_t i = 0; i < text.len; i++) {
    unsigned char c = (unsigned char)text.at[i];
    const char *known = c ? strchr(plain, c) : NULL;
    if (known) {
      buf_put_byte(out, '\\');
      buf_put_byte(out, letters[known - plain]);
    } else if (c < 0x20 || c == 0x7f || (c >= 0x80 && !utf8)) {
      buf_printf(out, "\\x%02x", c);
    } else {
      buf_put_byte(out, (char)c);
    }
  }
  buf_put_byte(out, '"');
}

void printer_text(struct span text, struct buf *out) {
  bool backslash = span_find(text, '\\') < text.len, quote = span_find(text, '"') < text.len;
  bool closes = text.len && memmem(text.at, text.len, "\"#", 2);
  if (!backslash || closes || !is_printable(text)) {
    print_escaped(text, out);
    return;
  }
  buf_put_text(out, quote ? "r#\"" : "r\"");
  buf_put(out, text);
  buf_put_text(out, quote ? "\"#" : "\"");
}

static unsigned binds_of(const struct expr *e) {
  if (e->kind == EXPR_BINARY) return operators[e->ref].binds;
  if (e->kind == EXPR_NOT) return NOT_BINDS;
  return e->kind == EXPR_NEGATE ? NEGATE_BINDS : LEAF_BINDS;
}

void printer_kid(const struct expr *kid, unsigned least, struct buf *out) {
  bool parens = binds_of(kid) < least;
  if (parens) buf_put_byte(out, '(');
  printer_expr(kid, out);
  if (parens) buf_put_byte(out, ')');
}

static void print_binary(const struct expr *e, struct buf *out) {
  unsigned binds = operators[e->ref].binds;
  bool joins = e->ref <= OPERATOR_AND;
  for (const struct expr *kid = e->kids; kid; kid = kid->next) {
    if (kid != e->kids) buf_printf(out, " %s ", operators[e->ref].text);
    printer_kid(kid, kid == e->kids && !joins ? binds : binds + 1, out);
  }
}

static void print_addr(const struct prefix *prefix, struct buf *out) {
  char text[PREFIX_TEXT_MAX];
  size_t len = prefix->bits == 128 ? addr_format(&prefix->addr, text) : prefix_format(prefix, text);
  buf_put(out, span_from(text, len));
}

static void print_kids(const struct expr *e, const char *between, struct buf *out) {
  for (const struct expr *kid = e->kids; kid; kid = kid->next) {
    if (kid != e->kids) buf_put_text(out, between);
    printer_expr(kid, out);
  }
}

void printer_expr(const struct expr *e, struct buf *out) {
  switch (e->kind) {
  case EXPR_BAD: break;
  case EXPR_BOOL: buf_put_text(out, e->number != 0 ? "true" : "false"); break;
  case EXPR_NUMBER: buf_put(out, e->text); break;
  case EXPR_TEXT: printer_text(e->text, out); break;
  case EXPR_ADDR: print_addr(&e->prefix, out); break;
  case EXPR_NAME:
  case EXPR_FIELD:
  case EXPR_SIGNAL:
  case EXPR_ROUTE:
    buf_put(out, e->text);
    if (!e->key.at) break;
    buf_put_byte(out, '[');
    printer_text(e->key, out);
    buf_put_byte(out, ']');
    break;
  case EXPR_LIST: buf_printf(out, "$%.*s", SPAN_ARG(e->text)); break;
  case EXPR_SET:
    buf_put_byte(out, '{');
    print_kids(e, " ", out);
    buf_put_byte(out, '}');
    break;
  case EXPR_RANGE: print_kids(e, "..", out); break;
  case EXPR_CALL:
    buf_printf(out, "%.*s(", SPAN_ARG(e->text));
    print_kids(e, ", ", out);
    buf_put_byte(out, ')');
    break;
  case EXPR_NOT:
    buf_put_text(out, "not ");
    printer_kid(e->kids, NOT_BINDS, out);
    break;
  case EXPR_NEGATE:
    buf_put_byte(out, '-');
    printer_kid(e->kids, NEGATE_BINDS, out);
    break;
  case EXPR_BINARY: print_binary(e, out); break;
  }
}
