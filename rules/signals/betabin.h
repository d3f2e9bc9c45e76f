// SPDX-License-Identifier: Apache-2.0
/** How the failures of a group (one network, one fingerprint) speak for an attack: every group has a failure rate of
 *  its own, so two beta distributions of rates are compared instead of two rates. Counts may have decayed. Pure.
 *  Source: Skellam, "A probability distribution derived from the binomial distribution ...", 1948. */
#ifndef RULES_SIGNALS_BETABIN_H
#define RULES_SIGNALS_BETABIN_H

/** Beta(a, b) over a group's share of failed logins: its mean is a / (a + b), and a + b says how alike groups are. */
struct betabin {
  double a, b; /* above 0 */
};

/** Honest groups: 13 % of attempts fail, from 5 to 25 % in most. */
extern const struct betabin BETABIN_HONEST;
/** Groups that stuff credentials: nearly all attempts fail. */
extern const struct betabin BETABIN_ATTACK;

/** Natural logarithm of the probability of one given sequence with so many failures among the attempts. */
double betabin_log(double failures, double attempts, struct betabin rates);

/** Evidence for `attack` against `honest` in decibans, between -cap and cap. 0 without attempts. */
double betabin_db(double failures, double attempts, struct betabin honest, struct betabin attack,
                  double cap);

#endif
