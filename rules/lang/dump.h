// SPDX-License-Identifier: Apache-2.0
/** A program as text, all that evaluation can see of it and nothing else (no lines, no columns): two programs with the
 *  same dump decide alike. For tests, and for whoever wonders what became of a rule. Pure. */
#ifndef RULES_LANG_DUMP_H
#define RULES_LANG_DUMP_H

#include "rules/lang/program.h"

void dump_program(const struct program *p, struct buf *out);

#endif
