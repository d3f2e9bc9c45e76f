// SPDX-License-Identifier: Apache-2.0
/** The demonstration newsroom «Дала таңы» as a function from requests to answers: the address table, and what it
 *  remembers. No input or output, no clock of its own. One thread. */
#ifndef PROXY_DEMO_SITE_H
#define PROXY_DEMO_SITE_H

#include "proxy/demo/answer.h"
#include "proxy/demo/articles.h"
#include "proxy/demo/comments.h"
#include "proxy/demo/visitors.h"

#define SITE_NAME "Дала таңы"

struct site {
  real_ms began;
  struct comments comments;
  struct visitors visitors;
};

/** Fills `answer`, which was initialised. */
void site_answer(struct site *s, const struct ask *ask, struct answer *answer);

/** When an article came out. */
static inline real_ms site_published(const struct site *s, const struct article *a) {
  return s->began - (real_ms)a->minutes_ago * 60000;
}

/** One address: `prefix` of the path, `rest` is what follows it. */
typedef void site_page(struct site *s, const struct ask *ask, struct span rest, struct answer *a);

/* pages.c: for readers */
site_page pages_front, pages_search, pages_article, pages_comment;
/* staff.c: behind the login */
site_page staff_login, staff_desk;
/* assets.c: for machines */
site_page assets_style, assets_icon, assets_picture, assets_robots, assets_feed, assets_sitemap;
/* trials.c: what a proxy must carry */
site_page trials_slow, trials_big, trials_events, trials_echo;

#endif
