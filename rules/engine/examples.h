// SPDX-License-Identifier: Apache-2.0
/** The examples that stand beside the rules, run on meters in plain memory with a clock of their own. An example sees
 *  the
 *  statements of its own pack and of the files that are no packs. What it does not give is an ordinary page view:
 *
 *      ip.src 203.0.113.1, ssl, http.host "example.kz", http.request.method "GET", http.request.uri "/",
 *      http.request.version "HTTP/2", an ordinary browser's user agent, no other header.
 *
 *  `times N in D` spreads N requests evenly over D; each is settled before the next. The last verdict counts. Pure. */
#ifndef RULES_ENGINE_EXAMPLES_H
#define RULES_ENGINE_EXAMPLES_H

#include "rules/engine/verdict.h"
#include "rules/lang/program.h"

struct example_result {
  bool held;
  struct verdict verdict; /* borrows the program */
};

/** Runs program->examples[index]. ERR_MEMORY. */
int examples_run(const struct program *p, uint32_t index, struct example_result *out);

#endif
