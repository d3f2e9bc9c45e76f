// SPDX-License-Identifier: Apache-2.0
#include "proxy/http/h1.h"

#include <llhttp.h>

/* What llhttp's callbacks need: where fields go, and the one that is being read. */
struct reading {
  struct message *m;
  struct arena *arena;
  unsigned count_max;
  struct span name, value;
  enum refusal why;
};

static int on_name(llhttp_t *p, const char *at, size_t len) {
  struct reading *r = p->data;
  r->name = span_from(at, len);
  r->value = span_from(at, 0);
  return 0;
}

static int on_value(llhttp_t *p, const char *at, size_t len) {
  struct reading *r = p->data;
  r->value = span_from(at, len);
  return 0;
}

static int stop(struct reading *r, enum refusal why) {
  r->why = why;
  return HPE_USER;
}

static int on_field(llhttp_t *p) {
  struct reading *r = p->data;
  r->value = span_trim(r->value);
  if (!header_is_token(r->name)) return stop(r, REFUSED_HEADER_NAME);
  if (!message_add(r->m, r->arena, r->name, r->value, r->count_max))
    return stop(r, REFUSED_HEADERS_MANY);
  return 0;
}

static int on_head(llhttp_t *p) {
  return HPE_PAUSED;
}

static const llhttp_settings_t FIELDS = {
    .on_header_field = on_name,
    .on_header_value = on_value,
    .on_header_value_complete = on_field,
    .on_headers_complete = on_head,
};

/* Fields of `lines` (with the empty line) after a first line that llhttp is sure to take. */
static enum refusal read_fields(llhttp_t *p, struct span lines, struct reading *r) {
  p->data = r;
  llhttp_errno_t code = llhttp_execute(p, lines.at, lines.len);
  if (code == HPE_PAUSED && r->why == REFUSED_NONE) return REFUSED_NONE;
  if (r->why) return r->why;
  switch (code) {
  case HPE_INVALID_CONTENT_LENGTH: return REFUSED_LENGTH_BAD;
  case HPE_UNEXPECTED_CONTENT_LENGTH: return REFUSED_LENGTH_TWICE;
  case HPE_INVALID_TRANSFER_ENCODING: return REFUSED_CODING_BAD;
  default: return REFUSED_HEADER_NAME;
  }
}

/* Blanks around a value may be tabs (RFC 9110 §5.5), which llhttp does not forgive around a length. Within a value they
 * stay. */
static void blank_tabs(char *at, size_t len) {
  for (size_t i = 0; i < len; i++) {
    if (at[i] != '\t') continue;
    size_t end = i;
    while (end < len && (at[end] == '\t' || at[end] == ' ')) end++;
    size_t start = i;
    while (start && at[start - 1] == ' ') start--;
    bool around = (start && at[start - 1] == ':') || (end < len && at[end] == '\r');
    if (around) memset(at + i, ' ', end - i);
    i = end - 1;
  }
}

static enum refusal request_fields(struct span lines, struct message *m, struct arena *a,
                                   unsigned count_max) {
  static const char FIRST_LINE[] = "GET / HTTP/1.1\r\n";
  struct reading r = {.m = m, .arena = a, .count_max = count_max};
  llhttp_t p;
  llhttp_init(&p, HTTP_REQUEST, &FIELDS);
  /* Which of the two lengths is wrong is the gate's to say, in its own words. */
  llhttp_set_lenient_chunked_length(&p, 1);
  llhttp_execute(&p, FIRST_LINE, sizeof(FIRST_LINE) - 1);
  if (span_find(lines, '\t') < lines.len) {
    lines = arena_copy(a, lines);
    if (!lines.at) return REFUSED_HEAD_LONG;
    blank_tabs((char *)(uintptr_t)lines.at, lines.len);
  }
  return read_fields(&p, lines, &r);
}

/* METHOD SP target SP HTTP/1.x, one space each (RFC 9112 §3). */
static enum refusal request_line(struct span line, struct message *m,
                                 const struct http_bounds *bounds) {
  struct span rest = line;
  m->method = span_cut(&rest, ' ');
  if (!header_is_token(m->method)) return REFUSED_METHOD;
  struct span target = span_cut(&rest, ' ');
  if (rest.len != 8 || !span_starts(rest, SPAN("HTTP/"))) return REFUSED_REQUEST_LINE;
  if (rest.at[6] != '.' || rest.at[5] < '0' || rest.at[5] > '9' || rest.at[7] < '0' ||
      rest.at[7] > '9') {
    return REFUSED_REQUEST_LINE;
  }
  if (rest.at[5] != '1' || rest.at[7] > '1') return REFUSED_VERSION;
  m->minor = (uint8_t)(rest.at[7] - '0');
  if (message_is(m, SPAN("CONNECT"))) return REFUSED_CONNECT_HERE;
  return gate_target(m, target, bounds);
}

enum refusal h1_request(struct span head, struct message *m, struct arena *a,
                        const struct http_bounds *bounds) {
  size_t end = span_find(head, '\r');
  enum refusal why = request_line(span_from(head.at, end), m, bounds);
  if (!why) why = request_fields(span_skip(head, end + 2), m, a, bounds->header_count_max);
  return why ? why : gate_request(m, a);
}

enum refusal h1_response(struct span head, struct message *m, struct arena *a,
                         const struct http_bounds *bounds, bool to_head, bool to_upgrade) {
  struct reading r = {.m = m, .arena = a, .count_max = bounds->header_count_max};
  llhttp_t p;
  llhttp_init(&p, HTTP_RESPONSE, &FIELDS);
  llhttp_set_lenient_chunked_length(&p, 1);
  enum refusal why = read_fields(&p, head, &r);
  if (why) return why;
  m->status = p.status_code;
  m->minor = p.http_minor;
  if (p.http_major != 1 || m->status < 100 || m->status > 599) return REFUSED_VERSION;
  return gate_response(m, to_head, to_upgrade);
}

enum refusal h1_trailers(struct span lines, struct message *m, struct arena *a,
                         const struct http_bounds *bounds) {
  struct h1_scan scan = {.lines = 1};
  enum refusal why = REFUSED_NONE;
  if (h1_scan(&scan, lines, bounds->trailer_bytes_max + 2, &why) != H1_HEAD)
    return REFUSED_TRAILER_BAD;
  if (request_fields(lines, m, a, bounds->header_count_max)) return REFUSED_TRAILER_BAD;
  unsigned kept = 0;
  for (unsigned i = 0; i < m->header_count; i++) {
    if (gate_trailer_allowed(&m->headers[i])) m->headers[kept++] = m->headers[i];
  }
  m->header_count = kept;
  return REFUSED_NONE;
}
