// SPDX-License-Identifier: Apache-2.0
#include "proxy/demo/answer.h"

#include "proxy/http/h1.h"

/* Pages have no script at all, and styles and pictures of their own only (Content Security Policy Level 3). */
#define POLICY                                                                                     \
  "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "    \
  "frame-ancestors 'none'"

void answer_init(struct answer *a) {
  *a = (struct answer){0};
  buf_init(&a->fields, ANSWER_FIELDS_MAX);
  buf_init(&a->body, ANSWER_BODY_MAX);
}

void answer_fini(struct answer *a) {
  buf_fini(&a->fields);
  buf_fini(&a->body);
}

void answer_field(struct answer *a, const char *name, const char *value) {
  h1_put_header(&a->fields, span_of(name), span_of(value));
}

void answer_begin(struct answer *a, int status, const char *type) {
  a->status = status;
  answer_field(a, "Content-Type", type);
  answer_field(a, "Content-Security-Policy", POLICY);
  answer_field(a, "X-Content-Type-Options", "nosniff");
  answer_field(a, "Referrer-Policy", "same-origin");
}

void answer_redirect(struct answer *a, int status, struct span location) {
  a->status = status;
  h1_put_header(&a->fields, SPAN("Location"), location);
  answer_field(a, "Cache-Control", "no-store");
}
