// SPDX-License-Identifier: Apache-2.0
#include "proxy/http/h2.h"

#include "proxy/http/h2_session.h"
#include "rules/base/err.h"
#include "rules/base/require.h"

#include <stdlib.h>

int err_from_nghttp2(int code) {
  if (code >= 0) return OK;
  return code == NGHTTP2_ERR_NOMEM ? ERR_MEMORY : ERR_PROTOCOL;
}

static struct h2_stream *stream_of(struct h2 *h, int32_t id) {
  return nghttp2_session_get_stream_user_data(h->session, id);
}

/* ---- allowances ---- */

static int calm(struct h2 *h) {
  if (!h->abused) nghttp2_session_terminate_session(h->session, NGHTTP2_ENHANCE_YOUR_CALM);
  h->abused = true;
  return 0;
}

static int charge(struct h2 *h, struct bucket *b) {
  return bucket_take(b, h->now) ? 0 : calm(h);
}

/* Frames that make us work and carry nothing. Window updates are ordinary where we sent data or a stream began:
 * they are charged only past that. */
enum { OUTBOUND_ACK_MAX = 100000 };
enum { FRAME_BYTES_MAX = 16384 }; /* SETTINGS_MAX_FRAME_SIZE as it stands (RFC 9113 §4.2) */

static int on_begin_frame(nghttp2_session *session, const nghttp2_frame_hd *hd, void *user) {
  struct h2 *h = user;
  switch (hd->type) {
  case NGHTTP2_DATA:
    return hd->length == 0 && !(hd->flags & NGHTTP2_FLAG_END_STREAM) ? charge(h, &h->control) : 0;
  case NGHTTP2_HEADERS:
    /* nghttp2 forgives a number that was passed over; RFC 9113 §5.1.1 does not. */
    if (hd->stream_id < h->last_id && !nghttp2_session_find_stream(session, hd->stream_id)) {
      nghttp2_session_terminate_session(session, NGHTTP2_PROTOCOL_ERROR);
    }
    return 0;
  case NGHTTP2_CONTINUATION:
    if (hd->length > FRAME_BYTES_MAX)
      nghttp2_session_terminate_session(session, NGHTTP2_FRAME_SIZE_ERROR);
    return charge(h, &h->control);
  case NGHTTP2_WINDOW_UPDATE:
    if (h->update_credit == 0) return charge(h, &h->control);
    h->update_credit--;
    return 0;
  default: return charge(h, &h->control);
  }
}

/* The response is whole while the request is not: no use in sending the rest of it (RFC 9113 §8.1). */
static void stop_request(struct h2 *h, int32_t id) {
  struct h2_stream *s = stream_of(h, id);
  if (!s || nghttp2_session_get_stream_remote_close(h->session, id)) return;
  s->reset_by_us = true;
  nghttp2_submit_rst_stream(h->session, NGHTTP2_FLAG_NONE, id, NGHTTP2_NO_ERROR);
}

/* Rapid reset (CVE-2023-44487) and its mirror, streams that the peer's own errors make us reset (CVE-2025-8671). */
static int on_frame_send(nghttp2_session *session, const nghttp2_frame *frame, void *user) {
  struct h2 *h = user;
  bool last = frame->hd.flags & NGHTTP2_FLAG_END_STREAM;
  if (last && (frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS))
    stop_request(h, frame->hd.stream_id);
  if (frame->hd.type != NGHTTP2_RST_STREAM) return 0;
  struct h2_stream *s = stream_of(h, frame->hd.stream_id);
  if (s && s->reset_by_us) return 0;
  return frame->rst_stream.error_code == NGHTTP2_NO_ERROR ? 0 : charge(h, &h->resets);
}

static int on_invalid_frame(nghttp2_session *session, const nghttp2_frame *frame, int code,
                            void *user) {
  struct h2 *h = user;
  return charge(h, &h->resets);
}

/* ---- heads ---- */

static int begin_trailers(struct h2 *h, struct h2_stream *s) {
  if (!s) return 0;
  h->reading_arena = s->arena;
  h->reading = arena_zero(s->arena, sizeof(*h->reading));
  h->reading_stream = s;
  return h->reading ? 0 : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *user) {
  struct h2 *h = user;
  if (frame->hd.type != NGHTTP2_HEADERS) return 0;
  if (frame->headers.cat != NGHTTP2_HCAT_REQUEST)
    return begin_trailers(h, stream_of(h, frame->hd.stream_id));
  struct h2_stream *s =
      h->abused ? NULL : h->events->begin(h->owner, &h->reading, &h->reading_arena);
  if (!s) {
    nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id,
                              NGHTTP2_REFUSED_STREAM);
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }
  s->id = frame->hd.stream_id;
  s->arena = h->reading_arena;
  h->reading_stream = s;
  h->streams++;
  h->last_id = s->id;
  h->update_credit += UPDATES_PER_STREAM;
  nghttp2_session_set_stream_user_data(session, s->id, s);
  return 0;
}

static void take_pseudo(struct h2_stream *s, struct message *m, struct span name,
                        struct span value) {
  bool protocol = span_eq(name, SPAN(":protocol"));
  if (s->pseudo_count < sizeof(s->pseudo) && name.len > 1)
    s->pseudo[s->pseudo_count++] = protocol ? 'r' : name.at[1];
  if (span_eq(name, SPAN(":method")))
    m->method = value;
  else if (span_eq(name, SPAN(":authority")))
    m->authority = value;
  else if (span_eq(name, SPAN(":protocol")))
    m->protocol = value;
  else if (span_eq(name, SPAN(":path")))
    m->path = value; /* split when the head is whole */
  else if (!span_eq(name, SPAN(":scheme")))
    s->refusal = REFUSED_PSEUDO_BAD;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
                     void *user) {
  enum {
    OVERHEAD = 32,
    PATIENCE = 8
  }; /* RFC 9113 §6.5.2; a head of 8 bounds is an attack, not a mistake */
  struct h2 *h = user;
  struct h2_stream *s = stream_of(h, frame->hd.stream_id);
  if (!s || !h->reading) return 0;
  s->head_bytes += (uint32_t)(name_len + value_len + OVERHEAD);
  if (s->head_bytes > h->http->head_bytes_max) {
    s->refusal = REFUSED_HEAD_LONG;
    if (s->head_bytes > (uint64_t)h->http->head_bytes_max * PATIENCE) calm(h);
    return 0;
  }
  struct span n = arena_copy(h->reading_arena, span_from(name, name_len));
  struct span v = arena_copy(h->reading_arena, span_from(value, value_len));
  if (!n.at || !v.at) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  if (name_len && name[0] == ':')
    take_pseudo(s, h->reading, n, v);
  else if (!header_is_value(v))
    s->refusal = REFUSED_HEADER_VALUE;
  else if (!message_add(h->reading, h->reading_arena, n, v, h->http->header_count_max))
    s->refusal = REFUSED_HEADERS_MANY;
  return 0;
}

static enum refusal judge_head(struct h2 *h, struct message *m, bool end) {
  m->http2 = true;
  m->minor = 1;
  if (m->protocol.at && !span_eq_nocase(m->protocol, SPAN("websocket"))) return REFUSED_UPGRADE_BAD;
  m->body = end ? BODY_NONE : m->protocol.at ? BODY_TUNNEL : BODY_CHUNKED;
  struct span target = m->path, authority = m->authority;
  m->path = span_from(NULL, 0);
  enum refusal why =
      target.at || !message_is(m, SPAN("CONNECT")) ? gate_target(m, target, h->http) : REFUSED_NONE;
  if (!why && !span_eq(m->authority, authority)) why = REFUSED_TARGET; /* :path is never absolute */
  return why ? why : gate_request(m, h->reading_arena);
}

static void head_is_whole(struct h2 *h, struct h2_stream *s, bool end) {
  struct message *m = h->reading;
  h->reading = NULL;
  h->reading_stream = NULL;
  if (!s->refusal) s->refusal = judge_head(h, m, end);
  h->events->head(s, end);
}

static void trailers_are_whole(struct h2 *h, struct h2_stream *s) {
  struct message *trailers = h->reading;
  h->reading = NULL;
  h->reading_stream = NULL;
  unsigned kept = 0;
  for (unsigned i = 0; trailers && i < trailers->header_count; i++) {
    if (gate_trailer_allowed(&trailers->headers[i]))
      trailers->headers[kept++] = trailers->headers[i];
  }
  if (trailers) trailers->header_count = kept;
  h->events->end(s, kept ? trailers : NULL);
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user) {
  struct h2 *h = user;
  bool end = frame->hd.flags & NGHTTP2_FLAG_END_STREAM;
  struct h2_stream *s = frame->hd.stream_id ? stream_of(h, frame->hd.stream_id) : NULL;
  if (frame->hd.type == NGHTTP2_RST_STREAM) return charge(h, &h->resets);
  if (!s) return 0;
  if (frame->hd.type == NGHTTP2_HEADERS) {
    if (frame->headers.cat == NGHTTP2_HCAT_REQUEST)
      head_is_whole(h, s, end);
    else if (end)
      trailers_are_whole(h, s);
  } else if (frame->hd.type == NGHTTP2_DATA && !end) {
    bool padding_alone = frame->data.padlen > 0 && frame->hd.length == frame->data.padlen;
    return padding_alone ? charge(h, &h->control) : 0;
  } else if (frame->hd.type == NGHTTP2_DATA) {
    h->events->end(s, NULL);
  }
  return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *data,
                   size_t len, void *user) {
  struct h2 *h = user;
  struct h2_stream *s = stream_of(h, id);
  if (s)
    h->events->body(s, span_from(data, len));
  else
    nghttp2_session_consume_connection(session,
                                       len); /* nobody waits for it: give the window back */
  return 0;
}

static int on_close(nghttp2_session *session, int32_t id, uint32_t code, void *user) {
  struct h2 *h = user;
  struct h2_stream *s = stream_of(h, id);
  if (!s) return 0;
  nghttp2_session_set_stream_user_data(session, id, NULL);
  h->streams--;
  s->closed = true;
  if (h->reading_stream == s) {
    h->reading = NULL;
    h->reading_stream = NULL;
  }
  h->events->closed(s, code);
  return 0;
}

/* Frames of unknown types are ignored (RFC 9113 §5.5), but nghttp2 shows them to on_begin_frame only when
 * somebody asked for their type. */
enum { FIRST_UNKNOWN_TYPE = 0x0a };

static int on_unknown_frame(nghttp2_session *session, void **payload, const nghttp2_frame_hd *hd,
                            void *user) {
  return NGHTTP2_ERR_CANCEL;
}

/* ---- the session ---- */

static int make_session(struct h2 *h) {
  nghttp2_session_callbacks *cb;
  nghttp2_option *option;
  if (nghttp2_session_callbacks_new(&cb)) return ERR_MEMORY;
  if (nghttp2_option_new(&option)) {
    nghttp2_session_callbacks_del(cb);
    return ERR_MEMORY;
  }
  nghttp2_session_callbacks_set_on_begin_frame_callback(cb, on_begin_frame);
  nghttp2_session_callbacks_set_on_begin_headers_callback(cb, on_begin_headers);
  nghttp2_session_callbacks_set_on_header_callback(cb, on_header);
  nghttp2_session_callbacks_set_on_frame_recv_callback(cb, on_frame);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(cb, on_data);
  nghttp2_session_callbacks_set_on_stream_close_callback(cb, on_close);
  nghttp2_session_callbacks_set_on_frame_send_callback(cb, on_frame_send);
  nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(cb, on_invalid_frame);
  nghttp2_session_callbacks_set_unpack_extension_callback(cb, on_unknown_frame);
  h2_send_callbacks(cb);
  nghttp2_option_set_no_auto_window_update(option, 1);
  for (unsigned type = FIRST_UNKNOWN_TYPE; type <= UINT8_MAX; type++) {
    nghttp2_option_set_user_recv_extension_type(option, (uint8_t)type);
  }
  /* Its own bound on unsent acknowledgements ends a connection without a word: our allowance comes first. */
  nghttp2_option_set_max_outbound_ack(option, OUTBOUND_ACK_MAX);
  int code = nghttp2_session_server_new3(&h->session, cb, h, option, h2_memory());
  nghttp2_option_del(option);
  nghttp2_session_callbacks_del(cb);
  return err_from_nghttp2(code);
}

static int send_settings(struct h2 *h, const struct h2_bounds *b) {
  const nghttp2_settings_entry settings[] = {
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, b->streams_max},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, b->stream_window_bytes},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, h->http->head_bytes_max},
      {NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1},
  };
  int code = nghttp2_submit_settings(h->session, NGHTTP2_FLAG_NONE, settings,
                                     sizeof(settings) / sizeof(settings[0]));
  if (!code) {
    code = nghttp2_session_set_local_window_size(h->session, NGHTTP2_FLAG_NONE, 0,
                                                 (int32_t)b->connection_window_bytes);
  }
  return err_from_nghttp2(code);
}

struct h2 *h2_new(void *owner, const struct h2_events *events, const struct http_bounds *http,
                  const struct h2_bounds *bounds, mono_ms now) {
  struct h2 *h = calloc(1, sizeof(*h));
  if (!h) return NULL;
  h->owner = owner;
  h->events = events;
  h->http = http;
  h->now = now;
  h->update_credit = UPDATES_AT_START;
  bucket_init(&h->resets, bounds->resets_burst, bounds->resets_per_second, now);
  bucket_init(&h->control, bounds->control_burst, bounds->control_per_second, now);
  if (make_session(h) || send_settings(h, bounds)) h2_free(&h);
  return h;
}

void h2_free(struct h2 **h) {
  if (!*h) return;
  if ((*h)->session) nghttp2_session_del((*h)->session);
  free(*h);
  *h = NULL;
}

int h2_feed(struct h2 *h, struct span bytes, mono_ms now) {
  h->now = now;
  ssize_t took = nghttp2_session_mem_recv(h->session, (const uint8_t *)bytes.at, bytes.len);
  if (took < 0) {
    if (took != NGHTTP2_ERR_NOMEM && took != NGHTTP2_ERR_BAD_CLIENT_MAGIC) calm(h);
    return err_from_nghttp2((int)took);
  }
  require((size_t)took == bytes.len);
  return h->abused ? ERR_PROTOCOL : OK;
}

bool h2_done(struct h2 *h) {
  return !nghttp2_session_want_read(h->session) && !nghttp2_session_want_write(h->session);
}

bool h2_wants_write(struct h2 *h) {
  return nghttp2_session_want_write(h->session);
}

uint32_t h2_streams(const struct h2 *h) {
  return h->streams;
}

bool h2_abused(const struct h2 *h) {
  return h->abused;
}
