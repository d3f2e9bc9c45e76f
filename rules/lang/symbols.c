// SPDX-License-Identifier: Apache-2.0
#include "rules/lang/symbols.h"

/* Statement kinds with the same space answer the same. */
static enum statement_kind space_of(enum statement_kind kind) {
  return kind == STATEMENT_LIST || kind == STATEMENT_DECIDE ? kind : STATEMENT_RULE;
}

/* FNV-1a. A file's author cannot gain by collisions: a file has at most a megabyte. */
static uint32_t bucket_of(const struct symbols *s, enum statement_kind kind, struct span name) {
  uint32_t hash = 2166136261u ^ (uint32_t)space_of(kind);
  for (size_t i = 0; i < name.len; i++) hash = (hash ^ (unsigned char)name.at[i]) * 16777619u;
  return (hash ^ hash >> 15) & s->mask;
}

struct statement *symbols_find(const struct symbols *s, enum statement_kind kind,
                               struct span name) {
  if (!s->buckets) return NULL;
  for (struct symbol *at = s->buckets[bucket_of(s, kind, name)]; at; at = at->next) {
    struct statement *known = at->statement;
    bool same = space_of(known->kind) == space_of(kind) && span_eq(known->name, name);
    if (same && !known->replaced) return known;
  }
  return NULL;
}

static void put(struct symbols *s, struct statement *statement) {
  struct symbol *symbol = arena_zero(s->arena, sizeof(*symbol));
  if (!symbol) return;
  struct symbol **bucket = &s->buckets[bucket_of(s, statement->kind, statement->name)];
  symbol->statement = statement;
  symbol->next = *bucket;
  *bucket = symbol;
}

/* A field without a dot and the words that begin a statement or a value cannot be names. */
static bool is_reserved(const struct symbols *s, struct span name) {
  static const char *const words[] = {"true", "false", "client", "shadow"};
  for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
    if (span_eq(name, span_of(words[i]))) return true;
  }
  for (size_t i = 0; i < STATEMENT_COUNT; i++) {
    if (span_eq(name, span_of(statement_rows[i].word))) return true;
  }
  return ast_is_reserved(name) || word_find(event_words, EVENT_COUNT, name) >= 0 ||
         schema_find(s->schema, name) >= 0;
}

static void define(struct symbols *s, struct statement *statement) {
  struct span name = statement->name;
  bool own_space = space_of(statement->kind) != STATEMENT_RULE;
  if (!own_space && is_reserved(s, name)) {
    report_add(s->report, statement->name_place, SPAN("choose another name"),
               "'%.*s' is a word of the language", SPAN_ARG(name));
    return;
  }
  struct statement *known = symbols_find(s, statement->kind, name);
  put(s, statement);
  if (!known || (known->kind == STATEMENT_ROUTE && statement->kind == STATEMENT_ROUTE)) return;
  const struct source *sources = s->report->sources;
  bool packs = sources[known->source].pack && sources[statement->source].pack;
  if (known->kind == statement->kind && known->source != statement->source && !packs) {
    known->replaced = statement;
    return;
  }
  uint32_t line, column;
  report_locate(&sources[known->source], known->name_place.at, &line, &column);
  report_add(s->report, statement->name_place,
             SPAN("choose another name, or take one of the two out"),
             "'%.*s' is already a %s, at %.*s:%u", SPAN_ARG(name), statement_rows[known->kind].word,
             SPAN_ARG(sources[known->source].name), line);
}

static void take_out(struct symbols *s, struct statement *off) {
  struct statement *known = symbols_find(s, STATEMENT_RULE, off->name);
  if (!known) {
    struct span mend = symbols_suggest(s, false, STATEMENT_COUNT, off->name);
    report_add(s->report, off->name_place, mend, "nothing before this is named '%.*s'",
               SPAN_ARG(off->name));
  }
  for (; known; known = symbols_find(s, STATEMENT_RULE, off->name)) known->replaced = off;
}

void symbols_init(struct symbols *s, const struct tree *trees, size_t count,
                  const struct schema *schema, struct report *report, struct arena *arena) {
  *s = (struct symbols){
      .trees = trees, .tree_count = count, .schema = schema, .report = report, .arena = arena};
  for (size_t i = 0; i < count; i++) {
    for (struct statement *at = trees[i].statements; at; at = at->next) s->count++;
  }
  uint32_t buckets = 64;
  while (buckets < s->count) buckets *= 2;
  s->buckets = arena_zero(arena, buckets * sizeof(s->buckets[0]));
  s->mask = buckets - 1;
  if (!s->buckets) return;
  for (size_t i = 0; i < count; i++) {
    for (struct statement *at = trees[i].statements; at; at = at->next) {
      if (at->kind == STATEMENT_EXAMPLE || !at->name.at) continue;
      if (at->kind == STATEMENT_OFF)
        take_out(s, at);
      else
        define(s, at);
    }
  }
}

static void offer_statements(const struct symbols *s, bool fields, enum statement_kind kind,
                             struct nearest *near) {
  for (size_t i = 0; i < s->tree_count; i++) {
    for (struct statement *at = s->trees[i].statements; at; at = at->next) {
      bool named = at->kind != STATEMENT_EXAMPLE && at->kind != STATEMENT_OFF && at->name.at;
      bool value = at->kind == STATEMENT_SIGNAL || at->kind == STATEMENT_ROUTE;
      if (named && (fields ? value : kind == STATEMENT_COUNT || at->kind == kind))
        nearest_offer(near, at->name);
    }
  }
}

struct span symbols_suggest(const struct symbols *s, bool fields, enum statement_kind kind,
                            struct span name) {
  struct nearest near = nearest_to(name);
  for (size_t i = 0; fields && i < s->schema->field_count; i++) {
    nearest_offer(&near, span_of(s->schema->fields[i].name));
  }
  offer_statements(s, fields, kind, &near);
  if (near.best.len) return report_text(s->report, "did you mean %.*s?", SPAN_ARG(near.best));
  return fields ? SPAN("`qorgan rules explain` lists the fields") : SPAN("");
}
