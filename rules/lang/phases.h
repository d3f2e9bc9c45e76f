// SPDX-License-Identifier: Apache-2.0
/** When things are known, and so when a statement is evaluated. Of checked statements only. Pure. */
#ifndef RULES_LANG_PHASES_H
#define RULES_LANG_PHASES_H

#include "rules/lang/symbols.h"

/** The latest moment among its fields and the keys of its signals. A route counts as known with the head: a request for
 *  which it hangs on the body waits, statement by statement (see phases_routes_of_statement). */
enum phase phases_of_expr(const struct symbols *s, const struct expr *e);

/** The same for a statement: its event, its keys, its expressions (a login's outcomes are looked at later). */
enum phase phases_of_statement(const struct symbols *s, const struct statement *statement);

/** Bits of the routes that it refers to. */
uint64_t phases_routes_of_expr(const struct symbols *s, const struct expr *e);
uint64_t phases_routes_of_statement(const struct symbols *s, const struct statement *statement);

#endif
