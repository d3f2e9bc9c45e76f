// SPDX-License-Identifier: Apache-2.0
#include "proxy/config_report.h"

#include "rules/base/err.h"

#include <stdarg.h>
#include <stdio.h>

enum {
  MESSAGE_MAX = 640,
  SHOWN_COLUMNS = 90, /* of the line; a longer one is shown around the caret */
  BEFORE_CARET = 60,  /* columns kept before it then */
  TAIL_BYTES = 32,    /* kept free for "and 12345 more" */
  LINE_BYTES = SHOWN_COLUMNS * 4 + 8
};

static const char INDENT[] = "    ";

void config_report_init(struct config_report *r, struct span text, const char *name,
                        struct config_error *out) {
  *r = (struct config_report){.text = text, .name = name, .out = out};
  out->text[0] = '\0';
}

static bool continues(char c) {
  return ((unsigned char)c & 0xc0) == 0x80;
}

static char shown(char c) {
  if (c == '\t') return ' ';
  return (unsigned char)c < 0x20 || c == 0x7f ? '?' : c;
}

static struct span line_of(struct span text, unsigned line) {
  while (--line && text.len) span_cut(&text, '\n');
  struct span found = span_cut(&text, '\n');
  if (found.len && found.at[found.len - 1] == '\r') found.len--;
  return found;
}

/* Copies columns [from, from + SHOWN_COLUMNS) of `line`, made safe to print. */
static void copy_columns(struct span line, unsigned from, char out[LINE_BYTES]) {
  size_t len = 0;
  unsigned column = 0;
  for (size_t i = 0; i < line.len; i++) {
    if (i && !continues(line.at[i])) column++;
    if (column >= from + SHOWN_COLUMNS || len + 1 == LINE_BYTES) break;
    if (column >= from) out[len++] = shown(line.at[i]);
  }
  out[len] = '\0';
}

static void append(struct config_report *r, const char *text) {
  size_t len = strlen(text), gap = r->used ? 1 : 0;
  if (r->unsaid || r->used + gap + len + TAIL_BYTES > sizeof(r->out->text)) {
    r->unsaid++;
    return;
  }
  if (gap) r->out->text[r->used++] = '\n';
  memcpy(r->out->text + r->used, text, len + 1);
  r->used += len;
}

static void format_message(char out[MESSAGE_MAX], const char *format, va_list args) {
  vsnprintf(out, MESSAGE_MAX, format, args);
  for (char *c = out; *c; c++) *c = shown(*c);
}

void config_report_at(struct config_report *r, struct config_place place, const char *format, ...) {
  r->count++;
  char message[MESSAGE_MAX], line[LINE_BYTES];
  va_list args;
  va_start(args, format);
  format_message(message, format, args);
  va_end(args);
  unsigned from = place.column > SHOWN_COLUMNS ? place.column - BEFORE_CARET : 0;
  copy_columns(line_of(r->text, place.line), from, line);
  char whole[sizeof(r->out->text)];
  int caret = (int)(place.column - from);
  int len = snprintf(whole, sizeof(whole), "%.256s:%u:%u: %s\n%s%s\n%s%*s", r->name, place.line,
                     place.column, message, INDENT, line, INDENT, caret, "^");
  if (len > 0) append(r, whole);
}

void config_report_file(struct config_report *r, const char *format, ...) {
  r->count++;
  char message[MESSAGE_MAX], whole[sizeof(r->out->text)];
  va_list args;
  va_start(args, format);
  format_message(message, format, args);
  va_end(args);
  snprintf(whole, sizeof(whole), "%.256s: %s", r->name, message);
  append(r, whole);
}

int config_report_end(struct config_report *r) {
  if (r->unsaid) {
    snprintf(r->out->text + r->used, sizeof(r->out->text) - r->used, "\nand %u more", r->unsaid);
  }
  return r->count ? ERR_SYNTAX : OK;
}
