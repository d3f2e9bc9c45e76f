// SPDX-License-Identifier: Apache-2.0
/** Rule files in their canonical form: one spelling of each operator, one place for each line break, every comment
 *  kept.
 *  Printing what was printed changes nothing, and what is printed compiles to the same program. Pure. */
#ifndef RULES_LANG_PRINTER_H
#define RULES_LANG_PRINTER_H

#include "rules/lang/ast.h"

enum { PRINTER_COLUMNS = 100 }; /* a statement that fits stands on one line */

/** Parses and prints report->sources[source]. ERR_SYNTAX with `report` filled, ERR_MEMORY; then `out` is not to be
 *  used. */
int printer_run(struct report *report, uint32_t source, struct buf *out);

/** One expression, on one line. */
void printer_expr(const struct expr *e, struct buf *out);

/** The same, in parentheses when it binds more weakly than `least`. */
void printer_kid(const struct expr *kid, unsigned least, struct buf *out);

/** A text in quotes, raw (r"…") when it has backslashes and can be. */
void printer_text(struct span text, struct buf *out);

#endif
