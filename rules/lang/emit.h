// SPDX-License-Identifier: Apache-2.0
/** Checked expressions into operations. The compiler's own; see compiler.c. */
#ifndef RULES_LANG_EMIT_H
#define RULES_LANG_EMIT_H

#include "rules/lang/program.h"
#include "rules/lang/symbols.h"

struct emit {
  struct program *p;
  const struct symbols *symbols;
  bool failed; /* no memory, or a pattern was refused (reported) */
};

/** Index of its code; NO_CODE for NULL or after a failure. */
uint32_t emit_expr(struct emit *e, const struct expr *expr);

/** `at` with room for one more of `size` bytes after the `count` that it holds, in the program's arena; doubles. The
 * old place is left to the arena. NULL without memory. */
void *emit_grow(struct emit *e, void *at, uint32_t count, size_t size);

/** A copy in the program's arena. */
struct span emit_text(struct emit *e, struct span text);

#endif
