// SPDX-License-Identifier: Apache-2.0
#include "proxy/flow/evidence.h"

#include "proxy/http/basic.h"
#include "rules/base/err.h"

/* ---- readers ---- */

static struct span nth_header(const void *message, struct span name, size_t nth) {
  const struct message *m = message;
  for (unsigned i = 0; i < m->header_count; i++) {
    if (span_eq_nocase(m->headers[i].name, name) && nth-- == 0) return m->headers[i].value;
  }
  return span_from(NULL, 0);
}

static struct span nth_field(const void *form, struct span name, size_t nth) {
  return form_nth(form, name, nth);
}

static const struct facts_readers READERS = {.header = nth_header, .form = nth_field};

/* ---- the head ---- */

/* HTTP/2 may split Cookie (RFC 9113 §8.2.3). */
static void add_cookie(struct facts *f, struct exchange *x, struct span value) {
  if (f->http_cookie.len == 0)
    f->http_cookie = value;
  else
    f->http_cookie =
        arena_printf(&x->arena, "%.*s; %.*s", SPAN_ARG(f->http_cookie), SPAN_ARG(value));
}

static void read_headers(struct judgement *j, struct exchange *x) {
  struct facts *f = &j->facts;
  f->http_agent = f->http_referer = f->http_cookie = f->body_mime = SPAN("");
  for (unsigned i = 0; i < x->request.header_count; i++) {
    const struct header *h = &x->request.headers[i];
    switch ((enum header_id)h->id) {
    case HEADER_USER_AGENT: f->http_agent = h->value; break;
    case HEADER_REFERER: f->http_referer = h->value; break;
    case HEADER_COOKIE: add_cookie(f, x, h->value); break;
    case HEADER_CONTENT_TYPE: f->body_mime = facts_mime(h->value, j->mime); break;
    default: break;
    }
  }
}

static void read_lists(struct facts *f, const struct exchange *x) {
  const struct memory *m = &x->flow->memory;
  if (!m->calls) return;
  enum memory_listing listing = m->calls->listed(m->self, &x->client, loop_real(x->flow->loop));
  f->ip_src_banned = truth_of(listing == MEMORY_BANNED);
  f->ip_src_allowed = truth_of(listing == MEMORY_ALLOWED);
}

static void read_target(struct facts *f, struct exchange *x) {
  const struct message *m = &x->request;
  f->http_path = m->path;
  f->http_query = m->query.len ? span_skip(m->query, 1) : SPAN("");
  bool joined = m->query.len == 0 || m->path.at + m->path.len == m->query.at;
  f->http_uri = joined ? span_from(m->path.at, m->path.len + m->query.len)
                       : arena_printf(&x->arena, "%.*s%.*s", SPAN_ARG(m->path), SPAN_ARG(m->query));
}

void evidence_of_head(struct judgement *j, struct exchange *x) {
  struct facts *f = &j->facts;
  const struct message *m = &x->request;
  const struct session *s = x->session;
  facts_init(f, &READERS, x->judge->policy->sources[x->site]);
  f->request = m;
  f->ip_src = &x->client;
  f->ssl = truth_of(s->tls);
  f->tls_ja4 = span_of(s->ja4);
  f->http2_print = s->h2 ? span_of(s->h2) : SPAN("");
  f->headers_print = span_of(x->headers);
  f->http_host = m->host;
  f->http_method = m->method;
  f->http_version = m->http2 ? SPAN("HTTP/2") : m->minor ? SPAN("HTTP/1.1") : SPAN("HTTP/1.0");
  if (m->body == BODY_NONE || m->body == BODY_LENGTH)
    f->body_size = m->body == BODY_NONE ? 0 : (double)m->length;
  read_target(f, x);
  read_headers(j, x);
  read_lists(f, x);
}

/* ---- the body ---- */

void evidence_of_body(struct judgement *j, struct exchange *x, struct span body, bool whole) {
  struct facts *f = &j->facts;
  bool is_form = span_eq(f->body_mime, SPAN("application/x-www-form-urlencoded"));
  bool later = span_eq(f->body_mime, SPAN("application/json")) ||
               span_eq(f->body_mime, SPAN("text/xml")) ||
               span_eq(f->body_mime, SPAN("application/xml"));
  if (whole && (is_form || body.len == 0) && form_parse(&j->form, body) == OK) {
    f->form = &j->form;
    f->body_readable = TRUTH_YES;
  } else if (!whole || !later) {
    f->body_readable = TRUTH_NO;
  }
}

/* What a login statement may find: a form, and what HTTP Basic says. */
struct found {
  const struct form *form; /* NULL: none was read */
  struct span user, password;
  bool basic;
};

static struct span credential(const struct found *found, const struct credential *of,
                              unsigned count) {
  for (unsigned i = 0; i < count; i++) {
    struct span value = SPAN("");
    if (of[i].carrier == CARRIER_FORM && found->form) value = form_last(found->form, of[i].name);
    if (of[i].carrier == CARRIER_BASIC && found->basic)
      value = span_eq(of[i].name, SPAN("user")) ? found->user : found->password;
    if (value.len) return value;
  }
  return span_from(NULL, 0);
}

bool evidence_is_in_body(const struct login *login) {
  bool basic = true;
  for (unsigned i = 0; i < login->username_count; i++)
    basic &= login->usernames[i].carrier == CARRIER_BASIC;
  for (unsigned i = 0; i < login->password_count; i++)
    basic &= login->passwords[i].carrier == CARRIER_BASIC;
  return !basic;
}

static struct span name_of(struct exchange *x, struct span value) {
  struct span name = arena_copy(&x->arena, span_trim(value));
  for (size_t i = 0; i < name.len; i++) ((char *)name.at)[i] = ascii_lower(name.at[i]);
  return name;
}

void evidence_of_login(struct judgement *j, struct exchange *x, const struct login *login) {
  struct facts *f = &j->facts;
  const struct policy_keys *keys = &x->judge->policy->keys;
  struct ruling *r = judge_ruling(x);
  f->login_name = login->def.name;
  if (r) r->login = login->def.name;
  char room[BASIC_BYTES_MAX];
  const struct header *authorization = message_find(&x->request, HEADER_AUTHORIZATION);
  struct found found = {.form = f->form ? &j->form : NULL};
  found.basic =
      authorization && basic_parse(authorization->value, room, &found.user, &found.password);
  struct span user = credential(&found, login->usernames, login->username_count);
  struct span password = credential(&found, login->passwords, login->password_count);
  if (user.at) {
    f->login_user = name_of(x, user);
    if (r) r->user = siphash_128(&keys->users, f->login_user);
  }
  if (password.at) {
    struct digest128 digest = siphash_128(&keys->passwords, password);
    memcpy(j->password, &digest, sizeof(digest));
    f->login_password = span_from(j->password, sizeof(j->password));
  }
  if (user.at && password.at) f->login_credentials = 1;
  explicit_bzero(room, sizeof(room));
}

/* ---- the answer ---- */

void evidence_of_answer(struct judgement *j, const struct message *m) {
  struct facts *f = &j->facts;
  f->response = m;
  f->response_status = m->status;
  f->response_location = f->response_mime = SPAN("");
  const struct header *location = message_find(m, HEADER_LOCATION);
  const struct header *type = message_find(m, HEADER_CONTENT_TYPE);
  if (location) f->response_location = location->value;
  if (type) f->response_mime = facts_mime(type->value, j->answer_mime);
}
