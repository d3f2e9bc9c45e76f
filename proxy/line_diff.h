// SPDX-License-Identifier: Apache-2.0
/** What changed between two texts, line by line, as `diff -u` shows it. Control bytes but tabs are shown as '?', so
 *  that a text of strangers can go to a terminal. Pure.
 *  Source: Myers, "An O(ND) difference algorithm and its variations", Algorithmica 1 (1986). */
#ifndef PROXY_LINE_DIFF_H
#define PROXY_LINE_DIFF_H

#include "rules/base/buf.h"

enum {
  LINE_DIFF_CONTEXT = 3,
  LINE_DIFF_EDITS_MAX =
      2000 /* past it all lines between the first and the last change are shown as replaced; 16 MB */
};

/** Puts the hunks, each with its "@@ -line,count +line,count @@"; nothing when the texts are the same. ERR_MEMORY;
 *  ERR_FULL: `out` is. */
int line_diff(struct span before, struct span after, struct buf *out);

#endif
