// SPDX-License-Identifier: Apache-2.0
/** Rules, ready to be evaluated: one flat array of operations, pools of constants, tables of statements. Immutable once
 *  compiled; any thread reads it. rules/engine/evaluate.c runs it. Owns all it points to: the rule files may go.
 *
 *  An operation names its operands by index into `codes`. Of truth there are three values, as Kleene has them
 *  (Introduction
 *  to Metamathematics, 1952, §64): what hangs on an unknown field is unknown, and a statement acts only on what is
 *  true. */
#ifndef RULES_LANG_PROGRAM_H
#define RULES_LANG_PROGRAM_H

#include "rules/lang/regex.h"
#include "rules/lang/set.h"

/* clang-format off */
/** Operation, result, and what `a` and `b` are:  c code, k first of `count` kids, t text, n number, p address, s set,
 *  r regex, l list, o offset in facts, f field, x route or signal. `arg` is a truth or an enum operator. `many`: `a`
 *  may
 *  have several values. */
#define OP_TABLE(X)                                                                                                    \
  X(TRUTH, BOOL, "")          X(BOOL_FIELD, BOOL, "o")      X(ROUTE, BOOL, "x")                                        \
  X(AND, BOOL, "k")           X(OR, BOOL, "k")              X(XOR, BOOL, "k")         X(NOT, BOOL, "c")                \
  X(KNOWN_BOOL, BOOL, "c")    X(KNOWN_NUMBER, BOOL, "c")    X(KNOWN_TEXT, BOOL, "c")  X(KNOWN_ADDR, BOOL, "c")         \
  X(BOOL_SAME, BOOL, "cc")    X(NUMBER_COMPARE, BOOL, "cc") X(NUMBER_IN, BOOL, "cs")                                   \
  X(FIELD_IS, BOOL, "ot") /* TEXT_EQUAL of one field and a literal: most of what is asked */                           \
  X(TEXT_EQUAL, BOOL, "cc")   X(TEXT_COMPARE, BOOL, "cc")   X(TEXT_CONTAINS, BOOL, "cc")                               \
  X(TEXT_STARTS, BOOL, "cc")  X(TEXT_ENDS, BOOL, "cc")      X(TEXT_MATCHES, BOOL, "cr")                                \
  X(TEXT_WILDCARD, BOOL, "ct") X(TEXT_IN, BOOL, "cs")                                                                  \
  X(ADDR_SAME, BOOL, "cc")    X(ADDR_IN, BOOL, "cs")        X(ADDR_LISTED, BOOL, "cl")                                 \
  X(NUMBER, NUMBER, "n")      X(NUMBER_FIELD, NUMBER, "o")  X(SIGNAL, NUMBER, "x")                                     \
  X(ADD, NUMBER, "cc")        X(SUBTRACT, NUMBER, "cc")     X(MULTIPLY, NUMBER, "cc") X(DIVIDE, NUMBER, "cc")          \
  X(NEGATE, NUMBER, "c")      X(LOG2, NUMBER, "c")          X(LN, NUMBER, "c")        X(ABS, NUMBER, "c")              \
  X(MIN, NUMBER, "k")         X(MAX, NUMBER, "k")           X(LEN, NUMBER, "c")                                        \
  X(TEXT, TEXT, "t")          X(TEXT_FIELD, TEXT, "o")      X(TEXT_MANY, TEXT, "f")   X(TEXT_MAP, TEXT, "ft")          \
  X(LOWER, TEXT, "c")         X(UPPER, TEXT, "c")           X(URL_DECODE, TEXT, "c")  X(CONCAT, TEXT, "k")             \
  X(ADDR, ADDR, "p")          X(ADDR_FIELD, ADDR, "o")
/* clang-format on */

enum op {
#define X(name, result, operands) OP_##name,
  OP_TABLE(X)
#undef X
      OP_COUNT
};

struct code {
  uint8_t op, arg;
  uint16_t many_or_count;
  uint32_t a, b;
};
_Static_assert(sizeof(struct code) == 12, "five operations a cache line");

enum {
  NO_CODE = 0, /* codes[0] is never referred to: an absent expression */
  KEYS_MAX = 4,
  ROUTES_MAX = 64,
  SOURCES_MAX = 64,
  CREDENTIALS_MAX = 4,
  CAPS_MAX = 16,
  STATEMENTS_MAX = 8192,
  COST_NS_MAX = 20000000 /* of one request at worst; see cost.h */
};

/** What every statement has. */
struct definition {
  struct span name;
  uint32_t source, line;
  uint8_t phase; /* when it is evaluated */
  uint64_t
      routes; /* that it refers to: while one of them hangs on the body, so does the statement */
  bool shadow;
};

/** What it attends to: a route's bit if `event` is EVENT_ROUTE. */
struct moment {
  enum event event;
  uint32_t route;
};

struct key {
  uint32_t codes[KEYS_MAX];
  uint8_t types[KEYS_MAX]; /* enum type */
  uint8_t count;
  bool client; /* the address as well, at several prefix lengths */
};

struct route {
  struct definition def;
  uint32_t bit, when;
};

struct credential {
  enum carrier carrier;
  struct span name;
};

struct login {
  struct definition def;
  uint32_t when;
  struct credential usernames[CREDENTIALS_MAX], passwords[CREDENTIALS_MAX]; /* tried in order */
  uint8_t username_count, password_count;
  uint32_t outcomes[OUTCOME_COUNT]; /* asked in the order of the enum; NO_CODE: never */
  enum outcome otherwise;
  enum action unreadable; /* of a body past the bound or in an unknown encoding */
};

struct limit {
  struct definition def;
  struct moment on;
  double quantity, burst; /* `burst` may come at once; at least `quantity` */
  uint64_t window_ms;
  struct key key;
  uint32_t when, costing;
  enum action action;
  uint64_t
      hold_ms; /* how long the action stays in force once it was exceeded; ban: how long the ban lasts */
  struct span because;
};

struct signal {
  struct definition def;
  struct moment on;
  struct key key;
  uint32_t distinct; /* what is told apart; NO_CODE: simply counted */
  uint8_t distinct_type;
  uint64_t window_ms;
  uint32_t when;
};

struct score {
  struct definition def;
  struct moment on;
  uint32_t points, when, value; /* value: the number that the reason shows */
  double min, max;
  bool own; /* evidence against this very client */
  struct span because;
};

struct threshold {
  bool set;
  double at, own;
};

struct cap {
  bool most;
  enum action action;
  uint32_t when;
};

struct decide {
  struct definition def;
  struct moment on;
  uint32_t prior;
  struct threshold thresholds[ACTION_COUNT];
  struct cap caps[CAPS_MAX];
  uint32_t cap_count;
};

struct rule {
  struct definition def;
  uint32_t when;
  enum action action;
  uint64_t hold_ms;
  struct span because;
};

struct named_list {
  struct definition def;
  struct set *set; /* NULL: filled from outside, by its name */
};

struct given {
  uint32_t field;
  struct span key, text;
  enum type type;
  double number; /* NUMBER; BOOL: 0 or 1 */
  struct addr addr;
};

struct example {
  struct definition def;
  struct given *givens;
  uint32_t given_count, times;
  uint64_t times_ms;
  enum action expect;
  struct span by; /* at == NULL: whatever the reason */
};

struct program {
  struct arena arena;
  struct code *codes;
  uint32_t *kids;
  double *numbers;
  struct span *texts;
  struct addr *addrs;
  struct set *sets;
  struct regex **regexes;
  uint32_t code_count, kid_count, number_count, text_count, addr_count, set_count, regex_count;

  struct span *route_names;
  struct route *routes;
  struct login *logins;
  struct limit *limits;
  struct signal *signals;
  struct score *scores;
  struct decide *decides;
  struct rule *rules;
  struct named_list *lists;
  struct example *examples;
  uint32_t route_name_count, route_count, login_count, limit_count, signal_count, score_count,
      decide_count, rule_count, list_count, example_count;

  struct span *source_names;
  uint64_t packs; /* bit i: source i is a pack */
  uint32_t source_count;
  uint64_t cost_ns; /* of one request at worst */
};

/** Parses, checks and compiles; later files may replace earlier files' statements by name. ERR_SYNTAX with `report`
 *  filled and *out untouched, ERR_MEMORY. */
struct schema;
int program_compile(const struct schema *schema, struct report *report, struct program **out);
void program_free(struct program **program);

/** The sources in force at a site with these packs: what struct facts wants as `sources`. Unknown names are left out;
 *  see program_has_pack. */
uint64_t program_sources(const struct program *p, const struct span *packs, size_t count);
bool program_has_pack(const struct program *p, struct span name);

/** Index of a list by its name, -1 if there is none. */
int program_list(const struct program *p, struct span name);

#endif
