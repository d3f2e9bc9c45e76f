// SPDX-License-Identifier: Apache-2.0
#include "proxy/demo/visit.h"

#include "proxy/demo/frame.h"
#include "proxy/demo/site.h"
#include "rules/base/err.h"

#include <stdio.h>

static const struct http_bounds BOUNDS = {
    .head_bytes_max = VISIT_HEAD_MAX,
    .header_count_max = 256,
    .url_bytes_max = 16384,
    .chunk_extension_bytes_max = 256,
    .trailer_bytes_max = 8192,
};

static void wait_for(struct visit *v, mono_ms ms) {
  loop_deadline(v->stream.watch.loop, &v->deadline, ms);
}

static void on_closed(struct stream *s) {
  struct visit *v = LIST_OF(s, struct visit, stream);
  buf_fini(&v->in);
  buf_fini(&v->out);
  arena_fini(&v->arena);
  v->gone(v);
}

void visit_close(struct visit *v) {
  if (v->state == VISIT_CLOSING) return;
  v->state = VISIT_CLOSING;
  explicit_bzero(v->body, sizeof(v->body));
  deadline_clear(&v->deadline);
  stream_close(&v->stream, on_closed);
}

/* ---- the answer ---- */

static bool head_only(const struct visit *v) {
  return message_is(&v->head, SPAN("HEAD"));
}

static void put_framing(struct visit *v, const struct answer *a) {
  struct buf *out = &v->out;
  if (a->way == ANSWER_EVENTS) {
    /* To HTTP/1.0, that knows no chunks, the end of the connection is the end of the events. */
    if (v->head.minor) buf_put_text(out, "Transfer-Encoding: chunked\r\n");
    if (!v->head.minor) v->keep = false;
  } else {
    uint64_t length = a->way == ANSWER_BIG ? VISIT_BIG_BYTES : buf_len(&a->body);
    buf_printf(out, "Content-Length: %llu\r\n", (unsigned long long)length);
  }
  buf_put_text(out, v->keep ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n");
}

static void put_answer(struct visit *v, const struct answer *a) {
  h1_put_status(&v->out, a->status);
  buf_put(&v->out, buf_span(&a->fields));
  put_framing(v, a);
  v->way = head_only(v) ? ANSWER_WHOLE : a->way;
  v->left = v->way == ANSWER_BIG ? VISIT_BIG_BYTES : 0;
  v->events = 0;
  if (!head_only(v)) buf_put(&v->out, buf_span(&a->body));
}

static void make_answer(struct visit *v, enum refusal refusal, struct answer *a) {
  struct loop *l = v->stream.watch.loop;
  struct ask ask = {
      .head = &v->head,
      .raw = v->raw,
      .form = span_from(v->body, v->body_len),
      .now = loop_real(l),
  };
  if (refusal)
    frame_message(a, refusal_status(refusal), "Сұрау түсініксіз", refusal_text(refusal));
  else if (v->body_cut)
    frame_message(a, 413, "Тым ұзын", "Слишком длинно. That is too long for this newsroom.");
  else
    site_answer(v->site, &ask, a);
  if (a->fields.overflow || a->body.overflow) {
    answer_fini(a);
    answer_init(a);
    frame_message(a, 500, "Бет тым үлкен", "Страница не поместилась. The page became too large.");
  }
}

static void pump(struct visit *v);

static void answer(struct visit *v, enum refusal refusal) {
  struct answer a;
  answer_init(&a);
  if (refusal) v->keep = false;
  v->state = VISIT_ANSWER;
  stream_want_read(&v->stream, false);
  make_answer(v, refusal, &a);
  put_answer(v, &a);
  answer_fini(&a);
  explicit_bzero(v->body, sizeof(v->body));
  if (v->way == ANSWER_LATER)
    wait_for(v, VISIT_SLOW_MS);
  else
    pump(v);
}

/* Sends what there is. False: the stream is full, or has broken and is closed. */
static bool send_out(struct visit *v) {
  while (buf_len(&v->out)) {
    size_t sent = stream_write(&v->stream, buf_span(&v->out));
    if (sent == 0) return false;
    buf_skip(&v->out, sent);
    wait_for(v, VISIT_IDLE_MS);
  }
  if (v->stream.broken) visit_close(v);
  return v->state == VISIT_ANSWER && stream_clear(&v->stream);
}

static void more_of_big(struct visit *v) {
  char piece[16384];
  size_t len = v->left < sizeof(piece) ? (size_t)v->left : sizeof(piece);
  memset(piece, 'a' + (int)(v->left / sizeof(piece) % 26), len);
  buf_put(&v->out, span_from(piece, len));
  v->left -= len;
}

static void put_event(struct visit *v) {
  char data[128], now[25];
  clock_format(loop_real(v->stream.watch.loop), now);
  int len = snprintf(data, sizeof(data), "id: %u\nevent: tick\ndata: {\"time\":\"%s\"}\n\n",
                     v->events + 1, now);
  if (v->head.minor) h1_put_chunk_size(&v->out, (size_t)len);
  buf_put(&v->out, span_from(data, (size_t)len));
  if (v->head.minor) buf_put_text(&v->out, "\r\n");
  if (++v->events < VISIT_EVENTS_MAX) return;
  if (v->head.minor) buf_put_text(&v->out, "0\r\n\r\n");
  v->way = ANSWER_WHOLE;
}

static void take(struct visit *v);

static void answered(struct visit *v) {
  arena_fini(&v->arena);
  arena_init(&v->arena, NULL, 0, 4 * VISIT_HEAD_MAX);
  buf_fini(&v->out);
  v->raw = span_from(NULL, 0);
  v->scan = (struct h1_scan){0};
  v->state = v->keep ? VISIT_HEAD : VISIT_ENDING;
  if (!v->keep) stream_finish(&v->stream);
  wait_for(v, v->keep ? VISIT_IDLE_MS : VISIT_ENDING_MS);
  stream_want_read(&v->stream, true);
}

static void pump(struct visit *v) {
  while (send_out(v)) {
    if (v->left) {
      more_of_big(v);
    } else if (v->way == ANSWER_EVENTS) {
      wait_for(v, VISIT_EVENT_MS);
      return;
    } else {
      answered(v);
      return;
    }
  }
}

static void on_deadline(struct deadline *d) {
  struct visit *v = LIST_OF(d, struct visit, deadline);
  bool waits = v->state == VISIT_ANSWER && stream_clear(&v->stream);
  if (waits && v->way == ANSWER_LATER) {
    v->way = ANSWER_WHOLE;
  } else if (waits && v->way == ANSWER_EVENTS) {
    put_event(v);
  } else {
    visit_close(v);
    return;
  }
  pump(v);
  if (v->state == VISIT_HEAD) take(v);
}

/* ---- the request ---- */

static void take_head(struct visit *v) {
  enum refusal why = REFUSED_NONE;
  struct span in = buf_span(&v->in);
  switch (h1_scan(&v->scan, in, BOUNDS.head_bytes_max, &why)) {
  case H1_MORE: return;
  case H1_REFUSED: v->head = (struct message){.minor = 1}; break;
  case H1_HEAD:
    v->raw =
        arena_copy(&v->arena, span_from(in.at + v->scan.skipped, v->scan.at - v->scan.skipped));
    v->head = (struct message){0};
    why = v->raw.at ? h1_request(v->raw, &v->head, &v->arena, &BOUNDS) : REFUSED_HEAD_LONG;
    buf_skip(&v->in, v->scan.at);
    break;
  }
  v->keep = !why && v->head.keep_alive;
  v->body_len = 0;
  v->body_cut = false;
  if (why) {
    answer(v, why);
    return;
  }
  v->state = VISIT_BODY;
  body_init(&v->reader, v->head.body, v->head.length, BOUNDS.chunk_extension_bytes_max,
            BOUNDS.trailer_bytes_max);
  if (v->head.expects_continue) {
    stream_write(&v->stream, SPAN("HTTP/1.1 100 Continue\r\n\r\n"));
  }
}

static void keep_body(struct visit *v, struct span data) {
  size_t room = VISIT_BODY_MAX - v->body_len;
  v->body_cut |= data.len > room;
  size_t len = data.len < room ? data.len : room;
  memcpy(v->body + v->body_len, data.at, len);
  v->body_len += (uint32_t)len;
}

static void take_body(struct visit *v) {
  struct span in = buf_span(&v->in), data;
  enum body_event event;
  do {
    event = v->head.body == BODY_NONE ? BODY_END : body_next(&v->reader, &in, &data);
    if (event == BODY_DATA) keep_body(v, data);
  } while (event == BODY_DATA || event == BODY_TRAILER);
  size_t taken = buf_len(&v->in) - in.len;
  if (taken) explicit_bzero(v->in.at + v->in.start, taken);
  buf_skip(&v->in, taken);
  if (event == BODY_END) answer(v, REFUSED_NONE);
  if (event == BODY_REFUSED) answer(v, v->reader.refusal);
}

/* One request after another, as far as what came reaches. */
static void take(struct visit *v) {
  for (;;) {
    enum visit_state state = v->state;
    uint32_t held = buf_len(&v->in);
    if (state == VISIT_HEAD && held) take_head(v);
    if (state == VISIT_BODY) take_body(v);
    if (v->state > VISIT_BODY) return;
    if (v->state == state && buf_len(&v->in) == held) break;
  }
  if (buf_len(&v->in) == 0) buf_fini(&v->in);
}

static void on_readable(struct visit *v) {
  if (v->state == VISIT_ENDING) buf_reset(&v->in);
  char *room = buf_room(&v->in, LOOP_IN_BYTES / 4);
  ssize_t got = room ? stream_read(&v->stream, room, LOOP_IN_BYTES / 4) : ERR_FULL;
  if (got == ERR_AGAIN) return;
  if (got < 0) {
    visit_close(v);
    return;
  }
  if (v->state == VISIT_ENDING) return;
  buf_added(&v->in, (size_t)got);
  wait_for(v, VISIT_IDLE_MS);
  take(v);
}

static void on_ready(struct stream *s, unsigned events) {
  struct visit *v = LIST_OF(s, struct visit, stream);
  if (v->state == VISIT_CLOSING) return;
  if (v->state == VISIT_ANSWER) {
    if (v->way != ANSWER_LATER) pump(v);
    if (v->state == VISIT_HEAD) take(v);
  } else if (events & WATCH_READ) {
    on_readable(v);
  }
}

int visit_open(struct visit *v, struct loop *l, int fd, struct site *site) {
  *v = (struct visit){.site = site, .deadline.expired = on_deadline};
  buf_init(&v->in, VISIT_IN_MAX);
  buf_init(&v->out, VISIT_OUT_MAX);
  arena_init(&v->arena, NULL, 0, 4 * VISIT_HEAD_MAX);
  int err = stream_open(&v->stream, l, fd, on_ready);
  if (err) return err;
  stream_want_read(&v->stream, true);
  wait_for(v, VISIT_IDLE_MS);
  return OK;
}
