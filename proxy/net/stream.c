// SPDX-License-Identifier: Apache-2.0
#include "proxy/net/stream.h"

#include "proxy/net/socket.h"
#include "rules/base/err.h"
#include "rules/base/require.h"

#include <sys/socket.h>

static struct stream *stream_of(struct watch *w) {
  return LIST_OF(w, struct stream, watch);
}

static void update_wanted(struct stream *s) {
  unsigned wanted = (s->reading ? WATCH_READ : 0) | (stream_clear(s) ? 0 : WATCH_WRITE);
  watch_want(&s->watch, wanted);
}

static void break_off(struct stream *s) {
  s->broken = true;
  buf_fini(&s->unsent);
  update_wanted(s);
}

/* Sends what was kept. Memory goes back when all of it left. */
static void send_unsent(struct stream *s) {
  ssize_t sent = socket_send(s->watch.fd, buf_span(&s->unsent));
  if (sent == ERR_AGAIN) return;
  if (sent < 0) {
    break_off(s);
    return;
  }
  s->bytes_sent += (uint64_t)sent;
  buf_skip(&s->unsent, (size_t)sent);
  if (stream_clear(s)) buf_fini(&s->unsent);
}

static void on_ready(struct watch *w, unsigned events) {
  struct stream *s = stream_of(w);
  if (events & WATCH_WRITE && !stream_clear(s)) {
    send_unsent(s);
    if (stream_clear(s) && s->finished && !s->broken) shutdown(w->fd, SHUT_WR);
    if (!stream_clear(s)) events &= ~(unsigned)WATCH_WRITE;
  }
  update_wanted(s);
  if (events) s->ready(s, events);
}

static void read_again(struct task *t) {
  struct stream *s = LIST_OF(t, struct stream, again);
  if (s->reading) s->ready(s, WATCH_READ);
}

int stream_open(struct stream *s, struct loop *l, int fd,
                void (*ready)(struct stream *, unsigned events)) {
  *s = (struct stream){.ready = ready, .burst = STREAM_BURST_MIN, .again.run = read_again};
  buf_init(&s->unsent, STREAM_UNSENT_MAX);
  return watch_open(&s->watch, l, fd, on_ready);
}

void stream_want_read(struct stream *s, bool wanted) {
  if (wanted == s->reading) return;
  s->reading = wanted;
  update_wanted(s);
  if (wanted && s->layer && s->layer->held(s)) loop_defer(s->watch.loop, &s->again);
}

ssize_t stream_socket_read(struct stream *s, char *into, size_t room) {
  ssize_t got = socket_read(s->watch.fd, into, room);
  s->drained = got < 0 || (size_t)got < room;
  return got;
}

ssize_t stream_read(struct stream *s, char *into, size_t room) {
  if (!s->layer) return stream_socket_read(s, into, room);
  ssize_t got = s->layer->read(s, into, room);
  if (got > 0 && s->layer->held(s)) loop_defer(s->watch.loop, &s->again);
  return got;
}

void stream_cork(struct stream *s, struct span bytes) {
  struct loop *l = s->watch.loop;
  if (s->broken) return;
  if (l->out_len && l->corked != s) stream_flush(l->corked);
  l->corked = s;
  if (!stream_clear(s) || l->out_len + bytes.len > LOOP_OUT_BYTES) {
    /* Only a layer's own small messages come here: writes wait until all is sent. */
    stream_flush(s);
    if (!buf_put(&s->unsent, bytes)) break_off(s);
    return;
  }
  memcpy(l->out + l->out_len, bytes.at, bytes.len);
  l->out_len += bytes.len;
}

static void keep(struct stream *s, struct span rest) {
  s->burst = STREAM_BURST_MIN;
  if (!buf_put(&s->unsent, rest)) break_off(s);
}

static void send_now(struct stream *s, struct span bytes) {
  ssize_t sent = socket_send(s->watch.fd, bytes);
  if (sent < 0 && sent != ERR_AGAIN) {
    break_off(s);
    return;
  }
  size_t taken = sent > 0 ? (size_t)sent : 0;
  s->bytes_sent += taken;
  if (taken < bytes.len)
    keep(s, span_skip(bytes, taken));
  else if (bytes.len >= s->burst && s->burst < STREAM_BURST_MAX)
    s->burst *= 2;
}

void stream_flush(struct stream *s) {
  struct loop *l = s->watch.loop;
  if (l->out_len == 0 || l->corked != s) return;
  struct span corked = span_from(l->out, l->out_len);
  l->out_len = 0;
  if (s->broken) return;
  if (stream_clear(s))
    send_now(s, corked);
  else if (!buf_put(&s->unsent, corked))
    break_off(s);
  update_wanted(s);
}

size_t stream_write(struct stream *s, struct span bytes) {
  if (s->broken) return bytes.len;
  if (!stream_clear(s) || s->finished) return 0;
  if (bytes.len > s->burst) bytes.len = s->burst;
  if (s->layer) {
    struct loop *l = s->watch.loop;
    if (l->out_len + bytes.len + bytes.len / 32 + 1024 > LOOP_OUT_BYTES) {
      stream_flush(s);
      if (!stream_clear(s)) return 0;
    }
    if (s->layer->write(s, bytes) < 0) break_off(s);
    return bytes.len;
  }
  send_now(s, bytes);
  update_wanted(s);
  return bytes.len;
}

void stream_finish(struct stream *s) {
  if (s->finished || s->broken) return;
  if (s->layer) {
    s->layer->finish(s);
    stream_flush(s);
  }
  s->finished = true;
  if (stream_clear(s) && !s->broken) shutdown(s->watch.fd, SHUT_WR);
}

static void on_closed(struct watch *w) {
  struct stream *s = stream_of(w);
  s->closed(s);
}

void stream_close(struct stream *s, void (*closed)(struct stream *)) {
  if (s->watch.loop->corked == s) s->watch.loop->out_len = 0;
  s->closed = closed;
  list_remove(&s->again.node);
  if (s->layer) s->layer->free(s);
  s->layer = NULL;
  buf_fini(&s->unsent);
  s->broken = true;
  watch_close(&s->watch, on_closed);
}
