// SPDX-License-Identifier: Apache-2.0
#include "rules/lang/printer.h"

#include "rules/base/err.h"
#include "rules/lang/parser.h"

#include <stdlib.h>

enum { PRINT_BYTES_MAX = 8 << 20, TREE_BYTES_MAX = 64 << 20 };

struct printer {
  const struct source *source;
  const struct comment *comment; /* the next one to print */
  uint32_t done;                 /* of the source: what stands before it is printed */
  struct buf *out;
  struct buf line; /* one clause on its way */
};

static void indent(struct printer *p, unsigned columns) {
  while (columns--) buf_put_byte(p->out, ' ');
}

static unsigned newlines_between(const struct printer *p, uint32_t from, uint32_t to) {
  unsigned count = 0;
  for (uint32_t i = from; i < to; i++) count += p->source->text.at[i] == '\n';
  return count;
}

/* One empty line where the file has any; none at its beginning. */
static void keep_blank_line(struct printer *p, uint32_t at) {
  bool blank = p->done < at && newlines_between(p, p->done, at) > 1;
  if (blank && buf_len(p->out)) buf_put_byte(p->out, '\n');
}

static void print_comment(struct printer *p) {
  const struct place *at = &p->comment->place;
  struct span text = span_from(p->source->text.at + at->at, at->len);
  while (text.len && strchr(" \t\r", text.at[text.len - 1])) text.len--;
  buf_put(p->out, text);
  p->done = at->at + at->len;
  p->comment = p->comment->next;
}

/* Those that stand before `upto`, each on a line of its own. */
static void print_comments(struct printer *p, uint32_t upto, unsigned columns, bool blank_lines) {
  while (p->comment && p->comment->place.at < upto) {
    if (blank_lines) keep_blank_line(p, p->comment->place.at);
    indent(p, columns);
    print_comment(p);
    buf_put_byte(p->out, '\n');
  }
}

/* One that stands behind what ended at `end`, on the same line. */
static void print_trailing(struct printer *p, uint32_t end) {
  if (p->done < end) p->done = end;
  const struct comment *c = p->comment;
  if (!c || c->own_line || c->place.at < end || newlines_between(p, end, c->place.at)) return;
  buf_put_text(p->out, "  ");
  print_comment(p);
}

static void print_keys(const struct clause *c, struct buf *out) {
  for (const struct expr *key = c->expr; key; key = key->next) {
    printer_expr(key, out);
    if (key->next || c->client) buf_put_text(out, ", ");
  }
  if (c->client) buf_put_text(out, "client");
}

static void print_threshold(const struct clause *c, struct buf *out) {
  buf_printf(out, "at %.*s", SPAN_ARG(c->text));
  if (c->text2.len) buf_printf(out, " with %.*s own", SPAN_ARG(c->text2));
}

static void print_cap(const struct clause *c, struct buf *out) {
  buf_printf(out, "%s %s when ", c->most ? "most" : "least", action_words[c->ref].text);
  printer_expr(c->expr, out);
}

/* What follows the keyword. */
static void print_shape(const struct clause *c, struct buf *out) {
  switch (clause_rows[c->kind].shape) {
  case SHAPE_FLAG: break;
  case SHAPE_OUTCOME:
    if (!c->expr) {
      buf_put_text(out, "otherwise");
      break;
    }
    /* fall through */
  case SHAPE_EXPR:
  case SHAPE_GIVEN: printer_expr(c->expr, out); break;
  case SHAPE_ACTION: buf_put_text(out, action_words[c->ref].text); break;
  case SHAPE_DURATION:
  case SHAPE_NUMBER: buf_put(out, c->text); break;
  case SHAPE_TEXT: printer_text(c->text, out); break;
  case SHAPE_KEYS: print_keys(c, out); break;
  case SHAPE_EVENT: buf_put(out, c->word); break;
  case SHAPE_CARRIER:
    buf_printf(out, "%s ", carrier_words[c->ref].text);
    printer_text(c->text, out);
    break;
  case SHAPE_THRESHOLD: print_threshold(c, out); break;
  case SHAPE_CAP: print_cap(c, out); break;
  case SHAPE_TIMES:
    buf_put(out, c->text);
    if (c->text2.len) buf_printf(out, " in %.*s", SPAN_ARG(c->text2));
    break;
  case SHAPE_EXPECT:
    buf_put_text(out, action_words[c->ref].text);
    if (c->word.len) buf_printf(out, " by %.*s", SPAN_ARG(c->word));
    break;
  }
}

static const char *keyword_of(const struct clause *c) {
  return c->kind == CLAUSE_THRESHOLD ? action_words[c->ref].text : clause_rows[c->kind].word;
}

/* Into p->line: keyword, padded to `width`, and what follows. */
static struct span clause_line(struct printer *p, const struct clause *c, size_t width) {
  const char *word = keyword_of(c);
  buf_reset(&p->line);
  buf_put_text(&p->line, word);
  bool follows = clause_rows[c->kind].shape != SHAPE_FLAG;
  if (word[0] && follows) {
    for (size_t i = strlen(word); i < width; i++) buf_put_byte(&p->line, ' ');
    buf_put_byte(&p->line, ' ');
  }
  print_shape(c, &p->line);
  return buf_span(&p->line);
}

/* A condition too long for a line: each part of its outermost and, or, xor on its own. */
static void print_broken(struct printer *p, const struct clause *c, unsigned columns) {
  const struct expr *e = c->expr;
  buf_printf(p->out, "%s ", clause_rows[c->kind].word);
  for (const struct expr *kid = e->kids; kid; kid = kid->next) {
    if (kid != e->kids) {
      buf_put_byte(p->out, '\n');
      indent(p, columns + 2);
      buf_printf(p->out, "%s ", operators[e->ref].text);
    }
    printer_kid(kid, operators[e->ref].binds + 1u, p->out);
  }
}

static bool can_break(const struct clause *c) {
  return c->kind == CLAUSE_WHEN && c->expr->kind == EXPR_BINARY && c->expr->ref <= OPERATOR_AND;
}

/* The clauses of a line in the table's order, whatever the order in the file; none of them stands there twice. */
static size_t in_order(const struct statement *s, const struct clause *sorted[USES_MAX]) {
  const struct statement_row *row = &statement_rows[s->kind];
  size_t count = 0;
  for (unsigned i = 0; i < row->use_count; i++) {
    const struct clause *c = statement_clause(s, row->uses[i].kind);
    if (c) sorted[count++] = c;
  }
  return count;
}

static size_t column_of(const struct buf *out) {
  struct span text = buf_span(out);
  size_t column = 0;
  while (column < text.len && text.at[text.len - 1 - column] != '\n') column++;
  return column;
}

static void print_clauses(struct printer *p, const struct clause *sorted[], size_t count) {
  size_t width = column_of(p->out);
  for (size_t i = 0; i < count; i++) width += 1 + clause_line(p, sorted[i], 0).len;
  bool one_line = width <= PRINTER_COLUMNS;
  for (size_t i = 0; i < count; i++) {
    struct span text = clause_line(p, sorted[i], 0);
    bool starts = sorted[i]->kind == CLAUSE_WHEN || sorted[i]->kind == CLAUSE_THEN ||
                  sorted[i]->kind == CLAUSE_BECAUSE;
    bool fits = column_of(p->out) + 1 + text.len <= PRINTER_COLUMNS;
    if (one_line || (fits && !starts)) {
      buf_put_byte(p->out, ' ');
      buf_put(p->out, text);
      continue;
    }
    buf_put_text(p->out, "\n  ");
    if (text.len + 2 > PRINTER_COLUMNS && can_break(sorted[i]))
      print_broken(p, sorted[i], 2);
    else
      buf_put(p->out, text);
  }
}

static void print_block(struct printer *p, const struct statement *s) {
  size_t width = 0;
  for (const struct clause *c = s->clauses; c; c = c->next) {
    size_t len = c->kind == CLAUSE_CAP ? 0 : strlen(keyword_of(c));
    if (len > width) width = len;
  }
  buf_put_text(p->out, " {");
  p->done = s->name_place.at + s->name_place.len;
  buf_put_byte(p->out, '\n');
  for (const struct clause *c = s->clauses; c; c = c->next) {
    uint32_t end = c->place.at + c->place.len;
    print_comments(p, end, 2, false);
    indent(p, 2);
    struct span text = clause_line(p, c, c->kind == CLAUSE_CAP ? 0 : width);
    if (text.len + 2 > PRINTER_COLUMNS && can_break(c))
      print_broken(p, c, 2);
    else
      buf_put(p->out, text);
    print_trailing(p, end);
    buf_put_byte(p->out, '\n');
  }
  print_comments(p, s->end, 2, false);
  buf_put_byte(p->out, '}');
}

/* A list's items, as many on a line as fit. */
static void print_set(struct printer *p, const struct expr *set) {
  buf_reset(&p->line);
  printer_expr(set, &p->line);
  if (column_of(p->out) + 1 + buf_len(&p->line) <= PRINTER_COLUMNS) {
    buf_put_byte(p->out, ' ');
    buf_put(p->out, buf_span(&p->line));
    return;
  }
  buf_put_text(p->out, " {\n ");
  for (const struct expr *item = set->kids; item; item = item->next) {
    buf_reset(&p->line);
    printer_expr(item, &p->line);
    if (column_of(p->out) + 1 + buf_len(&p->line) > PRINTER_COLUMNS) buf_put_text(p->out, "\n ");
    buf_put_byte(p->out, ' ');
    buf_put(p->out, buf_span(&p->line));
  }
  buf_put_text(p->out, "\n}");
}

static void print_statement(struct printer *p, const struct statement *s) {
  const struct statement_row *row = &statement_rows[s->kind];
  keep_blank_line(p, p->comment && p->comment->place.at < s->place.at ? p->comment->place.at
                                                                      : s->place.at);
  p->done = p->comment && p->comment->place.at < s->place.at ? p->comment->place.at : s->place.at;
  /* Comments within a line's clauses go above it; those within braces stay with their clauses. */
  print_comments(p, s->place.at, 0, true);
  keep_blank_line(p, s->place.at);
  if (!row->braces) print_comments(p, s->end, 0, false);
  buf_printf(p->out, "%s%s ", s->shadow ? "shadow " : "", row->word);
  if (s->kind == STATEMENT_EXAMPLE)
    printer_text(s->name, p->out);
  else
    buf_put(p->out, s->name);
  if (row->head == HEAD_SET && s->head) print_set(p, s->head);
  if (row->head == HEAD_QUANTITY || row->head == HEAD_EXPR) {
    buf_put_byte(p->out, ' ');
    printer_expr(s->head, p->out);
  }
  const struct clause *sorted[USES_MAX];
  if (row->braces)
    print_block(p, s);
  else
    print_clauses(p, sorted, in_order(s, sorted));
  p->done = s->end;
  print_trailing(p, s->end);
  buf_put_byte(p->out, '\n');
}

int printer_run(struct report *report, uint32_t source, struct buf *out) {
  struct arena arena;
  arena_init(&arena, NULL, 0, TREE_BYTES_MAX);
  uint32_t before = report->count;
  struct tree tree = parser_run(report, source, &arena);
  int err = report->count > before ? ERR_SYNTAX : OK;
  struct printer p = {.source = &report->sources[source], .comment = tree.comments, .out = out};
  buf_init(&p.line, PRINT_BYTES_MAX);
  for (const struct statement *s = tree.statements; s && err == OK; s = s->next)
    print_statement(&p, s);
  if (err == OK) {
    print_comments(&p, UINT32_MAX, 0, true);
    if (out->overflow || p.line.overflow) err = ERR_MEMORY;
  }
  buf_fini(&p.line);
  arena_fini(&arena);
  return err;
}
