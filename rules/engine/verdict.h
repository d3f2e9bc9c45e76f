// SPDX-License-Identifier: Apache-2.0
/** What is to be done with a request, and why. Spans are borrowed from the program; keep the program, or copy. */
#ifndef RULES_ENGINE_VERDICT_H
#define RULES_ENGINE_VERDICT_H

#include "rules/base/buf.h"
#include "rules/lang/words.h"

/* clang-format off */
#define REASON_TABLE(X)                                                                                                \
  X(LIST,  "list")                                                                                                     \
  X(RULE,  "rule")                                                                                                     \
  X(LIMIT, "limit")                                                                                                    \
  X(SCORE, "score")                                                                                                    \
  X(CAP,   "cap")
/* clang-format on */

enum reason_kind {
#define X(name, text) REASON_##name,
  REASON_TABLE(X)
#undef X
};

enum { REASONS_MAX = 12 };

struct reason {
  enum reason_kind kind;
  enum action action; /* what it asks for; a score: ACTION_LOG */
  bool shadow;        /* only tried: it changed nothing */
  struct span rule;   /* name of the statement; "ban" or "allow" of a list */
  double value;       /* count, or the number in the score; NaN: none */
  double threshold;   /* of a limit; NaN: none */
  double decibans;    /* of a score, else 0 */
  struct span because;
};

struct verdict {
  enum action action; /* ACTION_ALLOW to ACTION_DROP */
  bool final;         /* a list or a rule has decided: nothing later changes it */
  double score;       /* decibans, the prior included; NaN if nothing was scored */
  double own;         /* decibans of it that are evidence against this very client */
  int64_t retry_ms;   /* with ACTION_THROTTLE: until it may be tried again; else 0 */
  uint64_t ban_ms;    /* above 0: refuse the address at accept for this long */
  struct reason reasons[REASONS_MAX];
  uint32_t reason_count, reasons_left_out; /* full: the lighter ones are left out, and counted */
};

/** Nothing speaks against it. */
void verdict_init(struct verdict *v);

/** Keeps the reason, and makes the verdict at least as severe as what it asks for; one in shadow is only kept. */
void verdict_add(struct verdict *v, const struct reason *reason);

/** "allow" … "drop". Static. */
const char *verdict_name(enum action action);

/** For the header to the origin and the access log: `limit pages_per_client 61/60`, one after another, "; " between. */
void verdict_reasons(const struct verdict *v, struct buf *out);

/** In words, a line each, for `rules explain`, the journal and the dashboard. */
void verdict_explain(const struct verdict *v, struct buf *out);

#endif
