// SPDX-License-Identifier: Apache-2.0
/** One rule file into a tree. An error ends its statement; parsing takes up again at the next line that begins with a
 *  statement's keyword. Pure; the tree lives in `arena` and borrows the source. */
#ifndef RULES_LANG_PARSER_H
#define RULES_LANG_PARSER_H

#include "rules/lang/ast.h"

enum {
  NESTING_MAX = 48, /* parentheses, functions and nots within each other */
  SOURCE_BYTES_MAX = 1 << 20
};

struct parser {
  struct lexer lexer;
  struct token token; /* looked at, not yet taken */
  struct arena *arena;
  struct report *report;
  uint32_t end; /* of the token taken last */
  unsigned depth;
};

/** Errors go to `report`; the tree holds what could be read, with `broken` set on statements that could not. */
struct tree parser_run(struct report *report, uint32_t source, struct arena *arena);

/** For the parser's own files. */
struct expr *expression_parse(struct parser *p);
struct expr *expression_parse_set(struct parser *p);
struct expr *expression_parse_sum(
    struct parser *p); /* no `and`, `or`, comparison: a limit's quantity */
void parser_advance(struct parser *p);
bool parser_accept(struct parser *p, enum token_kind kind);
bool parser_is_word(const struct parser *p, const char *word);
bool parser_accept_word(struct parser *p, const char *word);
/** Reports "expected WANTED, found …" at the token. False always. */
bool parser_expected(struct parser *p, const char *wanted, struct span mend);

#endif
