// SPDX-License-Identifier: Apache-2.0
/** An invariant of our own: kept in release builds, because a broken one must stop the program and
 * not a reader's data. Never for what a peer, a file or a user can cause. */
#ifndef RULES_BASE_REQUIRE_H
#define RULES_BASE_REQUIRE_H

#define require(held)                                                                              \
  do {                                                                                             \
    if (__builtin_expect(!(held), 0)) require_failed(#held, __FILE__, __LINE__);                   \
  } while (0)

_Noreturn void require_failed(const char *held, const char *file, int line);

#endif
