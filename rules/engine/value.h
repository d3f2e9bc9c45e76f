// SPDX-License-Identifier: Apache-2.0
/** Values of expressions, for the engine's own files. What hangs on a field that is not known: TRUTH_UNKNOWN, NaN,
 *  FACTS_UNKNOWN, NULL. Recursion is bounded by DEPTH_MAX of the tree that the code was made from. */
#ifndef RULES_ENGINE_VALUE_H
#define RULES_ENGINE_VALUE_H

#include "rules/engine/evaluate.h"
#include "rules/lang/ast.h"

enum {
  VALUES_MAX = 128
}; /* of one field with several that are looked at: the proxy's bound on headers */

/** NO_CODE is true: a condition that is not there. */
enum truth value_truth(struct evaluation *e, uint32_t code);
double value_number(struct evaluation *e, uint32_t code);
const struct addr *value_addr(struct evaluation *e, uint32_t code);
/** The nth value; only the first of an expression that has one. Borrows facts, program or scratch: the latter until
 * the next statement. */
enum facts_found value_text(struct evaluation *e, uint32_t code, size_t nth, struct span *out);

/** Conditions over texts (OP_TEXT_…). */
enum truth value_text_truth(struct evaluation *e, const struct code *code);

/** The order of two values (negative, zero, positive) against an enum operator from EQ to GE. */
static inline bool value_compare(unsigned op, int order) {
  switch (op) {
  case OPERATOR_EQ: return order == 0;
  case OPERATOR_LT: return order < 0;
  case OPERATOR_LE: return order <= 0;
  case OPERATOR_GT: return order > 0;
  default: return order >= 0;
  }
}

/** Begins a statement: the scratch is free again. */
static inline void value_begin(struct evaluation *e) {
  e->by->scratch_used = 0;
}

/** The digest of a statement's key. False: a part is not known, and so there is no key. */
bool value_key(struct evaluation *e, const struct key *key, struct meter_key *out);
/** The digest of one value of any type, chained to `seed`; false if it is not known. */
bool value_digest(struct evaluation *e, uint32_t code, enum type type, uint64_t seed,
                  uint64_t *out);
/** A signal under this request's key; NaN if there is no key. */
double value_signal(struct evaluation *e, uint32_t index);

#endif
