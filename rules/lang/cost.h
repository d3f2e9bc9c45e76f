// SPDX-License-Identifier: Apache-2.0
/** What a program may cost, in nanoseconds of one request, when every text is as long as the proxy lets it through
 *  and every
 *  condition is looked at to its end. Figures are of a 2020s server core, rounded up. An upper bound to refuse
 *  programs by,
 *  not a forecast: an ordinary page view costs a hundredth. Pure. */
#ifndef RULES_LANG_COST_H
#define RULES_LANG_COST_H

#include "rules/lang/program.h"

/** Sums all statements; `*dearest` is the costliest one's definition, with its own cost. */
uint64_t cost_of_program(const struct program *p, const struct schema *schema,
                         const struct definition **dearest, uint64_t *dearest_ns);

#endif
