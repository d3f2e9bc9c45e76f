// SPDX-License-Identifier: Apache-2.0
#include "rules/engine/facts.h"

#include <math.h>

void facts_init(struct facts *f, const struct facts_readers *readers, uint64_t sources) {
  *f = (struct facts){.readers = readers, .sources = sources};
  for (size_t i = 0; i < fields_schema.field_count; i++) {
    const struct field *field = &fields_schema.fields[i];
    if (field->type == TYPE_NUMBER) *(double *)((char *)f + field->offset) = NAN;
  }
  /* Nobody is a good bot, and no alarm stands, until it is said. */
  f->bot_verified = TRUTH_NO;
  f->bot_name = SPAN("");
  f->site_alarm_db = 0;
}

void facts_set_uri(struct facts *f, struct span uri) {
  size_t path = span_find(uri, '?');
  f->http_uri = uri;
  f->http_path = span_from(uri.at, path);
  f->http_query = path < uri.len ? span_skip(uri, path + 1) : SPAN("");
}

struct span facts_mime(struct span content_type, char room[FACTS_MIME_MAX]) {
  struct span type = span_trim(span_from(content_type.at, span_find(content_type, ';')));
  if (type.len > FACTS_MIME_MAX) type.len = FACTS_MIME_MAX;
  for (size_t i = 0; i < type.len; i++) room[i] = ascii_lower(type.at[i]);
  return span_from(room, type.len);
}

bool facts_pair(struct span text, char between, struct span name, size_t nth, struct span *value) {
  while (text.len) {
    struct span pair = span_cut(&text, between);
    if (between == ';') pair = span_trim(pair);
    struct span own = span_cut(&pair, '=');
    if (!span_eq(own, name)) continue;
    *value = pair.at ? pair : SPAN("");
    if (nth-- == 0) return true;
  }
  return false;
}

/* The nth of several; of none the one value "". */
static enum facts_found found(bool is_there, size_t nth, struct span *out) {
  if (is_there) return FACTS_VALUE;
  if (nth > 0) return FACTS_END;
  *out = SPAN("");
  return FACTS_VALUE;
}

static enum facts_found pair_of(struct span text, char between, struct span key, size_t nth,
                                struct span *out) {
  if (!text.at) return FACTS_UNKNOWN;
  return found(facts_pair(text, between, key, nth, out), nth, out);
}

static enum facts_found header_of(const struct facts *f, const void *message, struct span name,
                                  size_t nth, struct span *out) {
  if (!f->readers || !message) return FACTS_UNKNOWN;
  *out = f->readers->header(message, name, nth);
  return found(out->at != NULL, nth, out);
}

enum facts_found facts_value(const struct facts *f, enum field_id field, struct span key,
                             size_t nth, struct span *out) {
  switch (field) {
  case FIELD_ID_http_args: return pair_of(f->http_query, '&', key, nth, out);
  case FIELD_ID_http_cookies: return pair_of(f->http_cookie, ';', key, nth, out);
  case FIELD_ID_http_headers: return header_of(f, f->request, key, nth, out);
  case FIELD_ID_response_headers: return header_of(f, f->response, key, nth, out);
  case FIELD_ID_response_set_cookie: return header_of(f, f->response, SPAN("set-cookie"), nth, out);
  case FIELD_ID_body_form:
    if (!f->readers || !f->form) return FACTS_UNKNOWN;
    *out = f->readers->form(f->form, key, nth);
    return found(out->at != NULL, nth, out);
  default: return FACTS_UNKNOWN;
  }
}
