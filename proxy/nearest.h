// SPDX-License-Identifier: Apache-2.0
/** "Did you mean": the name of a table that a misspelt word was most likely meant to be. Pure. */
#ifndef PROXY_NEAREST_H
#define PROXY_NEAREST_H

#include "rules/base/span.h"

/** The nearest name by edits (a letter put in, left out, changed, or swapped with its neighbour), case aside; NULL
 *  when none is within a third of the word's length. `rows` are `count` structs of `stride` bytes whose first member
 *  is `const char *`; the first of equals wins.
 *  Source: optimal string alignment; Damerau, "A technique for computer detection and correction of spelling errors",
 *  CACM 7(3), 1964. */
const char *nearest_name(struct span word, const void *rows, size_t count, size_t stride);

/** Edits between two words; words past 64 bytes count as endlessly far apart (SIZE_MAX). */
size_t nearest_distance(struct span a, struct span b);

#endif
