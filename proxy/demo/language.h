// SPDX-License-Identifier: Apache-2.0
/** The newsroom's three languages: their tags (RFC 5646), the few words of its pages, and dates. Pure. */
#ifndef PROXY_DEMO_LANGUAGE_H
#define PROXY_DEMO_LANGUAGE_H

#include "rules/base/buf.h"
#include "rules/base/clock.h"

enum language { KAZAKH, RUSSIAN, ENGLISH, LANGUAGES };

struct language_words {
  const char *tag, *name;
  const char *comments, *no_comments, *your_name, *your_comment, *send;
  const char *author_photo; /* what stands in place of a photographer's name */
  const char *months[12];   /* as in a date */
};

const struct language_words *language_words(enum language language);

/** "22 қараша 2026, 09:05" at UTC+5, Kazakhstan's time since 2024. */
void language_put_date(struct buf *out, enum language language, real_ms at);
/** "2026-11-22T04:05:00Z", for machines. */
void language_put_instant(struct buf *out, real_ms at);

#endif
