// SPDX-License-Identifier: Apache-2.0
#include "proxy/demo/comments.h"

struct comment *comments_add(struct comments *c) {
  struct comment *place = &c->ring[c->written++ % COMMENTS_MAX];
  *place = (struct comment){0};
  return place;
}

const struct comment *comments_next(const struct comments *c, unsigned article, unsigned *cursor) {
  unsigned oldest = c->written > COMMENTS_MAX ? c->written - COMMENTS_MAX : 0;
  if (*cursor < oldest) *cursor = oldest;
  while (*cursor < c->written) {
    const struct comment *one = &c->ring[(*cursor)++ % COMMENTS_MAX];
    if (one->article == article) return one;
  }
  return NULL;
}
