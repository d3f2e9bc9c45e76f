// SPDX-License-Identifier: Apache-2.0
#include "proxy/admin/visit.h"

#include "proxy/admin/pages.h"
#include "rules/base/err.h"

static const struct http_bounds BOUNDS = {
    .head_bytes_max = VISIT_HEAD_MAX,
    .header_count_max = 64,
    .url_bytes_max = 1024,
};

static void on_closed(struct stream *s) {
  struct visit *v = LIST_OF(s, struct visit, stream);
  v->over(v);
}

void visit_close(struct visit *v) {
  if (v->closing) return;
  v->closing = true;
  deadline_clear(&v->deadline);
  buf_fini(&v->in);
  buf_fini(&v->out);
  stream_close(&v->stream, on_closed);
}

static void on_expired(struct deadline *d) {
  visit_close(LIST_OF(d, struct visit, deadline));
}

/* Writes what there is room for. Then says goodbye and lets the peer close first: closing with unread bytes would
 * reset the connection, and the answer with it. */
static void pump(struct visit *v) {
  size_t taken = 1;
  while (buf_len(&v->out) && taken) {
    taken = stream_write(&v->stream, buf_span(&v->out));
    buf_skip(&v->out, taken);
  }
  if (v->answered && buf_len(&v->out) == 0) stream_finish(&v->stream);
  bool sent = v->answered && buf_len(&v->out) == 0 && stream_clear(&v->stream);
  if (v->stream.broken || (sent && v->peer_ended)) visit_close(v);
}

static void answer(struct visit *v) {
  char first[2048];
  struct arena arena;
  struct message request = {0};
  struct overview look = {0};
  arena_init(&arena, first, sizeof(first), 1 << 16);
  struct span head = span_from(buf_span(&v->in).at + v->scan.skipped, v->scan.at - v->scan.skipped);
  enum refusal why = h1_request(head, &request, &arena, &BOUNDS);
  v->source.look(v->source.owner, &look);
  bool made = why ? pages_refuse(&v->out, why) : pages_answer(&v->out, &request, &look);
  arena_fini(&arena);
  v->answered = true;
  if (!made) visit_close(v);
}

static void take(struct visit *v, struct span bytes) {
  enum refusal why = REFUSED_NONE;
  if (v->answered)
    return; /* what follows the request is read and forgotten until the peer closes */
  if (!buf_put(&v->in, bytes)) {
    visit_close(v);
    return;
  }
  switch (h1_scan(&v->scan, buf_span(&v->in), VISIT_HEAD_MAX, &why)) {
  case H1_MORE: return;
  case H1_HEAD: answer(v); return;
  case H1_REFUSED:
    v->answered = true;
    if (!pages_refuse(&v->out, why)) visit_close(v);
  }
}

static void on_ready(struct stream *s, unsigned events) {
  struct visit *v = LIST_OF(s, struct visit, stream);
  if (events & WATCH_READ) {
    size_t room = v->answered ? LOOP_IN_BYTES : VISIT_HEAD_MAX - buf_len(&v->in);
    ssize_t got = stream_read(s, s->watch.loop->in, room);
    if (got > 0) {
      take(v, span_from(s->watch.loop->in, (size_t)got));
    } else if (got != ERR_AGAIN) {
      v->peer_ended = true;
      stream_want_read(s, false);
      if (got != ERR_CLOSED || !v->answered) visit_close(v);
    }
  }
  if (!v->closing) pump(v);
}

int visit_open(struct visit *v, struct loop *l, int fd) {
  int err = stream_open(&v->stream, l, fd, on_ready);
  if (err) return err;
  buf_init(&v->in, VISIT_HEAD_MAX);
  buf_init(&v->out, PAGES_BYTES_MAX);
  v->deadline.expired = on_expired;
  stream_want_read(&v->stream, true);
  loop_deadline(l, &v->deadline, VISIT_MS);
  return OK;
}
