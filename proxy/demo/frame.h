// SPDX-License-Identifier: Apache-2.0
/** The frame around every page: masthead, search, footer. Pure. */
#ifndef PROXY_DEMO_FRAME_H
#define PROXY_DEMO_FRAME_H

#include "proxy/demo/answer.h"

/** Begins `a` and fills it with a page; `main` is markup, `overflow` of it makes the answer a 500. Ends `main`. */
void frame_page(struct answer *a, int status, const char *language, struct span title,
                struct buf *main);

/** A page of a heading and a sentence. */
void frame_message(struct answer *a, int status, const char *title, const char *text);

#endif
