// SPDX-License-Identifier: Apache-2.0
#include "rules/lang/ast.h"

const struct operator_row operators[OPERATOR_COUNT] = {
#define X(name, text, binds, token) {text, binds, TOKEN_##token},
    OPERATOR_TABLE(X)
#undef X
};

const struct function_row functions[FUNCTION_COUNT] = {
#define X(name, text, result, argument, least, most, help)                                         \
  {text, TYPE_##result, TYPE_##argument, least, most, help},
    FUNCTION_TABLE(X)
#undef X
};

const struct clause_row clause_rows[CLAUSE_COUNT] = {
#define X(name, text, shape, usage) {text, SHAPE_##shape, usage},
    CLAUSE_TABLE(X)
#undef X
};

/* clang-format off */
#define ONE(name)  {CLAUSE_##name, false, false}
#define NEED(name) {CLAUSE_##name, true,  false}
#define MANY(name) {CLAUSE_##name, false, true}
#define SOME(name) {CLAUSE_##name, true,  true}
#define USES_LIST    {{0}}, 0
#define USES_ROUTE   {NEED(WHEN)}, 1
#define USES_LOGIN   {NEED(WHEN), MANY(USERNAME), MANY(PASSWORD), ONE(SUCCESS), ONE(SECOND_FACTOR), ONE(FAILURE), \
                      ONE(UNREADABLE)}, 7
#define USES_LIMIT   {NEED(IN), ONE(BURST), NEED(BY), NEED(ON), ONE(WHEN), ONE(COSTING), NEED(THEN), ONE(FOR), \
                      ONE(BECAUSE)}, 9
#define USES_SIGNAL  {ONE(COUNTED), ONE(DISTINCT), NEED(BY), NEED(IN), NEED(ON), ONE(WHEN)}, 6
#define USES_SCORE   {ONE(ON), ONE(OWN), ONE(MIN), ONE(MAX), ONE(WHEN), ONE(BECAUSE)}, 6
#define USES_DECIDE  {ONE(PRIOR), SOME(THRESHOLD), MANY(CAP)}, 3
#define USES_RULE    {NEED(WHEN), NEED(THEN), ONE(FOR), ONE(BECAUSE)}, 4
#define USES_EXAMPLE {MANY(GIVEN), ONE(TIMES), NEED(EXPECT)}, 3
#define USES_OFF     {{0}}, 0
/* clang-format on */

const struct statement_row statement_rows[STATEMENT_COUNT] = {
#define X(name, word, head, braces, help) {word, HEAD_##head, braces, help, USES_##name},
    STATEMENT_TABLE(X)
#undef X
};

struct clause *statement_clause(const struct statement *s, enum clause_kind kind) {
  for (struct clause *c = s->clauses; c; c = c->next) {
    if (c->kind == kind) return c;
  }
  return NULL;
}

bool ast_is_reserved(struct span word) {
  static const char *const keywords[] = {"when", "then",   "for",       "because", "by",
                                         "on",   "expect", "otherwise", "not"};
  for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++) {
    if (span_eq(word, span_of(keywords[i]))) return true;
  }
  for (size_t i = 0; i < OPERATOR_COUNT; i++) {
    if (span_eq(word, span_of(operators[i].text))) return true;
  }
  return false;
}
