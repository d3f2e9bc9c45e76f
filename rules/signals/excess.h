// SPDX-License-Identifier: Apache-2.0
/** More failed logins than one client's habits explain, as evidence in decibans (10·log10 of a likelihood ratio).
 *  Counts may have decayed and so be no whole numbers. All functions are pure. */
#ifndef RULES_SIGNALS_EXCESS_H
#define RULES_SIGNALS_EXCESS_H

/** Failures to expect of an honest client: 0.6, and 0.12 for each success, since 10 to 16 % of honest attempts fail. */
double excess_expected(double successes);

/** 10·log10 of the Poisson likelihood ratio between the rate that was seen and the expected one,
 *  4.34·(k·ln(k/λ) − k + λ). 0 when no more was seen than expected; never above `cap`. */
double excess_db(double failures, double expected, double cap);

#endif
