// SPDX-License-Identifier: Apache-2.0
/** Names of the rule files: who defines what, what a later file replaces, what `off` takes out. Names share one space,
 *  but lists ($name) and decide statements (an event) have their own; routes of one name add up. Pure. */
#ifndef RULES_LANG_SYMBOLS_H
#define RULES_LANG_SYMBOLS_H

#include "rules/lang/ast.h"

struct symbol {
  struct statement *statement;
  struct symbol *next; /* in its bucket */
};

struct symbols {
  struct symbol **buckets;
  uint32_t mask;
  const struct tree *trees;
  size_t tree_count;
  const struct schema *schema;
  struct report *report;
  struct arena *arena;
  size_t count;
};

/** Reports what is defined twice. Sets `replaced` on statements that a later file or `off` took out. */
void symbols_init(struct symbols *s, const struct tree *trees, size_t count,
                  const struct schema *schema, struct report *report, struct arena *arena);

/** The statement in force; NULL if there is none. Kind LIST looks among lists, DECIDE among events, any other among
 * all that share the one space. */
struct statement *symbols_find(const struct symbols *s, enum statement_kind kind, struct span name);

/** "did you mean …?" from fields, signals and routes (`fields`), else from the statements of one kind. */
struct span symbols_suggest(const struct symbols *s, bool fields, enum statement_kind kind,
                            struct span name);

#endif
