// SPDX-License-Identifier: Apache-2.0
#include "proxy/admin/caller.h"

#include "proxy/admin/pages.h"
#include "rules/base/err.h"

static const struct http_bounds BOUNDS = {
    .head_bytes_max = CALLER_HEAD_MAX,
    .header_count_max = 64,
    .url_bytes_max = 1024,
};

static void on_closed(struct stream *s) {
  struct caller *c = LIST_OF(s, struct caller, stream);
  c->over(c);
}

void caller_close(struct caller *c) {
  if (c->closing) return;
  c->closing = true;
  deadline_clear(&c->deadline);
  buf_fini(&c->in);
  buf_fini(&c->out);
  stream_close(&c->stream, on_closed);
}

static void on_expired(struct deadline *d) {
  caller_close(LIST_OF(d, struct caller, deadline));
}

/* Writes what there is room for. Then says goodbye and lets the peer close first: closing with unread bytes would
 * reset the connection, and the answer with it. */
static void pump(struct caller *c) {
  size_t taken = 1;
  while (buf_len(&c->out) && taken) {
    taken = stream_write(&c->stream, buf_span(&c->out));
    buf_skip(&c->out, taken);
  }
  if (c->answered && buf_len(&c->out) == 0) stream_finish(&c->stream);
  bool sent = c->answered && buf_len(&c->out) == 0 && stream_clear(&c->stream);
  if (c->stream.broken || (sent && c->peer_ended)) caller_close(c);
}

static void answer(struct caller *c) {
  char first[2048];
  struct arena arena;
  struct message request = {0};
  struct overview look = {0};
  arena_init(&arena, first, sizeof(first), 1 << 16);
  struct span head = span_from(buf_span(&c->in).at + c->scan.skipped, c->scan.at - c->scan.skipped);
  enum refusal why = h1_request(head, &request, &arena, &BOUNDS);
  c->source.look(c->source.owner, &look);
  bool made = why ? pages_refuse(&c->out, why) : pages_answer(&c->out, &request, &look);
  arena_fini(&arena);
  c->answered = true;
  if (!made) caller_close(c);
}

static void take(struct caller *c, struct span bytes) {
  enum refusal why = REFUSED_NONE;
  if (c->answered)
    return; /* what follows the request is read and forgotten until the peer closes */
  if (!buf_put(&c->in, bytes)) {
    caller_close(c);
    return;
  }
  switch (h1_scan(&c->scan, buf_span(&c->in), CALLER_HEAD_MAX, &why)) {
  case H1_MORE: return;
  case H1_HEAD: answer(c); return;
  case H1_REFUSED:
    c->answered = true;
    if (!pages_refuse(&c->out, why)) caller_close(c);
  }
}

static void on_ready(struct stream *s, unsigned events) {
  struct caller *c = LIST_OF(s, struct caller, stream);
  if (events & WATCH_READ) {
    size_t room = c->answered ? LOOP_IN_BYTES : CALLER_HEAD_MAX - buf_len(&c->in);
    ssize_t got = stream_read(s, s->watch.loop->in, room);
    if (got > 0) {
      take(c, span_from(s->watch.loop->in, (size_t)got));
    } else if (got != ERR_AGAIN) {
      c->peer_ended = true;
      stream_want_read(s, false);
      if (got != ERR_CLOSED || !c->answered) caller_close(c);
    }
  }
  if (!c->closing) pump(c);
}

int caller_open(struct caller *c, struct loop *l, int fd) {
  int err = stream_open(&c->stream, l, fd, on_ready);
  if (err) return err;
  buf_init(&c->in, CALLER_HEAD_MAX);
  buf_init(&c->out, PAGES_BYTES_MAX);
  c->deadline.expired = on_expired;
  stream_want_read(&c->stream, true);
  loop_deadline(l, &c->deadline, CALLER_MS);
  return OK;
}
