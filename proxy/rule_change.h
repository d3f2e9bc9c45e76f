// SPDX-License-Identifier: Apache-2.0
/** Which statements differ between two sets of rule files. A statement is known by its keyword and name, and of several
 *  alike (routes add up) by its place among them; layout, comments and spelling of operators make no difference.
 *  Pure. */
#ifndef PROXY_RULE_CHANGE_H
#define PROXY_RULE_CHANGE_H

#include "rules/lang/ast.h"

enum rule_change_kind { RULE_ADDED, RULE_REMOVED, RULE_CHANGED };

struct rule_change {
  enum rule_change_kind kind;
  enum statement_kind statement;
  struct span name, file; /* of the file it now stands in, or stood in */
};

struct rule_changes {
  struct arena arena; /* owns what the spans point to */
  struct rule_change *items;
  size_t count, counts[RULE_CHANGED + 1];
};

/** The caller calls rule_changes_fini in any case. ERR_SYNTAX: a file cannot be read; ERR_MEMORY. */
int rule_changes(const struct source *before, size_t before_count, const struct source *after,
                 size_t after_count, struct rule_changes *out);
void rule_changes_fini(struct rule_changes *c);

/** "added", "removed", "changed". Static. */
const char *rule_change_text(enum rule_change_kind kind);

#endif
