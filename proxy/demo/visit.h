// SPDX-License-Identifier: Apache-2.0
/** One connection to the demonstration newsroom: HTTP/1.1 with keep-alive and pipelining, one request at a time.
 *  Bounds: a head of 64 KiB (then 431), a body of 8 KiB kept (more is read and dropped, then 413); while an answer goes
 *  out nothing is read, so the peer waits in its kernel. A connection without progress for a minute is closed.
 *  What came in a body is wiped when it was answered. The loop's thread only. */
#ifndef PROXY_DEMO_VISIT_H
#define PROXY_DEMO_VISIT_H

#include "proxy/demo/answer.h"
#include "proxy/http/body.h"
#include "proxy/http/h1.h"
#include "proxy/net/stream.h"

struct site;

enum {
  VISIT_HEAD_MAX = 65536,
  VISIT_BODY_MAX = 8192,
  VISIT_IN_MAX = VISIT_HEAD_MAX + LOOP_IN_BYTES,
  VISIT_OUT_MAX = ANSWER_BODY_MAX + ANSWER_FIELDS_MAX + 1024,
  VISIT_IDLE_MS = 60000,
  VISIT_ENDING_MS = 2000,
  VISIT_SLOW_MS = 2000,
  VISIT_EVENT_MS = 1000,
  VISIT_EVENTS_MAX = 60,      /* then the stream of events ends */
  VISIT_BIG_BYTES = 10 << 20, /* of /big */
};

enum visit_state {
  VISIT_HEAD,   /* between requests, or in a head */
  VISIT_BODY,   /* of the request */
  VISIT_ANSWER, /* goes out */
  VISIT_ENDING, /* all is said: what still comes is dropped until the peer closes, so that no reset eats the answer */
  VISIT_CLOSING, /* `gone` follows */
};

struct visit {
  struct list node; /* the owner's */
  struct stream stream;
  struct deadline deadline;
  struct site *site;
  void (*gone)(struct visit *); /* the last call: the owner frees */
  void *owner;

  enum visit_state state;
  struct buf in; /* came and was not taken yet */
  struct h1_scan scan;
  struct arena arena; /* of one request */
  struct message head;
  struct span raw;
  struct body_reader reader;
  uint32_t body_len;
  bool body_cut, keep;
  char body[VISIT_BODY_MAX];

  struct buf out; /* of the answer, not yet taken by the stream */
  enum answer_way way;
  uint64_t left;   /* ANSWER_BIG: bytes still to be made */
  unsigned events; /* sent so far */
};

/** Takes `fd` over when it answers OK. */
int visit_open(struct visit *v, struct loop *l, int fd, struct site *site);
/** Now; `gone` follows in a later turn. */
void visit_close(struct visit *v);

#endif
