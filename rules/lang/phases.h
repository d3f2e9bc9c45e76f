// SPDX-License-Identifier: Apache-2.0
/** When things are known, and so when a statement is evaluated. Of checked statements only. Pure. */
#ifndef RULES_LANG_PHASES_H
#define RULES_LANG_PHASES_H

#include "rules/lang/symbols.h"

/** The latest moment among its fields, the keys of its signals, its routes. */
enum phase phases_of_expr(const struct symbols *s, const struct expr *e);

/** The same for a statement: its event, its keys, its expressions (a login's outcomes are looked at later). */
enum phase phases_of_statement(const struct symbols *s, const struct statement *statement);

#endif
