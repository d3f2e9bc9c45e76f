// SPDX-License-Identifier: Apache-2.0
/** Immutable sets of texts, numbers or addresses, sorted for search by halving. Numbers and addresses are ranges,
 *  merged
 *  where they touch. Built once by the compiler in the program's arena; any thread reads. */
#ifndef RULES_LANG_SET_H
#define RULES_LANG_SET_H

#include "rules/lang/ast.h"

struct number_range {
  double from, to;
};

struct addr_range {
  struct addr from, to;
};

struct set {
  enum type type;
  uint32_t count;
  union {
    struct span *texts; /* by length, then by bytes */
    struct number_range *numbers;
    struct addr_range *addrs;
  };
};

/** From a checked EXPR_SET; copies its texts. ERR_MEMORY. */
int set_build(struct set *set, const struct expr *items, struct arena *arena);

bool set_has_text(const struct set *set, struct span text);
bool set_has_number(const struct set *set, double number);
bool set_has_addr(const struct set *set, const struct addr *addr);

#endif
