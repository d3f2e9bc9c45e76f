// SPDX-License-Identifier: Apache-2.0
/** Rule text into tokens. Words are dotted names ("http.request.uri.path"); addresses, prefixes, durations and
 *  strings are whole tokens. Comments are kept aside, for the printer. Pure; borrows the source. */
#ifndef RULES_LANG_LEXER_H
#define RULES_LANG_LEXER_H

#include "rules/base/addr.h"
#include "rules/lang/report.h"

/* clang-format off */
#define TOKEN_TABLE(X)                                                                                                 \
  X(END,      "the end of the file")                                                                                   \
  X(BAD,      "something unreadable") /* already reported */                                                           \
  X(WORD,     "a name")                                                                                                \
  X(LIST,     "a list ($name)")                                                                                        \
  X(TEXT,     "a text in quotes")                                                                                      \
  X(NUMBER,   "a number")                                                                                              \
  X(DURATION, "a duration (500ms, 10s, 5m, 24h, 7d)")                                                                  \
  X(ADDR,     "an address or prefix")                                                                                  \
  X(OPEN,     "'{'")  X(CLOSE,    "'}'")                                                                               \
  X(LEFT,     "'('")  X(RIGHT,    "')'")                                                                               \
  X(INDEX,    "'['")  X(UNINDEX,  "']'")                                                                               \
  X(COMMA,    "','")  X(RANGE,    "'..'")                                                                              \
  X(EQ,       "'=='") X(NE,       "'!='") X(LT, "'<'") X(LE, "'<='") X(GT, "'>'") X(GE, "'>='")                        \
  X(AND,      "'&&'") X(OR,       "'||'") X(XOR, "'^^'") X(NOT, "'!'") X(MATCHES, "'~'")                               \
  X(PLUS,     "'+'")  X(MINUS,    "'-'")  X(TIMES, "'*'") X(DIVIDE, "'/'")
/* clang-format on */

enum token_kind {
#define X(name, text) TOKEN_##name,
  TOKEN_TABLE(X)
#undef X
};

struct token {
  enum token_kind kind;
  bool line_start; /* first on its line: where parsing takes up again after an error */
  struct place place;
  struct span text;     /* WORD, LIST: the name; TEXT: unescaped, in the arena */
  double number;        /* NUMBER; DURATION: milliseconds */
  struct prefix prefix; /* ADDR */
};

struct comment {
  struct place place;
  bool own_line; /* nothing but blanks before it */
  struct comment *next;
};

struct lexer {
  const struct source *source;
  uint32_t index, at;
  bool line_start;
  struct arena *arena;
  struct report *report;
  struct comment *comments, **comment_end;
};

/** `index` is the source's place in report->sources. Bad bytes are reported and give TOKEN_BAD. */
void lexer_init(struct lexer *l, struct report *report, uint32_t index, struct arena *arena);
struct token lexer_next(struct lexer *l);

const char *token_name(enum token_kind kind);

#endif
