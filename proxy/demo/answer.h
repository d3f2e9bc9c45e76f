// SPDX-License-Identifier: Apache-2.0
/** What a page is asked and what it answers, apart from how it travels. One thread. */
#ifndef PROXY_DEMO_ANSWER_H
#define PROXY_DEMO_ANSWER_H

#include "proxy/http/message.h"
#include "rules/base/buf.h"
#include "rules/base/clock.h"

enum { ANSWER_BODY_MAX = 262144, ANSWER_FIELDS_MAX = 4096 };

/** A request, borrowed for the time of the answering. */
struct ask {
  const struct message *head;
  struct span raw;  /* the head's bytes as they came */
  struct span form; /* the body */
  real_ms now;
};

/** How the body goes out. */
enum answer_way {
  ANSWER_WHOLE,  /* `body`, at once */
  ANSWER_LATER,  /* `body`, after a while */
  ANSWER_BIG,    /* bytes made on the way, `body` is empty */
  ANSWER_EVENTS, /* `body`, then one event a second */
};

struct answer {
  int status;
  enum answer_way way;
  struct buf fields; /* header lines but those of the framing */
  struct buf body;
};

void answer_init(struct answer *a);
void answer_fini(struct answer *a);

/** Sets the status and the type, with the fields that every answer has: no sniffing, and nothing from elsewhere. */
void answer_begin(struct answer *a, int status, const char *type);
void answer_field(struct answer *a, const char *name, const char *value);
/** 302 or 303 to a path of ours. */
void answer_redirect(struct answer *a, int status, struct span location);

#endif
