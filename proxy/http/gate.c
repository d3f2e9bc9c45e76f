// SPDX-License-Identifier: Apache-2.0
#include "proxy/http/gate.h"

#include "rules/base/addr.h"
#include "rules/base/err.h"

/* ---- target ---- */

/* RFC 3986 §2 and what browsers send besides: printable ASCII, no blank, no fragment. */
static bool target_byte(unsigned char c) {
  return c > 0x20 && c < 0x7f && c != '#';
}

enum refusal gate_target(struct message *m, struct span target, const struct http_bounds *bounds) {
  if (target.len > bounds->url_bytes_max) return REFUSED_TARGET_LONG;
  if (target.len == 0) return REFUSED_TARGET;
  for (size_t i = 0; i < target.len; i++) {
    if (!target_byte((unsigned char)target.at[i])) return REFUSED_TARGET_BYTE;
  }
  if (target.at[0] == '/') {
    size_t question = span_find(target, '?');
    m->path = span_from(target.at, question);
    m->query = span_skip(target, question);
    return REFUSED_NONE;
  }
  if (span_eq(target, SPAN("*"))) {
    m->path = target;
    return message_is(m, SPAN("OPTIONS")) ? REFUSED_NONE : REFUSED_TARGET;
  }
  bool http = target.len > 7 && span_eq_nocase(span_from(target.at, 7), SPAN("http://"));
  bool https = target.len > 8 && span_eq_nocase(span_from(target.at, 8), SPAN("https://"));
  if (!http && !https) return REFUSED_TARGET;
  struct span rest = span_skip(target, http ? 7 : 8);
  size_t end = 0;
  while (end < rest.len && rest.at[end] != '/' && rest.at[end] != '?') end++;
  m->authority = span_from(rest.at, end);
  rest = span_skip(rest, end);
  size_t question = span_find(rest, '?');
  /* RFC 9112 §3.2.4: OPTIONS without any path asks about the server. */
  bool server = rest.len == 0 && message_is(m, SPAN("OPTIONS"));
  m->path = question ? span_from(rest.at, question) : server ? SPAN("*") : SPAN("/");
  m->query = span_skip(rest, question);
  return REFUSED_NONE;
}

/* ---- host ---- */

/* RFC 3986 §3.2.2 reg-name without percent-encoding: no name on the web needs it, and readers differ on it. */
static bool host_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

static bool host_is_name(struct span host) {
  for (size_t i = 0; i < host.len; i++) {
    if (!host_byte(host.at[i])) return false;
  }
  return host.len > 0 && host.len <= 253 && host.at[0] != '.';
}

static bool host_is_literal(struct span host) {
  struct addr addr;
  return host.len > 2 && host.at[0] == '[' && host.at[host.len - 1] == ']' &&
         addr_parse(host, &addr) == OK && memchr(host.at, ':', host.len) != NULL;
}

static bool take_host(struct message *m, struct arena *a) {
  struct span host = m->authority;
  size_t colon = host.len && host.at[0] == '[' ? span_find(host, ']') + 1 : span_find(host, ':');
  if (colon > host.len) return false;
  struct span port = span_skip(host, colon);
  uint64_t number = 0;
  if (port.len) {
    if (port.at[0] != ':') return false;
    if (port.len > 1 && (span_to_u64(span_skip(port, 1), &number) || number > 65535)) return false;
  }
  char *lower = arena_take(a, colon + 1);
  if (!lower) return false;
  for (size_t i = 0; i < colon; i++) lower[i] = ascii_lower(host.at[i]);
  m->host = span_from(lower, colon);
  if (m->host.len > 1 && lower[colon - 1] == '.')
    m->host.len--; /* a root dot names the same host */
  return host_is_name(m->host) || host_is_literal(m->host);
}

static enum refusal gate_host(struct message *m, struct arena *a, const struct header *host) {
  if (!host && m->minor > 0 && !m->http2) return REFUSED_HOST_MISSING;
  if (!host && !m->authority.at) return m->http2 ? REFUSED_HOST_MISSING : REFUSED_NONE;
  if (host && m->authority.at && !span_eq_nocase(host->value, m->authority))
    return REFUSED_HOST_DISAGREES;
  if (!m->authority.at) m->authority = host->value;
  return take_host(m, a) ? REFUSED_NONE : REFUSED_HOST_BAD;
}

/* ---- fields ---- */

struct seen {
  struct header *host, *length, *coding, *upgrade, *key, *expect;
  unsigned hosts, lengths, codings;
  bool close, keep_alive, upgrades, names;
};

static void see(struct seen *s, struct header *h) {
  switch (h->id) {
  case HEADER_HOST: s->host = h, s->hosts++; break;
  case HEADER_CONTENT_LENGTH: s->length = h, s->lengths++; break;
  case HEADER_TRANSFER_ENCODING: s->coding = h, s->codings++; break;
  case HEADER_UPGRADE: s->upgrade = h; break;
  case HEADER_SEC_WEBSOCKET_KEY: s->key = h; break;
  case HEADER_EXPECT: s->expect = h; break;
  case HEADER_CONNECTION: s->names = true; break;
  default: break;
  }
}

/* A field named by Connection ends here. One that carries meaning must not be taken away by its own sender. */
static bool nominate(struct message *m, struct span name) {
  for (unsigned i = 0; i < m->header_count; i++) {
    struct header *h = &m->headers[i];
    if (!span_eq_nocase(h->name, name)) continue;
    if (h->flags & HEADER_GUARD) return false;
    h->flags |= HEADER_HOP;
  }
  struct header named = {.name = name};
  header_identify(&named);
  return !(named.flags & HEADER_GUARD);
}

static enum refusal read_connection(struct message *m, struct seen *s, bool request) {
  for (unsigned i = 0; i < m->header_count; i++) {
    if (m->headers[i].id != HEADER_CONNECTION) continue;
    struct span rest = m->headers[i].value;
    while (rest.len) {
      struct span name = header_element(&rest);
      if (name.len == 0) continue;
      if (span_eq_nocase(name, SPAN("close")))
        s->close = true;
      else if (span_eq_nocase(name, SPAN("keep-alive")))
        s->keep_alive = true;
      else if (span_eq_nocase(name, SPAN("upgrade")))
        s->upgrades = true;
      else if (!header_is_token(name))
        return REFUSED_HEADER_VALUE;
      else if (!nominate(m, name) && request)
        return REFUSED_CONNECTION_NAMES;
    }
  }
  return REFUSED_NONE;
}

static enum refusal frame_by_length(struct message *m, const struct seen *s) {
  if (s->lengths > 1) return REFUSED_LENGTH_TWICE;
  if (s->length && span_to_u64(s->length->value, &m->length)) return REFUSED_LENGTH_BAD;
  if (m->length > INT64_MAX) return REFUSED_LENGTH_BAD;
  return REFUSED_NONE;
}

static enum refusal frame_request(struct message *m, const struct seen *s) {
  enum refusal why = frame_by_length(m, s);
  if (why) return why;
  if (s->coding) {
    if (m->http2) return REFUSED_CODING_BAD;
    if (m->minor == 0) return REFUSED_CODING_IN_1_0;
    if (s->length) return REFUSED_LENGTH_AND_CODING;
    if (s->codings > 1 || !span_eq_nocase(s->coding->value, SPAN("chunked")))
      return REFUSED_CODING_BAD;
    m->body = BODY_CHUNKED;
  } else if (s->length) {
    m->body = m->length || (m->http2 && m->body != BODY_NONE) ? BODY_LENGTH : BODY_NONE;
  } else if (!m->http2) {
    m->body = BODY_NONE;
  }
  return REFUSED_NONE;
}

/* An Upgrade that we do not follow is ignored, as RFC 9110 §7.8 lets a server do. */
static enum refusal read_upgrade(struct message *m, const struct seen *s) {
  if (!s->upgrade || !s->upgrades || m->minor == 0 || m->http2) return REFUSED_NONE;
  if (!span_eq_nocase(s->upgrade->value, SPAN("websocket"))) return REFUSED_NONE;
  if (!message_is(m, SPAN("GET")) || !s->key || m->body != BODY_NONE) return REFUSED_UPGRADE_BAD;
  m->protocol = SPAN("websocket");
  return REFUSED_NONE;
}

static enum refusal gate_method(const struct message *m) {
  if (!header_is_token(m->method)) return REFUSED_METHOD;
  if (message_is(m, SPAN("TRACE"))) return REFUSED_TRACE_HERE;
  if (message_is(m, SPAN("CONNECT")) && !m->protocol.at) return REFUSED_CONNECT_HERE;
  return REFUSED_NONE;
}

enum refusal gate_request(struct message *m, struct arena *a) {
  struct seen s = {0};
  for (unsigned i = 0; i < m->header_count; i++) {
    if (m->headers[i].id) see(&s, &m->headers[i]);
  }
  enum refusal why = gate_method(m);
  if (!why && s.hosts > 1) why = REFUSED_HOST_TWICE;
  if (!why) why = gate_host(m, a, s.host);
  if (!why) why = frame_request(m, &s);
  if (!why && s.names) why = read_connection(m, &s, true);
  if (!why) why = read_upgrade(m, &s);
  if (why) return why;
  if (s.expect && m->minor > 0) {
    if (!span_eq_nocase(s.expect->value, SPAN("100-continue"))) return REFUSED_EXPECT_UNKNOWN;
    m->expects_continue = m->body != BODY_NONE;
  }
  m->keep_alive = !s.close && (m->minor > 0 || s.keep_alive);
  return REFUSED_NONE;
}

/* ---- responses ---- */

static enum refusal frame_response(struct message *m, const struct seen *s) {
  enum refusal why = frame_by_length(m, s);
  if (why) return why;
  bool bodiless = m->status / 100 == 1 || m->status == 204 || m->status == 304;
  if (s->coding) {
    if (s->codings > 1 || !span_eq_nocase(s->coding->value, SPAN("chunked")))
      return REFUSED_CODING_BAD;
    if (s->length) return REFUSED_LENGTH_AND_CODING;
  }
  if (m->head_only || bodiless)
    m->body = BODY_NONE;
  else if (s->coding)
    m->body = BODY_CHUNKED;
  else if (s->length)
    m->body = m->length ? BODY_LENGTH : BODY_NONE;
  else
    m->body = BODY_UNTIL_CLOSE;
  return REFUSED_NONE;
}

enum refusal gate_response(struct message *m, bool to_head, bool to_upgrade) {
  struct seen s = {0};
  for (unsigned i = 0; i < m->header_count; i++) {
    if (m->headers[i].id) see(&s, &m->headers[i]);
  }
  m->head_only = to_head;
  if (m->status == 101) {
    if (!to_upgrade) return REFUSED_UPGRADE_BAD;
    m->body = BODY_TUNNEL;
    m->keep_alive = false;
    return REFUSED_NONE;
  }
  enum refusal why = frame_response(m, &s);
  if (!why && s.names) why = read_connection(m, &s, false);
  m->keep_alive = !s.close && (m->minor > 0 || s.keep_alive) && m->body != BODY_UNTIL_CLOSE;
  return why;
}

bool gate_trailer_allowed(const struct header *h) {
  return !(h->flags & (HEADER_HOP | HEADER_OURS | HEADER_GUARD | HEADER_ONCE)) &&
         h->id != HEADER_SET_COOKIE;
}
