// SPDX-License-Identifier: Apache-2.0
/** Was that failed login only a slip? On a failure keyed digests of what was likely meant are kept for some minutes; a
 *  success of the same user from the same place whose password is among them takes most of the penalty back.
 *  What is covered: caps lock, the first letter's case, one last character too many or too few, outer blanks. ASCII
 *  letters only. Digests are 32 bits, of a key that never reaches the disk and of the user: nothing can be guessed back
 *  from them without the key. Copies that are made on the way are wiped. All functions are pure. */
#ifndef RULES_SIGNALS_TYPO_H
#define RULES_SIGNALS_TYPO_H

#include "rules/base/siphash.h"

enum { TYPO_DIGESTS = 5, TYPO_PASSWORD_BYTES_MAX = 256 };

struct typo {
  uint32_t at[TYPO_DIGESTS]; /* 0: none */
};

/** What the failed `password` of `user` may have been meant to be. Empty or past TYPO_PASSWORD_BYTES_MAX: none. */
struct typo typo_of(const struct siphash_key *key, uint64_t user, struct span password);

/** Whether the right password is one of them. The failed password itself never is. */
bool typo_explains(const struct typo *t, const struct siphash_key *key, uint64_t user,
                   struct span right);

#endif
