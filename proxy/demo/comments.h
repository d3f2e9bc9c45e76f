// SPDX-License-Identifier: Apache-2.0
/** What visitors wrote under the articles. In memory only; past COMMENTS_MAX the oldest goes. One thread. */
#ifndef PROXY_DEMO_COMMENTS_H
#define PROXY_DEMO_COMMENTS_H

#include "rules/base/clock.h"
#include "rules/base/span.h"

enum { COMMENTS_MAX = 50, COMMENT_NAME_BYTES = 64, COMMENT_TEXT_BYTES = 600 };

struct comment {
  unsigned article; /* its number */
  real_ms at;
  char name[COMMENT_NAME_BYTES + 1],
      text[COMMENT_TEXT_BYTES + 1]; /* ended by NUL, as the visitor sent them */
};

struct comments {
  struct comment ring[COMMENTS_MAX];
  unsigned written; /* ever */
};

/** A free place, zeroed, to be filled by the caller. */
struct comment *comments_add(struct comments *c);

/** The next one under this article, oldest first; `*cursor` begins at 0. NULL: no more. */
const struct comment *comments_next(const struct comments *c, unsigned article, unsigned *cursor);

#endif
