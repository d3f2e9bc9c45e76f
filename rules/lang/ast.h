// SPDX-License-Identifier: Apache-2.0
/** What a rule file says, as a tree in an arena: statements, their clauses, expressions. The parser makes it, the
 *  checker fills in types and references, the compiler and the printer read it. */
#ifndef RULES_LANG_AST_H
#define RULES_LANG_AST_H

#include "rules/lang/lexer.h"
#include "rules/lang/schema.h"
#include "rules/lang/words.h"

/* clang-format off */
/** Operators, with Cloudflare's words; how strongly each binds (greater: more); `not` stands at 5. */
#define OPERATOR_TABLE(X)                                                                                              \
  X(OR,              "or",               1, OR)                                                                        \
  X(XOR,             "xor",              2, XOR)                                                                       \
  X(AND,             "and",              3, AND)                                                                       \
  X(EQ,              "eq",               6, EQ)                                                                        \
  X(NE,              "ne",               6, NE)                                                                        \
  X(LT,              "lt",               6, LT)                                                                        \
  X(LE,              "le",               6, LE)                                                                        \
  X(GT,              "gt",               6, GT)                                                                        \
  X(GE,              "ge",               6, GE)                                                                        \
  X(CONTAINS,        "contains",         6, BAD)                                                                       \
  X(MATCHES,         "matches",          6, MATCHES)                                                                   \
  X(WILDCARD,        "wildcard",         6, BAD)                                                                       \
  X(STRICT_WILDCARD, "strict wildcard",  6, BAD)                                                                       \
  X(IN,              "in",               6, BAD)                                                                       \
  X(ADD,             "+",                7, PLUS)                                                                      \
  X(SUBTRACT,        "-",                7, MINUS)                                                                     \
  X(MULTIPLY,        "*",                8, TIMES)                                                                     \
  X(DIVIDE,          "/",                8, DIVIDE)

/** Functions: name, type of the result, type of the arguments, how many at least and at most, help. */
#define FUNCTION_TABLE(X)                                                                                              \
  X(LOWER,       "lower",       TEXT,   TEXT,   1, 1, "ASCII letters made small")                                      \
  X(UPPER,       "upper",       TEXT,   TEXT,   1, 1, "ASCII letters made capital")                                    \
  X(URL_DECODE,  "url_decode",  TEXT,   TEXT,   1, 1, "%XX decoded once, + as a blank")                                \
  X(CONCAT,      "concat",      TEXT,   TEXT,   2, 8, "texts one after another")                                       \
  X(LEN,         "len",         NUMBER, TEXT,   1, 1, "length in bytes")                                               \
  X(STARTS_WITH, "starts_with", BOOL,   TEXT,   2, 2, "the first text begins with the second")                         \
  X(ENDS_WITH,   "ends_with",   BOOL,   TEXT,   2, 2, "the first text ends with the second")                           \
  X(LOG2,        "log2",        NUMBER, NUMBER, 1, 1, "logarithm to base 2; not known for zero and below")             \
  X(LN,          "ln",          NUMBER, NUMBER, 1, 1, "natural logarithm; not known for zero and below")               \
  X(ABS,         "abs",         NUMBER, NUMBER, 1, 1, "without its sign")                                              \
  X(MIN,         "min",         NUMBER, NUMBER, 2, 8, "the least")                                                     \
  X(MAX,         "max",         NUMBER, NUMBER, 2, 8, "the greatest")                                                  \
  X(KNOWN,       "known",       BOOL,   BOOL,   1, 1, "whether a field of any type has a value; never itself unknown")
/* clang-format on */

enum operator{
#define X(name, text, binds, token) OPERATOR_##name,
  OPERATOR_TABLE(X)
#undef X
      OPERATOR_COUNT
};

enum function {
#define X(name, text, result, argument, least, most, help) FUNCTION_##name,
  FUNCTION_TABLE(X)
#undef X
      FUNCTION_COUNT
};

struct operator_row {
  const char *text;
  uint8_t binds;
  enum token_kind token;
};
extern const struct operator_row operators[OPERATOR_COUNT];

struct function_row {
  const char *name;
  enum type result, argument;
  uint8_t least, most;
  const char *help;
};
extern const struct function_row functions[FUNCTION_COUNT];

enum {
  KIDS_MAX = 256, /* of one chain of and, or, xor */
  DEPTH_MAX = 64  /* of a tree, its operators counted: bounds every recursion over it */
};

enum expr_kind {
  EXPR_BAD, /* already reported */
  EXPR_BOOL,
  EXPR_NUMBER,
  EXPR_TEXT,
  EXPR_ADDR,
  EXPR_NAME,  /* a field, or a signal or route of the rule files: not yet looked up */
  EXPR_FIELD, /* `ref` in the schema */
  EXPR_SIGNAL,
  EXPR_ROUTE,
  EXPR_LIST, /* $name */
  EXPR_SET,  /* kids: literals and ranges */
  EXPR_RANGE,
  EXPR_CALL, /* `ref` is an enum function */
  EXPR_NOT,
  EXPR_NEGATE,
  EXPR_BINARY /* `ref` is an enum operator; and, or, xor have any number of kids */
};

struct expr {
  enum expr_kind kind;
  enum type type; /* by the checker */
  bool checked, fine;
  uint16_t depth;
  uint32_t ref;
  struct place place;
  struct span text; /* name, text literal, or the number as written */
  struct span key;  /* of a map field; at == NULL if there is none */
  double number;    /* EXPR_NUMBER; EXPR_BOOL: 0 or 1 */
  struct prefix prefix;
  struct expr *kids, *next;
};

/* clang-format off */
/** What a clause's keyword is followed by. */
enum clause_shape {
  SHAPE_FLAG,      /* nothing */
  SHAPE_EXPR,      /* expression */
  SHAPE_OUTCOME,   /* expression, or `otherwise` */
  SHAPE_ACTION,    /* action */
  SHAPE_DURATION,  /* duration */
  SHAPE_NUMBER,    /* number, perhaps negative */
  SHAPE_TEXT,      /* text */
  SHAPE_KEYS,      /* expressions between commas; `client` among them */
  SHAPE_EVENT,     /* event or route */
  SHAPE_CARRIER,   /* form "log" */
  SHAPE_THRESHOLD, /* the keyword is the action:  deny at 18 with 11 own */
  SHAPE_CAP,       /* at most step_up when … | at least step_up when … */
  SHAPE_GIVEN,     /* no keyword: field eq value */
  SHAPE_TIMES,     /* number, perhaps: in duration */
  SHAPE_EXPECT     /* action, perhaps: by name */
};

#define CLAUSE_TABLE(X)                                                                                                \
  X(WHEN,          "when",          EXPR,      "EXPRESSION")                                                           \
  X(THEN,          "then",          ACTION,    "ACTION")                                                               \
  X(FOR,           "for",           DURATION,  "DURATION")                                                             \
  X(BECAUSE,       "because",       TEXT,      "\"TEXT\"")                                                             \
  X(IN,            "in",            DURATION,  "DURATION")                                                             \
  X(BURST,         "burst",         NUMBER,    "NUMBER")                                                               \
  X(BY,            "by",            KEYS,      "KEY")                                                                  \
  X(COSTING,       "costing",       EXPR,      "EXPRESSION")                                                           \
  X(ON,            "on",            EVENT,     "EVENT")                                                                \
  X(COUNTED,       "count",         FLAG,      "")                                                                     \
  X(DISTINCT,      "distinct",      EXPR,      "FIELD")                                                                \
  X(MAX,           "max",           NUMBER,    "NUMBER")                                                               \
  X(MIN,           "min",           NUMBER,    "NUMBER")                                                               \
  X(OWN,           "own",           FLAG,      "")                                                                     \
  X(USERNAME,      "username",      CARRIER,   "form \"NAME\"")                                                        \
  X(PASSWORD,      "password",      CARRIER,   "form \"NAME\"")                                                        \
  X(SUCCESS,       "success",       OUTCOME,   "EXPRESSION")                                                           \
  X(SECOND_FACTOR, "second_factor", OUTCOME,   "EXPRESSION")                                                           \
  X(FAILURE,       "failure",       OUTCOME,   "EXPRESSION")                                                           \
  X(UNREADABLE,    "unreadable",    ACTION,    "ACTION")                                                               \
  X(PRIOR,         "prior",         EXPR,      "EXPRESSION")                                                           \
  X(THRESHOLD,     "",              THRESHOLD, "ACTION at NUMBER")                                                     \
  X(CAP,           "at",            CAP,       "most ACTION when EXPRESSION")                                          \
  X(TIMES,         "times",         TIMES,     "NUMBER")                                                               \
  X(EXPECT,        "expect",        EXPECT,    "ACTION")                                                               \
  X(GIVEN,         "",              GIVEN,     "FIELD eq VALUE")

/** Statements: keyword, what stands between name and clauses, whether clauses stand in braces, help. */
#define STATEMENT_TABLE(X)                                                                                             \
  X(LIST,    "list",    SET,      false, "a set, used as $name; without braces `qorgan feed import` fills it") \
  X(ROUTE,   "route",   NOTHING,  false, "a kind of request; routes of one name add up")                               \
  X(LOGIN,   "login",   NOTHING,  true,  "how a site asks for a password, and how its answer shows")                   \
  X(LIMIT,   "limit",   QUANTITY, false, "how many in which time, by what key, and what happens past it")              \
  X(SIGNAL,  "signal",  NOTHING,  false, "something counted, as evidence for scores and rules")                        \
  X(SCORE,   "score",   EXPR,     false, "evidence in decibans (10 log10 of the likelihood ratio)")                    \
  X(DECIDE,  "decide",  NOTHING,  true,  "from which sum of scores what is done")                                      \
  X(RULE,    "rule",    NOTHING,  false, "an explicit action; the first rule that matches decides")                    \
  X(EXAMPLE, "example", NOTHING,  true,  "a request and the expected verdict, run by `qorgan rules test`")             \
  X(OFF,     "off",     NOTHING,  false, "takes an earlier statement out, by its name")
/* clang-format on */

enum clause_kind {
#define X(name, text, shape, usage) CLAUSE_##name,
  CLAUSE_TABLE(X)
#undef X
      CLAUSE_COUNT
};

enum statement_kind {
#define X(name, text, head, braces, help) STATEMENT_##name,
  STATEMENT_TABLE(X)
#undef X
      STATEMENT_COUNT
};

enum statement_head { HEAD_NOTHING, HEAD_QUANTITY, HEAD_EXPR, HEAD_SET };

struct clause_row {
  const char *word;
  enum clause_shape shape;
  const char *usage;
};
extern const struct clause_row clause_rows[CLAUSE_COUNT];

/** One clause that a statement may have. */
struct clause_use {
  enum clause_kind kind;
  bool needed, repeated;
};

enum { USES_MAX = 10 };

struct statement_row {
  const char *word;
  enum statement_head head;
  bool braces;
  const char *help;
  struct clause_use uses[USES_MAX]; /* in the order in which fmt writes them */
  uint8_t use_count;
};
extern const struct statement_row statement_rows[STATEMENT_COUNT];

struct clause {
  enum clause_kind kind;
  struct place place;
  struct expr *expr;       /* expression, keys, given; NULL of an outcome: otherwise */
  struct place word_place; /* of `action`, `event` */
  struct span word;        /* the event's or the expected rule's name, as written */
  uint32_t ref;            /* an enum action, carrier; event after checking */
  struct span text, text2; /* text; numbers and durations as written */
  double number, number2;
  bool most;   /* SHAPE_CAP: at most, else at least */
  bool client; /* SHAPE_KEYS: `client` is among them */
  struct clause *next;
};

struct statement {
  enum statement_kind kind;
  bool shadow, broken; /* broken: already reported, to be left out */
  bool numbered;
  struct place place, name_place;
  uint32_t end; /* first byte after it */
  struct span name;
  struct expr *head; /* quantity, score, set; or NULL */
  struct clause *clauses;
  uint32_t source, index; /* index: in its table of the program; a route's bit */
  struct statement *next;
  struct statement *replaced; /* by a later file, or by `off`: not compiled */
};

struct tree {
  struct statement *statements;
  struct comment *comments;
};

/** Words that stand between values and are never values: operators, and the keywords that follow an expression. */
bool ast_is_reserved(struct span word);

struct clause *statement_clause(const struct statement *s, enum clause_kind kind);

#endif
