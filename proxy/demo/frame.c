// SPDX-License-Identifier: Apache-2.0
#include "proxy/demo/frame.h"

#include "proxy/demo/files.h"
#include "proxy/demo/html.h"
#include "proxy/demo/site.h"

void frame_page(struct answer *a, int status, const char *language, struct span title,
                struct buf *main) {
  if (main->overflow) status = 500;
  answer_begin(a, status, "text/html; charset=utf-8");
  HTML_FILL(&a->body, files_get(FILE_page), {"language", span_of(language)}, {"title", title},
            {"main", buf_span(main)});
  buf_fini(main);
}

void frame_message(struct answer *a, int status, const char *title, const char *text) {
  struct buf main;
  buf_init(&main, ANSWER_BODY_MAX);
  HTML_FILL(&main, files_get(FILE_message), {"title", span_of(title)}, {"text", span_of(text)});
  frame_page(a, status, "kk", span_of(title), &main);
}
