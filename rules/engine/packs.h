// SPDX-License-Identifier: Apache-2.0
/** The rule files of rules/packs, carried in the program: base.rules, which holds at every site, first; then one a CMS.
 *  Static. */
#ifndef RULES_ENGINE_PACKS_H
#define RULES_ENGINE_PACKS_H

#include "rules/lang/report.h"

enum { PACKS_SOURCES_MAX = 64 };

extern const struct source packs_sources[];
extern const size_t packs_count;

/** The packs' sources, and behind them `count` of the operator's own, in `out`. Answers how many; 0: no room. */
size_t packs_with(const struct source *own, size_t count, struct source out[PACKS_SOURCES_MAX]);

#endif
