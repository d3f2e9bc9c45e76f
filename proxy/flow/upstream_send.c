// SPDX-License-Identifier: Apache-2.0
#include "proxy/flow/upstream_parts.h"

/* A smaller piece of body is copied, to leave together with its head; and how much memory an idle `out` may keep. */
enum { COPY_MAX = 8192, OUT_KEPT = 16384 };

static void report_sent(struct upstream *u) {
  size_t payload = u->payload;
  u->payload = 0;
  if (payload && u->exchange) exchange_sent(u->exchange, payload);
}

void upstream_send_out(struct upstream *u) {
  if (u->state != UPSTREAM_BUSY || u->out.overflow) return;
  while (buf_len(&u->out)) {
    size_t took = stream_write(&u->stream, buf_span(&u->out));
    buf_skip(&u->out, took);
    if (took == 0) break;
  }
  stream_flush(&u->stream);
  if (buf_len(&u->out)) return;
  if (u->exchange && u->exchange->inspected && u->out.at) explicit_bzero(u->out.at, u->out.cap);
  if (u->out.cap > OUT_KEPT) buf_fini(&u->out);
  if (u->payload) report_sent(u);
}

void upstream_on_flush(struct task *t) {
  struct upstream *u = LIST_OF(t, struct upstream, flush);
  if (u->out.overflow)
    upstream_fail(u, 502, "no memory for the request");
  else
    upstream_send_out(u);
}

void upstream_send_later(struct upstream *u) {
  loop_defer(u->origin->flow->loop, &u->flush);
}

void upstream_send_body(struct upstream *u, struct span bytes) {
  if (bytes.len == 0) return;
  size_t len = bytes.len;
  u->body_sent = true;
  if (u->state == UPSTREAM_BUSY && !u->sends_chunks && len > COPY_MAX) {
    upstream_send_out(u);
    while (bytes.len && buf_len(&u->out) == 0) {
      size_t took = stream_write(&u->stream, bytes);
      bytes = span_skip(bytes, took);
      if (took == 0) break;
    }
    stream_flush(&u->stream);
    if (len > bytes.len && u->exchange) exchange_sent(u->exchange, len - bytes.len);
    if (bytes.len == 0) return;
  }
  u->payload += bytes.len;
  if (u->sends_chunks) h1_put_chunk_size(&u->out, bytes.len);
  buf_put(&u->out, bytes);
  if (u->sends_chunks) buf_put(&u->out, SPAN("\r\n"));
  upstream_send_later(
      u); /* `out` holds a front's window and a head: only memory can be what it lacks */
}

void upstream_send_end(struct upstream *u, struct message *trailers) {
  if (u->send_ended) return;
  u->send_ended = true;
  if (u->exchange->tunnel) {
    upstream_send_out(u);
    stream_finish(&u->stream);
    return;
  }
  if (!u->sends_chunks) return;
  buf_put(&u->out, SPAN("0\r\n"));
  for (unsigned i = 0; trailers && i < trailers->header_count; i++) {
    h1_put_header(&u->out, trailers->headers[i].name, trailers->headers[i].value);
  }
  buf_put(&u->out, SPAN("\r\n"));
  upstream_send_later(u);
}
