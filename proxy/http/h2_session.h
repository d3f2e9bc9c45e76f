// SPDX-License-Identifier: Apache-2.0
/** What h2.c (receiving) and h2_send.c (sending) share. For proxy/http only. */
#ifndef PROXY_HTTP_H2_SESSION_H
#define PROXY_HTTP_H2_SESSION_H

#include "proxy/http/h2.h"

#include <nghttp2/nghttp2.h>

/* A client may answer each data frame with an update of the stream and one of the connection. */
enum { UPDATES_PER_FRAME = 2, UPDATES_PER_STREAM = 2, UPDATES_AT_START = 64 };

struct h2 {
  nghttp2_session *session;
  void *owner;
  const struct h2_events *events;
  const struct http_bounds *http;
  struct bucket resets, control;
  mono_ms now;
  uint32_t streams;
  int32_t last_id;        /* of the requests so far */
  uint32_t update_credit; /* window updates that are ordinary after what was sent */
  bool abused;
  struct message *
      reading; /* of the head that is being received; a head is never interleaved (RFC 9113 §4.3) */
  struct arena *reading_arena;
  struct h2_stream *reading_stream;
};

int err_from_nghttp2(int code);
/** nghttp2 keeps a 16 KiB frame buffer for each session and writes only heads to its front, as bodies go by
 *  send_data. What malloc hands out for it was OpenSSL's a moment ago and is all resident, so the pages that it
 *  fills go back to the kernel: 12 KiB less for each idle connection. */
nghttp2_mem *h2_memory(void);

void h2_send_callbacks(nghttp2_session_callbacks *cb);

#endif
