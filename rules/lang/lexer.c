// SPDX-License-Identifier: Apache-2.0
#include "rules/lang/lexer.h"

#include "rules/base/err.h"

#include <stdlib.h>

const char *token_name(enum token_kind kind) {
  static const char *const names[] = {
#define X(name, text) text,
    TOKEN_TABLE(X)
#undef X
  };
  return names[kind];
}

void lexer_init(struct lexer *l, struct report *report, uint32_t index, struct arena *arena) {
  *l = (struct lexer){.source = &report->sources[index],
                      .index = index,
                      .line_start = true,
                      .arena = arena,
                      .report = report};
  l->comment_end = &l->comments;
}

static char byte_at(const struct lexer *l, uint32_t at) {
  return at < l->source->text.len ? l->source->text.at[at] : '\0';
}

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

static bool is_hex(char c) {
  return is_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'f');
}

static bool is_letter(char c) {
  return (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') || c == '_';
}

static bool in_name(char c) {
  return is_letter(c) || is_digit(c);
}

static struct place place_from(const struct lexer *l, uint32_t start, uint32_t end) {
  return (struct place){.source = l->index, .at = start, .len = end - start};
}

static struct span text_of(const struct lexer *l, uint32_t start, uint32_t end) {
  return span_from(l->source->text.at + start, end - start);
}

static void keep_comment(struct lexer *l) {
  uint32_t start = l->at;
  while (l->at < l->source->text.len && byte_at(l, l->at) != '\n') l->at++;
  struct comment *comment = arena_zero(l->arena, sizeof(*comment));
  if (!comment) return;
  comment->place = place_from(l, start, l->at);
  comment->own_line = l->line_start;
  *l->comment_end = comment;
  l->comment_end = &comment->next;
}

static void skip_blanks(struct lexer *l) {
  for (;; l->at++) {
    if (byte_at(l, l->at) == '#') keep_comment(l);
    char c = byte_at(l, l->at);
    if (c == '\n')
      l->line_start = true;
    else if (c != ' ' && c != '\t' && c != '\r')
      return;
  }
}

/* Where an address literal that starts at `at` ends, or `at`: four dotted numbers, or hex digits with two colons.
 * A range "192.0.2.1..192.0.2.9" ends before its dots. */
static uint32_t address_end(const struct lexer *l, uint32_t at) {
  uint32_t end = at, colons = 0, dots = 0;
  for (;; end++) {
    char c = byte_at(l, end);
    if (c == '.' && byte_at(l, end + 1) == '.') break;
    if (c == ':') colons++;
    if (c == '.') dots++;
    if (!is_hex(c) && c != ':' && c != '.') break;
  }
  bool looks = colons >= 2 || (colons == 0 && dots == 3 && is_digit(byte_at(l, at)));
  if (!looks || is_letter(byte_at(l, end))) return at;
  if (byte_at(l, end) == '/' && is_digit(byte_at(l, end + 1))) {
    do end++;
    while (is_digit(byte_at(l, end)));
  }
  return end;
}

static bool take_address(struct lexer *l, struct token *t) {
  uint32_t start = l->at, end = address_end(l, start);
  if (end == start) return false;
  l->at = end;
  t->kind = TOKEN_ADDR;
  t->place = place_from(l, start, end);
  struct span text = text_of(l, start, end);
  int err = prefix_parse(text, &t->prefix);
  if (err == OK) return true;
  t->kind = TOKEN_BAD;
  if (err == ERR_RANGE && span_find(text, '/') < text.len) {
    report_add(l->report, t->place, SPAN("write the network's first address, as in 192.0.2.0/24"),
               "'%.*s' has bits set past its length, or a length out of range", SPAN_ARG(text));
  } else {
    report_add(l->report, t->place, SPAN("write it as 192.0.2.1, 192.0.2.0/24 or 2001:db8::/32"),
               "'%.*s' is not an address", SPAN_ARG(text));
  }
  return true;
}

static const struct {
  const char *name;
  double ms;
} units[] = {{"ms", 1}, {"s", 1e3}, {"m", 6e4}, {"h", 3.6e6}, {"d", 8.64e7}, {"w", 6.048e8}};

static void take_number(struct lexer *l, struct token *t) {
  uint32_t start = l->at;
  while (is_digit(byte_at(l, l->at))) l->at++;
  if (byte_at(l, l->at) == '.' && is_digit(byte_at(l, l->at + 1))) {
    do l->at++;
    while (is_digit(byte_at(l, l->at)));
  }
  char digits[32];
  size_t len = l->at - start;
  uint32_t unit = l->at;
  while (in_name(byte_at(l, l->at))) l->at++;
  t->place = place_from(l, start, l->at);
  t->kind = TOKEN_BAD;
  if (len > 15) { /* past that a double no longer holds every digit */
    report_add(l->report, t->place, SPAN(""), "a number has fifteen digits at most");
    return;
  }
  memcpy(digits, l->source->text.at + start, len);
  digits[len] = '\0';
  t->number = strtod(digits, NULL);
  struct span suffix = text_of(l, unit, l->at);
  if (suffix.len == 0) t->kind = TOKEN_NUMBER;
  for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
    if (!span_eq(suffix, span_of(units[i].name))) continue;
    t->number *= units[i].ms;
    t->kind = TOKEN_DURATION;
  }
  if (t->kind == TOKEN_BAD) {
    report_add(l->report, t->place, SPAN("durations end in ms, s, m, h, d or w"),
               "'%.*s' is not a unit", SPAN_ARG(suffix));
  }
}

/* "\xHH" and the usual letters. Answers how many bytes of the source were used, 0 for an unknown escape. */
static uint32_t unescape(const struct lexer *l, uint32_t at, char *out) {
  static const char escapes[][2] = {
      {'"', '"'}, {'\\', '\\'}, {'n', '\n'}, {'r', '\r'}, {'t', '\t'}};
  char c = byte_at(l, at + 1);
  for (size_t i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++) {
    if (c != escapes[i][0]) continue;
    *out = escapes[i][1];
    return 2;
  }
  if (c != 'x' || !is_hex(byte_at(l, at + 2)) || !is_hex(byte_at(l, at + 3))) return 0;
  char hex[3] = {byte_at(l, at + 2), byte_at(l, at + 3), '\0'};
  *out = (char)strtoul(hex, NULL, 16);
  return 4;
}

static void unclosed(struct lexer *l, struct token *t, uint32_t start) {
  t->kind = TOKEN_BAD;
  t->place = place_from(l, start, l->at);
  report_add(l->report, t->place, SPAN("a text ends with a quote on the same line"),
             "this text has no end");
}

static void take_text(struct lexer *l, struct token *t) {
  uint32_t start = l->at++;
  struct span rest = span_skip(l->source->text, l->at);
  char *out = arena_take(l->arena, span_find(rest, '\n') + 1);
  size_t len = 0;
  t->kind = out ? TOKEN_TEXT : TOKEN_BAD;
  while (out && byte_at(l, l->at) != '"') {
    char c = byte_at(l, l->at);
    if (l->at >= l->source->text.len || c == '\n') {
      unclosed(l, t, start);
      return;
    }
    uint32_t used = 1;
    if (c == '\\') used = unescape(l, l->at, &c);
    if (used == 0) {
      t->kind = TOKEN_BAD;
      report_add(l->report, place_from(l, l->at, l->at + 2),
                 SPAN("write \\\\ for a backslash, or a raw text: r\"…\""), "unknown escape");
      used = 1;
    }
    out[len++] = c;
    l->at += used;
  }
  l->at++;
  t->text = span_from(out, len);
  t->place = place_from(l, start, l->at);
}

/* r"…" and r#"…"#: as it stands, as many # as one likes (Cloudflare has the same). */
static bool take_raw_text(struct lexer *l, struct token *t) {
  uint32_t start = l->at, hashes = 0;
  if (byte_at(l, start) != 'r') return false;
  while (byte_at(l, start + 1 + hashes) == '#') hashes++;
  if (byte_at(l, start + 1 + hashes) != '"') return false;
  l->at = start + 2 + hashes;
  uint32_t body = l->at;
  for (;; l->at++) {
    if (l->at >= l->source->text.len || byte_at(l, l->at) == '\n') {
      unclosed(l, t, start);
      return true;
    }
    if (byte_at(l, l->at) != '"') continue;
    uint32_t closing = 0;
    while (closing < hashes && byte_at(l, l->at + 1 + closing) == '#') closing++;
    if (closing == hashes) break;
  }
  t->kind = TOKEN_TEXT;
  t->text = text_of(l, body, l->at);
  l->at += 1 + hashes;
  t->place = place_from(l, start, l->at);
  return true;
}

/* A word, or after '$' the name of a list: letters, digits, underscores, single dots between. */
static void take_word(struct lexer *l, struct token *t, enum token_kind kind) {
  uint32_t start = l->at, name = kind == TOKEN_LIST ? start + 1 : start;
  for (l->at = name; in_name(byte_at(l, l->at)); l->at++) {
    if (byte_at(l, l->at + 1) == '.' && is_letter(byte_at(l, l->at + 2))) l->at++;
  }
  t->kind = kind;
  t->text = text_of(l, name, l->at);
  t->place = place_from(l, start, l->at);
}

static const struct {
  char text[3];
  enum token_kind kind;
} marks[] = {
    {"==", TOKEN_EQ},   {"!=", TOKEN_NE},     {"<=", TOKEN_LE},    {">=", TOKEN_GE},
    {"&&", TOKEN_AND},  {"||", TOKEN_OR},     {"^^", TOKEN_XOR},   {"..", TOKEN_RANGE},
    {"<", TOKEN_LT},    {">", TOKEN_GT},      {"!", TOKEN_NOT},    {"~", TOKEN_MATCHES},
    {"{", TOKEN_OPEN},  {"}", TOKEN_CLOSE},   {"(", TOKEN_LEFT},   {")", TOKEN_RIGHT},
    {"[", TOKEN_INDEX}, {"]", TOKEN_UNINDEX}, {",", TOKEN_COMMA},  {"+", TOKEN_PLUS},
    {"-", TOKEN_MINUS}, {"*", TOKEN_TIMES},   {"/", TOKEN_DIVIDE},
};

static void take_mark(struct lexer *l, struct token *t) {
  uint32_t start = l->at;
  struct span rest = span_skip(l->source->text, start);
  for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
    if (!span_starts(rest, span_of(marks[i].text))) continue;
    l->at += (uint32_t)strlen(marks[i].text);
    t->kind = marks[i].kind;
    t->place = place_from(l, start, l->at);
    return;
  }
  unsigned char c = (unsigned char)rest.at[0];
  l->at++;
  while (c >= 0x80 && ((unsigned char)byte_at(l, l->at) & 0xc0) == 0x80) l->at++;
  t->kind = TOKEN_BAD;
  t->place = place_from(l, start, l->at);
  struct span mend = c == '=' ? SPAN("write eq or ==") : SPAN("");
  if (c >= 0x20 && c != 0x7f)
    report_add(l->report, t->place, mend, "'%.*s' means nothing here", (int)(l->at - start),
               rest.at);
  else
    report_add(l->report, t->place, mend, "the byte 0x%02x means nothing here", c);
}

struct token lexer_next(struct lexer *l) {
  skip_blanks(l);
  struct token t = {.kind = TOKEN_END, .line_start = l->line_start};
  t.place = place_from(l, l->at, l->at);
  l->line_start = false;
  if (l->at >= l->source->text.len) return t;
  char c = byte_at(l, l->at);
  if ((is_hex(c) || c == ':') && take_address(l, &t)) return t;
  if (c == 'r' && take_raw_text(l, &t)) return t;
  if (is_digit(c))
    take_number(l, &t);
  else if (is_letter(c))
    take_word(l, &t, TOKEN_WORD);
  else if (c == '$' && is_letter(byte_at(l, l->at + 1)))
    take_word(l, &t, TOKEN_LIST);
  else if (c == '"')
    take_text(l, &t);
  else
    take_mark(l, &t);
  return t;
}
