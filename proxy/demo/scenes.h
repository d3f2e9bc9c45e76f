// SPDX-License-Identifier: Apache-2.0
/** The picture of each article: the steppe at some hour of the day, and what the article tells of. Pure. */
#ifndef PROXY_DEMO_SCENES_H
#define PROXY_DEMO_SCENES_H

#include "rules/base/buf.h"

/** An SVG document, 16:9. `article` < ARTICLES_COUNT. */
void scenes_put(struct buf *out, unsigned article);

#endif
