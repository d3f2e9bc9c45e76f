// SPDX-License-Identifier: Apache-2.0
/** One request and its response: from the head, through verdict and origin, to the log line.
 *  Begun and ended by its front; in between the front feeds the request and the upstream feeds the response.
 *  The arena ends with the exchange; what the request's spans point to is in it. The worker's thread. */
#ifndef PROXY_FLOW_EXCHANGE_H
#define PROXY_FLOW_EXCHANGE_H

#include "proxy/flow/session.h"
#include "proxy/http/h2.h"
#include "rules/base/siphash.h"
#include "rules/engine/verdict.h"
#include "rules/identity/header_order.h"

struct upstream;
struct origin;
struct judge;
struct judgement;

/** Of `unconsumed`, from which on the front takes no more of the body. */
enum { EXCHANGE_UNCONSUMED_HIGH = 65536 };

enum { EXCHANGE_ID_LEN = 16, EXCHANGE_FIRST_BYTES = 1024 };

/** What was decided about an exchange beyond its verdict, and what came of it. In the exchange's arena. */
struct ruling {
  struct exchange *exchange;
  struct span reasons, rules; /* as text, and as a JSON list of names; empty: none */
  struct span login;          /* name of the login statement, of the policy; empty: none */
  const char *outcome;        /* static; NULL: no login was answered */
  struct digest128 user;      /* digest of the username; zeros: none */
  bool scored;
  double score; /* decibans */
  int64_t retry_ms;
  uint64_t ban_ms;
  struct deadline tarpit;
};

struct exchange {
  struct flow *flow;
  struct session *session;
  struct routes *routes; /* held */
  struct list node;      /* of the front's exchanges, or of flow->spare */
  struct h2_stream h2;
  struct message request;
  enum refusal refusal;
  char id[EXCHANGE_ID_LEN];
  char headers[HEADER_ORDER_TEXT_SIZE]; /* print of their order */
  struct addr client;                   /* who asks, behind trusted proxies */
  uint16_t port;
  real_ms began_real;
  mono_us began_us, answered_us;
  uint64_t bytes_in, bytes_out;

  size_t site; /* index in routes, or SIZE_MAX */
  struct upstream *upstream;
  struct origin *waits_for; /* in its queue through `waiting` */
  struct list waiting;
  mono_ms waits_since;
  unsigned tries;
  struct buf upload; /* body that came before there was an upstream */
  size_t unconsumed; /* bytes of the body that the client may not replace yet */

  mono_ms client_sent_at, client_took_at; /* last progress of either direction */
  uint64_t took_bytes;         /* the front's count of what the client took, at that time */
  mono_ms rate_since;          /* begin of the window in which rates are measured */
  uint64_t rate_in, rate_took; /* and the counts then */

  bool request_ended, response_begun, response_ended;
  bool paused; /* the front is full: the upstream does not read */
  bool tunnel; /* after 101 or an extended CONNECT's 200: bytes both ways */
  bool cut;    /* the response ended before it was whole */
  bool ended;
  int status;

  struct judge *judge;         /* held; NULL: no rules */
  struct judgement *judgement; /* while something is to be settled */
  bool asks_body;              /* the rules do */
  bool skips_body;             /* but all they ask for stands in the head */
  bool holding;                /* its body, for them */
  bool inspected;              /* `upload` may hold a password: wiped */
  enum action action;
  const char *verdict;   /* static */
  struct ruling *ruling; /* what else there is to say; NULL: nothing */

  struct arena arena;
  char first[EXCHANGE_FIRST_BYTES];
};

/** False: the front takes no more of the body until `consumed`. */
static inline bool exchange_takes(const struct exchange *x) {
  return x->holding || x->unconsumed < EXCHANGE_UNCONSUMED_HIGH;
}

/** NULL: no memory. */
struct exchange *exchange_new(struct session *s);
/** The front's last word: logs, lets go of the upstream, frees. */
void exchange_end(struct exchange **x);

/* ---- from the front ---- */

/** The head is in x->request, judged: x->refusal. Answers, or asks an origin. */
void exchange_start(struct exchange *x);
/** Takes all bytes; x->unconsumed grows until the front hears `consumed`. */
void exchange_body(struct exchange *x, struct span bytes);
void exchange_body_end(struct exchange *x, struct message *trailers);
/** The request's body turned out malformed or too slow: answers if it still can, else cuts. */
void exchange_refuse(struct exchange *x, enum refusal why);
/** The front has room again. */
void exchange_drained(struct exchange *x);
/** Called each exchange_patience ms. `waiting`: response bytes wait for the client, who took `took` bytes so far.
 *  True: it made no progress where it should, and was answered or cut; `x` may be gone. */
bool exchange_expire(struct exchange *x, bool waiting, uint64_t took);
mono_ms exchange_patience(const struct flow *f);

/** An answer of our own, whole; its spans live in the arena. `x` may be gone when it returns. */
void exchange_answer_ours(struct exchange *x, struct message *m, struct span body);

/* ---- from the upstream and the queue ---- */

/** A place at the origin became free. */
void exchange_go_on(struct exchange *x);

void exchange_informed(struct exchange *x, struct message *m);
void exchange_answered(struct exchange *x, struct message *m);
/** False: full; the upstream stops reading until exchange_drained. */
bool exchange_answer_body(struct exchange *x, struct span bytes);
void exchange_answer_end(struct exchange *x, struct message *trailers);
/** No answer can be had, or not the rest of it. `status`: 502, 503 or 504. The upstream is gone. */
void exchange_failed(struct exchange *x, int status);
/** The connection was lost before anything of it mattered: asks again. */
void exchange_repeat(struct exchange *x);
/** There is an upstream now: what waited for it goes there. */
void exchange_pour(struct exchange *x);
/** So many bytes of the body have left for the origin. */
void exchange_sent(struct exchange *x, size_t bytes);

#endif
