// SPDX-License-Identifier: Apache-2.0
/** The newsroom's articles. All people, places and events are invented. */
#ifndef PROXY_DEMO_ARTICLES_H
#define PROXY_DEMO_ARTICLES_H

#include "proxy/demo/language.h"

enum { ARTICLES_COUNT = 12, ARTICLE_PARAGRAPHS = 3 };

struct article {
  const char *slug; /* of its address: /news/SLUG */
  enum language language;
  const char *section, *title, *lead, *author;
  unsigned
      minutes_ago; /* it came out so long before the demonstration began; the table goes from new to old */
  const char *paragraphs[ARTICLE_PARAGRAPHS];
};

extern const struct article ARTICLES[ARTICLES_COUNT];

/** Its number, or ARTICLES_COUNT. Pure. */
unsigned articles_find(struct span slug);

/** Whether `words` stand in its texts, without regard to case. Pure. */
bool articles_match(const struct article *a, struct span words);

#endif
