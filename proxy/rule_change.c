// SPDX-License-Identifier: Apache-2.0
#include "proxy/rule_change.h"

#include "rules/base/err.h"
#include "rules/lang/parser.h"
#include "rules/lang/printer.h"

enum { CHANGES_BYTES_MAX = 512 << 20, CANONICAL_BYTES_MAX = 8 << 20 };

struct item {
  enum statement_kind statement;
  struct span name, file, text; /* text: of the canonical form */
  size_t nth;                   /* of those alike */
  struct item *next;
};

struct side {
  struct item *first, **end;
};

const char *rule_change_text(enum rule_change_kind kind) {
  static const char *const TEXTS[] = {
      [RULE_ADDED] = "added", [RULE_REMOVED] = "removed", [RULE_CHANGED] = "changed"};
  return TEXTS[kind];
}

static bool alike(const struct item *a, const struct item *b) {
  return a->statement == b->statement && span_eq(a->name, b->name);
}

static int add_statement(struct arena *arena, struct side *side, const struct source *source,
                         const struct statement *s) {
  struct item *item = arena_zero(arena, sizeof(*item));
  if (!item) return ERR_MEMORY;
  *item = (struct item){.statement = s->kind,
                        .name = arena_copy(arena, s->name),
                        .file = source->name,
                        .text = span_from(source->text.at + s->place.at, s->end - s->place.at)};
  for (const struct item *i = side->first; i; i = i->next) item->nth += alike(i, item);
  *side->end = item;
  side->end = &item->next;
  return OK;
}

/* The source in its canonical form, in the arena. */
static int canonical(struct arena *arena, const struct source *source, struct source *out) {
  struct report report;
  struct buf text;
  buf_init(&text, CANONICAL_BYTES_MAX);
  report_init(&report, source, 1);
  int err = printer_run(&report, 0, &text);
  *out = *source;
  out->text = arena_copy(arena, buf_span(&text));
  if (!err && (text.overflow || !out->text.at)) err = ERR_MEMORY;
  report_fini(&report);
  buf_fini(&text);
  return err;
}

static int read_source(struct arena *arena, struct side *side, const struct source *source) {
  struct source plain;
  int err = canonical(arena, source, &plain);
  if (err) return err;
  struct report report;
  report_init(&report, &plain, 1);
  struct tree tree = parser_run(&report, 0, arena);
  for (const struct statement *s = tree.statements; s && !err; s = s->next) {
    err = s->broken ? ERR_SYNTAX : add_statement(arena, side, &plain, s);
  }
  report_fini(&report);
  return err;
}

/* Of two canonical statements: token by token, so that comments within them do not count. */
static bool same_text(struct arena *arena, struct span a, struct span b) {
  if (span_eq(a, b)) return true;
  const struct source sources[] = {{.text = a}, {.text = b}};
  struct report report;
  struct lexer one, other;
  report_init(&report, sources, 2);
  lexer_init(&one, &report, 0, arena);
  lexer_init(&other, &report, 1, arena);
  bool same = true, more = true;
  while (same && more) {
    struct token x = lexer_next(&one), y = lexer_next(&other);
    same = x.kind == y.kind && span_eq(span_from(a.at + x.place.at, x.place.len),
                                       span_from(b.at + y.place.at, y.place.len));
    more = x.kind != TOKEN_END;
  }
  report_fini(&report);
  return same;
}

static const struct item *find(const struct side *side, const struct item *item) {
  for (const struct item *i = side->first; i; i = i->next) {
    if (i->nth == item->nth && alike(i, item)) return i;
  }
  return NULL;
}

static void add_change(struct rule_changes *out, enum rule_change_kind kind,
                       const struct item *item) {
  out->items[out->count++] = (struct rule_change){
      .kind = kind, .statement = item->statement, .name = item->name, .file = item->file};
  out->counts[kind]++;
}

static int compare(const struct side *before, const struct side *after, struct rule_changes *out) {
  size_t total = 0;
  for (const struct item *i = before->first; i; i = i->next) total++;
  for (const struct item *i = after->first; i; i = i->next) total++;
  out->items = arena_zero(&out->arena, total * sizeof(*out->items));
  if (total && !out->items) return ERR_MEMORY;
  for (const struct item *i = before->first; i; i = i->next) {
    if (!find(after, i)) add_change(out, RULE_REMOVED, i);
  }
  for (const struct item *i = after->first; i; i = i->next) {
    const struct item *was = find(before, i);
    if (!was)
      add_change(out, RULE_ADDED, i);
    else if (!same_text(&out->arena, was->text, i->text))
      add_change(out, RULE_CHANGED, i);
  }
  return out->arena.failed ? ERR_MEMORY : OK;
}

static int read_side(struct arena *arena, const struct source *sources, size_t count,
                     struct side *out) {
  int err = OK;
  *out = (struct side){0};
  out->end = &out->first;
  for (size_t i = 0; i < count && !err; i++) err = read_source(arena, out, &sources[i]);
  return err;
}

int rule_changes(const struct source *before, size_t before_count, const struct source *after,
                 size_t after_count, struct rule_changes *out) {
  struct side was, is;
  *out = (struct rule_changes){0};
  arena_init(&out->arena, NULL, 0, CHANGES_BYTES_MAX);
  int err = read_side(&out->arena, before, before_count, &was);
  if (!err) err = read_side(&out->arena, after, after_count, &is);
  return err ? err : compare(&was, &is, out);
}

void rule_changes_fini(struct rule_changes *c) {
  arena_fini(&c->arena);
}
