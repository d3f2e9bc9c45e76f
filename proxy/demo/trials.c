// SPDX-License-Identifier: Apache-2.0
/** Answers that are no news, but that a proxy must carry: late, long, endless, and a mirror of the request. */
#include "proxy/demo/files.h"
#include "proxy/demo/frame.h"
#include "proxy/demo/html.h"
#include "proxy/demo/site.h"

void trials_slow(struct site *s, const struct ask *ask, struct span rest, struct answer *a) {
  frame_message(a, 200, "Асықпаған жауап",
                "Этот ответ шёл две секунды. This answer took two seconds, on purpose.");
  answer_field(a, "Cache-Control", "no-store");
  a->way = ANSWER_LATER;
}

void trials_big(struct site *s, const struct ask *ask, struct span rest, struct answer *a) {
  answer_begin(a, 200, "application/octet-stream");
  answer_field(a, "Cache-Control", "no-store");
  a->way = ANSWER_BIG;
}

void trials_events(struct site *s, const struct ask *ask, struct span rest, struct answer *a) {
  answer_begin(a, 200, "text/event-stream");
  answer_field(a, "Cache-Control", "no-store");
  a->way = ANSWER_EVENTS;
}

void trials_echo(struct site *s, const struct ask *ask, struct span rest, struct answer *a) {
  struct buf main;
  buf_init(&main, ANSWER_BODY_MAX);
  HTML_FILL(&main, files_get(FILE_echo), {"head", ask->raw});
  frame_page(a, 200, "en", SPAN("What the newsroom received"), &main);
  answer_field(a, "Cache-Control", "no-store");
}
