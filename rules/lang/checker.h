// SPDX-License-Identifier: Apache-2.0
/** Statements checked: clauses that are missing, doubled or out of place, types, events, bounds, moments. Pure. */
#ifndef RULES_LANG_CHECKER_H
#define RULES_LANG_CHECKER_H

#include "rules/lang/symbols.h"

/** Reports all that is wrong; what it leaves unreported can be compiled. Sets `ref` of event clauses, and `index` of
 * statements. */
void checker_run(const struct symbols *s);

/** The number that a score's reason shows: the first that has a name in what it scores, else in its condition; NULL if
 *  there is none. */
const struct expr *checker_shown_number(const struct statement *score);

#endif
