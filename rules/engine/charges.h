// SPDX-License-Identifier: Apache-2.0
/** Limits and signals of one request: charged on the attempt, settled on the outcome. For the engine's own files. */
#ifndef RULES_ENGINE_CHARGES_H
#define RULES_ENGINE_CHARGES_H

#include "rules/engine/evaluate.h"

/** Whether the request is what a statement attends to. Those `on answer` are looked at with the request. */
bool charges_is_on(const struct evaluation *e, const struct moment *on);

/** Statements of the phases after `from`, up to `upto`. */
void charges_note_signals(struct evaluation *e, int from, enum phase upto);
void charges_limits(struct evaluation *e, int from, enum phase upto);

/** Gives back what was charged or noted for a failed login. */
void charges_give_back_failures(struct evaluation *e);

/** Charges what waits for the outcome or the answer. */
void charges_after(struct evaluation *e, enum outcome outcome, bool answered);

#endif
