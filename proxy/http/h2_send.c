// SPDX-License-Identifier: Apache-2.0
#include "proxy/http/h2_session.h"
#include "rules/base/err.h"
#include "rules/base/require.h"

enum { FIELDS_MAX = 1024 };

static ssize_t on_send(nghttp2_session *session, const uint8_t *data, size_t len, int flags,
                       void *user) {
  struct h2 *h = user;
  return h->events->write(h->owner, span_from(data, len)) ? (ssize_t)len : NGHTTP2_ERR_WOULDBLOCK;
}

/* ---- bodies ---- */

static void submit_trailers(struct h2 *h, struct h2_stream *s);

static ssize_t on_read(nghttp2_session *session, int32_t id, uint8_t *into, size_t room,
                       uint32_t *flags, nghttp2_data_source *source, void *user) {
  struct h2_stream *s = source->ptr;
  size_t len = buf_len(&s->out);
  if (len == 0 && !s->out_ended) {
    s->out_waiting = true;
    return NGHTTP2_ERR_DEFERRED;
  }
  *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
  if (len > room) return (ssize_t)room;
  if (s->out_ended) {
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (s->trailers) {
      *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
      submit_trailers(user, s);
    }
  }
  return (ssize_t)len;
}

static int on_send_data(nghttp2_session *session, nghttp2_frame *frame, const uint8_t *head,
                        size_t len, nghttp2_data_source *source, void *user) {
  enum { FRAME_HEAD = 9 };
  struct h2 *h = user;
  struct h2_stream *s = source->ptr;
  require(frame->data.padlen == 0);
  /* The writer takes a whole frame or none of it: it has room for the largest. */
  if (!h->events->write(h->owner, span_from(head, FRAME_HEAD))) return NGHTTP2_ERR_WOULDBLOCK;
  if (len) require(h->events->write(h->owner, span_from(buf_span(&s->out).at, len)));
  h->update_credit += UPDATES_PER_FRAME;
  s->sent_bytes += len;
  buf_skip(&s->out, len);
  if (len) h->events->drained(s, (uint32_t)len);
  return 0;
}

void h2_send_callbacks(nghttp2_session_callbacks *cb) {
  nghttp2_session_callbacks_set_send_callback(cb, on_send);
  nghttp2_session_callbacks_set_send_data_callback(cb, on_send_data);
}

/* ---- heads ---- */

static nghttp2_nv field(struct span name, struct span value) {
  return (nghttp2_nv){(uint8_t *)name.at, (uint8_t *)value.at, name.len, value.len,
                      NGHTTP2_NV_FLAG_NONE};
}

/* nghttp2 copies the fields and lowers the case of their names. */
static size_t fields_of(const struct message *m, char status[3], nghttp2_nv out[FIELDS_MAX]) {
  size_t count = 0;
  if (m->status) {
    status[0] = (char)('0' + m->status / 100);
    status[1] = (char)('0' + m->status / 10 % 10);
    status[2] = (char)('0' + m->status % 10);
    out[count++] = field(SPAN(":status"), span_from(status, 3));
  }
  for (unsigned i = 0; i < m->header_count && count < FIELDS_MAX; i++) {
    const struct header *h = &m->headers[i];
    if (h->flags & HEADER_HOP && h->id != HEADER_CONTENT_LENGTH) continue;
    if (h->id == HEADER_SEC_WEBSOCKET_ACCEPT) continue; /* RFC 8441 §5: HTTP/1.1 only */
    out[count] = field(h->name, h->value);
    if (h->id == HEADER_X_REQUEST_ID) out[count].flags = NGHTTP2_NV_FLAG_NO_INDEX;
    count++;
  }
  return count;
}

static void submit_trailers(struct h2 *h, struct h2_stream *s) {
  nghttp2_nv fields[FIELDS_MAX];
  char status[3];
  size_t count = fields_of(s->trailers, status, fields);
  nghttp2_submit_trailer(h->session, s->id, fields, count);
}

int h2_respond(struct h2 *h, struct h2_stream *s, const struct message *m, bool body_follows) {
  nghttp2_nv fields[FIELDS_MAX];
  char status[3];
  size_t count = fields_of(m, status, fields);
  nghttp2_data_provider body = {.source.ptr = s, .read_callback = on_read};
  return err_from_nghttp2(
      nghttp2_submit_response(h->session, s->id, fields, count, body_follows ? &body : NULL));
}

int h2_inform(struct h2 *h, struct h2_stream *s, const struct message *m) {
  nghttp2_nv fields[FIELDS_MAX];
  char status[3];
  size_t count = fields_of(m, status, fields);
  int32_t code =
      nghttp2_submit_headers(h->session, NGHTTP2_FLAG_NONE, s->id, NULL, fields, count, NULL);
  return err_from_nghttp2(code < 0 ? code : 0);
}

void h2_ready(struct h2 *h, struct h2_stream *s) {
  if (!s->out_waiting) return;
  s->out_waiting = false;
  nghttp2_session_resume_data(h->session, s->id);
}

void h2_reset(struct h2 *h, struct h2_stream *s, uint32_t code) {
  s->reset_by_us = true;
  nghttp2_submit_rst_stream(h->session, NGHTTP2_FLAG_NONE, s->id, code);
}

void h2_consumed(struct h2 *h, struct h2_stream *s, size_t bytes) {
  if (s->closed)
    nghttp2_session_consume_connection(h->session, bytes);
  else
    nghttp2_session_consume(h->session, s->id, bytes);
}

int h2_drain(struct h2 *h) {
  return err_from_nghttp2(nghttp2_session_send(h->session));
}

void h2_shutdown_notice(struct h2 *h) {
  nghttp2_submit_shutdown_notice(h->session);
}

void h2_shutdown(struct h2 *h) {
  nghttp2_submit_goaway(h->session, NGHTTP2_FLAG_NONE,
                        nghttp2_session_get_last_proc_stream_id(h->session), NGHTTP2_NO_ERROR, NULL,
                        0);
}

void h2_goodbye(struct h2 *h) {
  nghttp2_session_terminate_session(h->session, NGHTTP2_NO_ERROR);
}
