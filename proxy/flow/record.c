// SPDX-License-Identifier: Apache-2.0
#include "proxy/flow/record.h"

#include "rules/base/err.h"

static uint64_t number_of(const char id[EXCHANGE_ID_LEN]) {
  uint64_t number = 0;
  for (int i = 0; i < EXCHANGE_ID_LEN; i++)
    number = number << 4 | (unsigned)(id[i] <= '9' ? id[i] - '0' : id[i] - 'a' + 10);
  return number;
}

/* The rule that asked for what was done, else the first that had something to say. */
static struct span rule_of(const struct verdict *v) {
  for (uint32_t i = 0; i < v->reason_count; i++) {
    const struct reason *r = &v->reasons[i];
    bool asked = r->action == v->action || (r->action == ACTION_BAN && v->action == ACTION_DROP);
    if (asked && !r->shadow && r->kind != REASON_SCORE) return r->rule;
  }
  return v->reason_count ? v->reasons[0].rule : SPAN("");
}

void record_event(struct exchange *x, const struct verdict *v, bool login) {
  struct flow *f = x->flow;
  if (!f->memory.calls) return;
  if (!login && !bucket_take(&f->refusals, f->loop->now)) {
    flow_count(f, COUNTER_journal_left_out);
    return;
  }
  const struct ruling *r = x->ruling;
  const struct header *agent = message_find(&x->request, HEADER_USER_AGENT);
  struct memory_event event = {
      .at = x->began_real,
      .client = x->client,
      .request = number_of(x->id),
      .score_db = r ? (int32_t)(r->score * 10) : 0,
      .kind = login ? SPAN("login") : SPAN("page"),
      .verdict = span_of(x->verdict),
      .outcome = r && r->outcome ? span_of(r->outcome) : SPAN(""),
      .rule = rule_of(v),
      .site = x->request.host,
      .path = x->request.path,
      .agent = agent ? agent->value : SPAN(""),
      .ja4 = span_of(x->session->ja4),
      .h2 = x->session->h2 ? span_of(x->session->h2) : SPAN(""),
      .headers = span_of(x->headers),
  };
  if (r) memcpy(event.user.bytes, &r->user, sizeof(event.user.bytes));
  if (f->memory.calls->record(f->memory.self, &event)) flow_count(f, COUNTER_journal_left_out);
}
