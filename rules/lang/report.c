// SPDX-License-Identifier: Apache-2.0
#include "rules/lang/report.h"

#include <stdarg.h>
#include <stdio.h>

enum { TEXT_BYTES_MAX = 64 * 1024, LINE_SHOWN_MAX = 160, NAME_BYTES_MAX = 64, EDITS_MAX = 2 };

void report_init(struct report *r, const struct source *sources, size_t count) {
  *r = (struct report){.sources = sources, .source_count = count};
  arena_init(&r->arena, NULL, 0, TEXT_BYTES_MAX);
}

void report_fini(struct report *r) {
  arena_fini(&r->arena);
}

static struct span format_text(struct report *r, const char *format, va_list args) {
  char text[512];
  int len = vsnprintf(text, sizeof(text), format, args);
  if (len < 0) return SPAN("");
  size_t kept = (size_t)len < sizeof(text) ? (size_t)len : sizeof(text) - 1;
  struct span copy = arena_copy(&r->arena, span_from(text, kept));
  return copy.at ? copy : SPAN("(no memory for the error's text)");
}

struct span report_text(struct report *r, const char *format, ...) {
  va_list args;
  va_start(args, format);
  struct span text = format_text(r, format, args);
  va_end(args);
  return text;
}

static bool stands_before(const struct place *a, const struct place *b) {
  return a->source != b->source ? a->source < b->source : a->at < b->at;
}

void report_add(struct report *r, struct place place, struct span mend, const char *format, ...) {
  uint32_t kept = r->count < REPORT_ERRORS_MAX ? r->count : REPORT_ERRORS_MAX;
  for (uint32_t i = 0; i < kept; i++) {
    const struct place *known = &r->errors[i].place;
    if (known->source == place.source && known->at == place.at) return;
  }
  r->count++;
  if (kept == REPORT_ERRORS_MAX) return;
  uint32_t at = kept;
  for (; at > 0 && stands_before(&place, &r->errors[at - 1].place); at--)
    r->errors[at] = r->errors[at - 1];
  va_list args;
  va_start(args, format);
  r->errors[at] =
      (struct report_error){.place = place, .mend = mend, .text = format_text(r, format, args)};
  va_end(args);
}

void report_locate(const struct source *source, uint32_t at, uint32_t *line, uint32_t *column) {
  uint32_t start = 0;
  *line = 1;
  for (uint32_t i = 0; i < at && i < source->text.len; i++) {
    if (source->text.at[i] != '\n') continue;
    ++*line;
    start = i + 1;
  }
  *column = at - start + 1;
}

/* The source line with a caret under the place. A long line is shown from near the place. */
static void print_excerpt(const struct source *source, struct place place, uint32_t column,
                          struct buf *out) {
  uint32_t start = place.at - (column - 1);
  struct span line = span_skip(source->text, start);
  line.len = span_find(line, '\n');
  if (column > LINE_SHOWN_MAX / 2) {
    uint32_t hidden = column - LINE_SHOWN_MAX / 2;
    line = span_skip(line, hidden);
    column -= hidden;
  }
  if (line.len > LINE_SHOWN_MAX) line.len = LINE_SHOWN_MAX;
  buf_put_text(out, "  ");
  for (size_t i = 0; i < line.len; i++) {
    unsigned char c = (unsigned char)line.at[i];
    buf_put_byte(out, c < 0x20 || c == 0x7f ? ' ' : (char)c);
  }
  buf_put_text(out, "\n  ");
  for (uint32_t i = 1; i < column; i++) buf_put_byte(out, ' ');
  buf_put_byte(out, '^');
  for (uint32_t i = 1; i < place.len && column + i <= line.len; i++) buf_put_byte(out, '~');
  buf_put_byte(out, '\n');
}

void report_print(const struct report *r, struct buf *out) {
  uint32_t kept = r->count < REPORT_ERRORS_MAX ? r->count : REPORT_ERRORS_MAX;
  for (uint32_t i = 0; i < kept; i++) {
    const struct report_error *error = &r->errors[i];
    const struct source *source = &r->sources[error->place.source];
    uint32_t line, column;
    report_locate(source, error->place.at, &line, &column);
    buf_printf(out, "%.*s:%u:%u: %.*s\n", SPAN_ARG(source->name), line, column,
               SPAN_ARG(error->text));
    print_excerpt(source, error->place, column, out);
    if (error->mend.len) buf_printf(out, "  %.*s\n", SPAN_ARG(error->mend));
  }
  if (r->count > kept) buf_printf(out, "and %u more\n", r->count - kept);
}

static size_t least(size_t a, size_t b) {
  return a < b ? a : b;
}

/* Optimal string alignment distance; three rows of the table are enough. */
static size_t edits_between(struct span a, struct span b) {
  size_t rows[3][NAME_BYTES_MAX + 1];
  for (size_t j = 0; j <= b.len; j++) rows[0][j] = j;
  for (size_t i = 1; i <= a.len; i++) {
    size_t *row = rows[i % 3];
    const size_t *above = rows[(i + 2) % 3], *above2 = rows[(i + 1) % 3];
    row[0] = i;
    for (size_t j = 1; j <= b.len; j++) {
      row[j] = above[j - 1] + (a.at[i - 1] != b.at[j - 1]);
      row[j] = least(row[j], least(above[j], row[j - 1]) + 1);
      bool swapped = i > 1 && j > 1 && a.at[i - 1] == b.at[j - 2] && a.at[i - 2] == b.at[j - 1];
      if (swapped) row[j] = least(row[j], above2[j - 2] + 1);
    }
  }
  return rows[a.len % 3][b.len];
}

struct nearest nearest_to(struct span wanted) {
  return (struct nearest){.wanted = wanted, .best = SPAN(""), .edits = EDITS_MAX + 1};
}

void nearest_offer(struct nearest *n, struct span name) {
  if (n->wanted.len > NAME_BYTES_MAX || name.len > NAME_BYTES_MAX) return;
  size_t edits = edits_between(n->wanted, name);
  if (edits >= n->edits || 2 * edits >= n->wanted.len) return;
  n->edits = edits;
  n->best = name;
}
