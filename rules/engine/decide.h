// SPDX-License-Identifier: Apache-2.0
/** From scores to a verdict: evidence in decibans is summed on a prior and held against thresholds, then against caps.
 *  Deny needs what its threshold says of `own` evidence, so that what the population does never denies by itself. Pure
 *  arithmetic on an evaluation. */
#ifndef RULES_ENGINE_DECIDE_H
#define RULES_ENGINE_DECIDE_H

#include "rules/engine/evaluate.h"

/** Runs every decide statement of the phase that fits this request and joins it to the verdict. */
void decide_run(struct evaluation *e, int from, enum phase upto);

/** The severest action whose threshold the score reaches with enough of its own evidence; ACTION_ALLOW below all. */
enum action decide_by_thresholds(const struct decide *d, double score, double own);

#endif
