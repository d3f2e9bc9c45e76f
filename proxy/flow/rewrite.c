// SPDX-License-Identifier: Apache-2.0
#include "proxy/flow/rewrite.h"

#include "proxy/flow/routes.h"
#include "proxy/http/h1.h"
#include "proxy/tls/websocket.h"

bool rewrite_sends_chunks(const struct message *request) {
  return request->body == BODY_CHUNKED;
}

static bool expects_length(const struct message *m) {
  return message_is(m, SPAN("POST")) || message_is(m, SPAN("PUT")) || message_is(m, SPAN("PATCH"));
}

static void put_framing(struct buf *out, const struct message *m) {
  if (m->body == BODY_CHUNKED) {
    h1_put_header(out, SPAN("Transfer-Encoding"), SPAN("chunked"));
  } else if (m->body == BODY_LENGTH || (m->body == BODY_NONE && expects_length(m))) {
    buf_put(out, SPAN("Content-Length: "));
    buf_put_u64(out, m->body == BODY_LENGTH ? m->length : 0);
    buf_put(out, SPAN("\r\n"));
  }
}

/* RFC 8441 §5: what HTTP/1.1 says with Upgrade, HTTP/2 says with an extended CONNECT, without the key. */
static void put_upgrade(struct buf *out, const struct exchange *x) {
  h1_put_header(out, SPAN("Connection"), SPAN("Upgrade"));
  h1_put_header(out, SPAN("Upgrade"), SPAN("websocket"));
  if (!x->request.http2) return;
  char key[WEBSOCKET_KEY_LEN + 1];
  websocket_key(x->id, key);
  h1_put_header(out, SPAN("Sec-WebSocket-Key"), span_from(key, WEBSOCKET_KEY_LEN));
}

/* HTTP/2 may split Cookie; HTTP/1.1 may not (RFC 9113 §8.2.3). */
static void put_cookies(struct buf *out, const struct message *m) {
  bool begun = false;
  for (unsigned i = 0; i < m->header_count; i++) {
    if (m->headers[i].id != HEADER_COOKIE) continue;
    buf_put(out, begun ? SPAN("; ") : SPAN("Cookie: "));
    buf_put(out, m->headers[i].value);
    begun = true;
  }
  if (begun) buf_put(out, SPAN("\r\n"));
}

/* What the origin may believe, because we set it and dropped what the client sent under these names. */
static void put_ours(struct buf *out, const struct exchange *x) {
  char client[ADDR_TEXT_MAX];
  size_t len = addr_format(&x->client, client);
  h1_put_header(out, SPAN("X-Forwarded-For"), span_from(client, len));
  h1_put_header(out, SPAN("X-Forwarded-Proto"), x->session->tls ? SPAN("https") : SPAN("http"));
  h1_put_header(out, SPAN("X-Forwarded-Host"), x->request.authority);
  h1_put_header(out, SPAN("X-Request-Id"), span_from(x->id, EXCHANGE_ID_LEN));
  h1_put_header(out, SPAN("X-Qorgan-Verdict"), span_of(x->verdict));
  const struct ruling *r = x->ruling;
  if (r && r->scored) buf_printf(out, "X-Qorgan-Score: %.1f\r\n", r->score);
  if (r && r->reasons.len) h1_put_header(out, SPAN("X-Qorgan-Reasons"), r->reasons);
}

bool rewrite_request(struct buf *out, const struct exchange *x, const struct origin *o) {
  const struct message *m = &x->request;
  buf_put(out, m->protocol.at ? SPAN("GET") : m->method);
  buf_put_byte(out, ' ');
  buf_put(out, m->path);
  buf_put(out, m->query);
  buf_put(out, SPAN(" HTTP/1.1\r\n"));
  h1_put_header(out, SPAN("Host"), m->authority.len ? m->authority : o->spec->host);
  bool cookies = false;
  for (unsigned i = 0; i < m->header_count; i++) {
    const struct header *h = &m->headers[i];
    if (h->flags & (HEADER_HOP | HEADER_OURS) || h->id == HEADER_HOST) continue;
    if (h->id == HEADER_COOKIE && m->http2)
      cookies = true;
    else
      h1_put_header(out, h->name, h->value);
  }
  if (cookies) put_cookies(out, m);
  put_ours(out, x);
  if (m->protocol.at)
    put_upgrade(out, x);
  else
    put_framing(out, m);
  return buf_put(out, SPAN("\r\n")) && !out->overflow;
}

bool rewrite_response(struct buf *out, const struct message *m, bool client_is_1_0, bool keep,
                      bool chunked) {
  bool has_coding = message_find(m, HEADER_TRANSFER_ENCODING);
  h1_put_status(out, m->status);
  for (unsigned i = 0; i < m->header_count; i++) {
    const struct header *h = &m->headers[i];
    bool length =
        h->id == HEADER_CONTENT_LENGTH && !has_coding && m->status != 204 && m->status / 100 != 1;
    if (h->flags & HEADER_HOP && !length) continue;
    h1_put_header(out, h->name, h->value);
  }
  if (m->body == BODY_TUNNEL) {
    h1_put_header(out, SPAN("Connection"), SPAN("Upgrade"));
    h1_put_header(out, SPAN("Upgrade"), SPAN("websocket"));
  } else if (m->status / 100 != 1) {
    if (chunked) h1_put_header(out, SPAN("Transfer-Encoding"), SPAN("chunked"));
    if (!keep)
      h1_put_header(out, SPAN("Connection"), SPAN("close"));
    else if (client_is_1_0)
      h1_put_header(out, SPAN("Connection"), SPAN("keep-alive"));
  }
  return buf_put(out, SPAN("\r\n")) && !out->overflow;
}
