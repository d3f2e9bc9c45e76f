// SPDX-License-Identifier: Apache-2.0
/** Asks the rules about each exchange, and tells them what came of it. One judge a worker and policy, counted without
 *  atomics: the flow holds one reference, each exchange that began under it one. The worker's thread.
 *
 *    judge_head     before an origin is asked: x->action and why
 *    judge_body     of a login: with its body, or with what was held of one that cannot be read
 *    judge_answer   the origin's head: outcome, settled
 *    judge_end      whatever was not settled until then was no failure of the client
 *
 *  What one evaluation needs is some 5 KB: a page view gives it back before it waits for anything. */
#ifndef PROXY_FLOW_JUDGE_H
#define PROXY_FLOW_JUDGE_H

#include "proxy/flow/exchange.h"
#include "proxy/flow/policy.h"
#include "proxy/http/form.h"

enum { JUDGE_PASSWORD_BYTES = 16 };

/** One exchange's, while it is open. */
struct judgement {
  struct list node; /* of judge->spare */
  struct facts facts;
  struct evaluation evaluation;
  char mime[FACTS_MIME_MAX], answer_mime[FACTS_MIME_MAX];
  struct form form; /* while the body is judged */
  uint8_t password[JUDGE_PASSWORD_BYTES];
};

struct judge {
  unsigned refs;
  struct policy *policy; /* held */
  struct evaluator by;
  struct list spare;
  unsigned spare_count;
};

/** Takes one reference of `policy` over when it answers OK. ERR_MEMORY. */
int judge_new(struct policy *policy, struct judge **out);
struct judge *judge_hold(struct judge *j);
void judge_drop(struct judge **j);

/** x->ruling, made when it is not there; NULL: no memory, then it goes unsaid. */
struct ruling *judge_ruling(struct exchange *x);

/** Without memory, or without rules, the exchange is allowed. */
void judge_head(struct exchange *x);
/** The head was not enough. */
static inline bool judge_wants_body(const struct exchange *x) {
  return x->judgement != NULL && x->asks_body;
}
/** `whole`: all of it is there; else it went past its bound. */
void judge_body(struct exchange *x, struct span body, bool whole);
void judge_answer(struct exchange *x, const struct message *m);
void judge_end(struct exchange *x);

#endif
