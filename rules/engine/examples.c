// SPDX-License-Identifier: Apache-2.0
#include "rules/engine/examples.h"

#include "rules/base/err.h"
#include "rules/engine/evaluate.h"
#include "rules/engine/plain.h"

#include <math.h>

static const struct addr reader_addr = {{[10] = 0xff, [11] = 0xff, [12] = 203, 0, 113, 1}};

#define READER_AGENT "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"

/* An example's headers, form fields and answer headers are its givens of one field. */
struct givens {
  const struct example *example;
  enum field_id field;
};

static struct span nth_given(const void *message, struct span name, size_t nth) {
  const struct givens *givens = message;
  for (uint32_t i = 0; i < givens->example->given_count; i++) {
    const struct given *g = &givens->example->givens[i];
    bool set_cookie = givens->field == FIELD_ID_response_headers &&
                      g->field == FIELD_ID_response_set_cookie &&
                      span_eq_nocase(name, SPAN("set-cookie"));
    bool named = g->field == givens->field && span_eq_nocase(g->key, name);
    if ((named || set_cookie) && nth-- == 0) return g->text;
  }
  return span_from(NULL, 0);
}

static const struct facts_readers readers = {.header = nth_given, .form = nth_given};

static void set_fact(struct facts *f, const struct given *g) {
  const struct field *field = &fields_schema.fields[g->field];
  char *member = (char *)f + field->offset;
  if (field->shape != FIELD_ONE) return; /* asked for through `readers` */
  switch (g->type) {
  case TYPE_BOOL: *(enum truth *)member = truth_of(g->number != 0); break;
  case TYPE_NUMBER: *(double *)member = g->number; break;
  case TYPE_TEXT:
  case TYPE_SECRET: *(struct span *)member = g->text; break;
  case TYPE_ADDR: *(const struct addr **)member = &g->addr; break;
  }
  if (g->field == FIELD_ID_http_uri) facts_set_uri(f, g->text);
}

static void set_facts(struct facts *f, const struct example *x, enum phase from, enum phase upto) {
  for (uint32_t i = 0; i < x->given_count; i++) {
    enum phase phase = fields_schema.fields[x->givens[i].field].phase;
    if (phase >= from && phase <= upto) set_fact(f, &x->givens[i]);
  }
}

static void set_page_view(struct facts *f) {
  f->ip_src = &reader_addr;
  f->ssl = TRUTH_YES;
  f->tls_sni = f->http_host = SPAN("example.kz");
  f->http_method = SPAN("GET");
  f->http_version = SPAN("HTTP/2");
  f->http_agent = SPAN(READER_AGENT);
  f->http_referer = f->http_cookie = f->body_mime = SPAN("");
  f->ip_src_banned = f->ip_src_allowed = f->bot_verified = f->client_mismatch = TRUTH_NO;
  f->bot_name = SPAN("");
  f->site_alarm_db = 0;
  facts_set_uri(f, SPAN("/"));
}

static bool gives(const struct example *x, enum phase phase) {
  for (uint32_t i = 0; i < x->given_count; i++) {
    if (fields_schema.fields[x->givens[i].field].phase == phase) return true;
  }
  return false;
}

/* One exchange from its head to its end. */
static void run_once(struct evaluator *by, const struct example *x, uint64_t sources, mono_ms now,
                     struct verdict *verdict) {
  struct givens request = {x, FIELD_ID_http_headers}, form = {x, FIELD_ID_body_form},
                response = {x, FIELD_ID_response_headers};
  struct facts facts;
  struct evaluation e;
  facts_init(&facts, &readers, sources);
  set_page_view(&facts);
  facts.request = &request;
  set_facts(&facts, x, PHASE_HELLO, PHASE_HEAD);
  evaluate_begin(&e, by, &facts);
  evaluate_head(&e, now);
  if (e.wants_body || e.login >= 0) {
    facts.form = &form;
    facts.body_readable = TRUTH_YES;
    facts.login_credentials = 1;
    set_facts(&facts, x, PHASE_BODY, PHASE_BODY);
    evaluate_body(&e, now);
  }
  *verdict = e.verdict;
  if (e.verdict.action == ACTION_ALLOW && gives(x, PHASE_ANSWER)) {
    facts.response = &response;
    facts.response_location = facts.response_mime = facts.response_body = SPAN("");
    set_facts(&facts, x, PHASE_ANSWER, PHASE_ANSWER);
  }
  evaluate_settle(&e, evaluate_outcome(&e), now);
}

static bool is_by(const struct verdict *v, struct span name) {
  for (uint32_t i = 0; i < v->reason_count; i++) {
    if (!v->reasons[i].shadow && span_eq(v->reasons[i].rule, name)) return true;
  }
  return false;
}

int examples_run(const struct program *p, uint32_t index, struct example_result *out) {
  const struct example *x = &p->examples[index];
  struct plain plain;
  struct evaluator by = {0};
  if (plain_init(&plain, p) != OK) return ERR_MEMORY;
  struct meters meters = plain_meters(&plain);
  int err = evaluator_init(&by, p, &meters);
  uint64_t sources = ~p->packs | UINT64_C(1) << x->def.source;
  for (uint32_t i = 0; err == OK && i < x->times; i++) {
    run_once(&by, x, sources, 1000000 + (mono_ms)(x->times_ms * i / x->times), &out->verdict);
  }
  if (plain.full) err = ERR_MEMORY;
  out->held =
      err == OK && out->verdict.action == x->expect && (!x->by.at || is_by(&out->verdict, x->by));
  evaluator_fini(&by);
  plain_fini(&plain);
  return err;
}
