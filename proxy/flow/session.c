// SPDX-License-Identifier: Apache-2.0
#include "proxy/flow/session.h"

#include "proxy/flow/front.h"
#include "proxy/flow/strike.h"
#include "proxy/net/proxy_protocol.h"
#include "proxy/net/socket.h"
#include "proxy/tls/connection.h"
#include "rules/base/err.h"
#include "rules/base/log.h"
#include "rules/base/require.h"

#include <stdlib.h>
#include <unistd.h>

/* How long a finished connection waits for the client's own end, so that it reads our last bytes before a reset. */
enum { LINGER_MS = 2000, LINGER_BYTES = 64 << 20 };

static struct session *session_of(struct stream *s) {
  return LIST_OF(s, struct session, stream);
}

static void set_state(struct session *s, enum session_state next) {
  static const unsigned EDGES[] = {
#define X(name, next) next,
    SESSION_STATE_TABLE(X)
#undef X
  };
  require(EDGES[s->state] & 1u << next);
  s->state = next;
}

void session_deadline(struct session *s, mono_ms in_ms) {
  loop_deadline(s->flow->loop, &s->deadline, in_ms);
}

void session_flush_later(struct session *s) {
  loop_defer(s->flow->loop, &s->flush);
}

/* ---- the end ---- */

static void on_closed(struct stream *stream) {
  struct session *s = session_of(stream);
  struct flow *f = s->flow;
  list_remove(&s->node);
  f->session_count--;
  counters_add(&f->loop->counters, COUNTER_connections_open, -1);
  free(s);
}

void session_close(struct session *s) {
  if (s->state == SESSION_CLOSING) return;
  set_state(s, SESSION_CLOSING);
  deadline_clear(&s->deadline);
  list_remove(&s->flush.node);
  free(s->h2);
  s->h2 = NULL;
  if (s->front && s->front_state) s->front->free(s);
  buf_fini(&s->early);
  if (s->counted) client_table_leave(&s->flow->clients, &s->peer);
  stream_flush(&s->stream);
  stream_close(&s->stream, on_closed);
}

void session_cut(struct session *s) {
  if (s->state != SESSION_CLOSING) socket_linger_none(s->stream.watch.fd);
  session_close(s);
}

void session_doom(struct session *s) {
  s->doomed = true;
  session_flush_later(s);
}

void session_finish(struct session *s) {
  if (s->state == SESSION_CLOSING || s->state == SESSION_FINISHING) return;
  if (s->state != SESSION_HTTP) {
    session_close(s);
    return;
  }
  set_state(s, SESSION_FINISHING);
  stream_finish(&s->stream);
  stream_want_read(&s->stream, true);
  session_deadline(s, LINGER_MS);
}

static void count_and_close(struct session *s, enum counter why) {
  flow_count(s->flow, why);
  if (why == COUNTER_closed_slow) strike(s, STRIKE_SLOW);
  if (why == COUNTER_closed_proxy_header) strike(s, STRIKE_PROXY_HEADER);
  session_close(s);
}

/* ---- deadlines ---- */

static void on_expired(struct deadline *d) {
  struct session *s = LIST_OF(d, struct session, deadline);
  switch (s->state) {
  case SESSION_PROXY_HEADER:
  case SESSION_HANDSHAKE: count_and_close(s, COUNTER_closed_slow); break;
  case SESSION_HTTP: s->front->expired(s); break;
  case SESSION_FINISHING: session_close(s); break;
  case SESSION_CLOSING: break;
  }
}

/* ---- the beginning ---- */

static void open_front(struct session *s, const struct front *front, struct span first) {
  set_state(s, SESSION_HTTP);
  s->front = front;
  if (front->open(s)) {
    session_close(s);
    return;
  }
  if (s->flow->draining) front->drain(s);
  if (first.len && s->state == SESSION_HTTP) front->feed(s, first);
}

static void go_on_with_handshake(struct session *s) {
  bool plain_http = false;
  int err = tls_handshake(&s->stream, &plain_http);
  if (err == ERR_AGAIN) return;
  if (err) {
    log_debug("TLS handshake failed: %s", tls_reason(&s->stream));
    count_and_close(s, COUNTER_closed_handshake);
    return;
  }
  struct tls_facts facts = tls_facts(&s->stream);
  flow_count(s->flow, facts.resumed ? COUNTER_handshakes_resumed : COUNTER_handshakes_full);
  open_front(s, facts.protocol == TLS_H2 ? &FRONT_H2 : &FRONT_H1, span_from(NULL, 0));
  /* A request that came with the client's last flight is inside already. */
  if (s->state == SESSION_HTTP && s->stream.layer->held(&s->stream))
    loop_defer(s->flow->loop, &s->stream.again);
}

/* What was read behind a PROXY header belongs to what follows it. */
static void begin(struct session *s, struct span first) {
  if (!s->terms->tls) {
    open_front(s, &FRONT_H1, first);
    return;
  }
  s->tls = true;
  set_state(s, SESSION_HANDSHAKE);
  session_deadline(s, (mono_ms)s->flow->setup->timeouts.handshake);
  if (!s->flow->tls || tls_accept(&s->stream, s->flow->tls, s, first))
    session_close(s);
  else if (first.len)
    go_on_with_handshake(s);
}

static bool admit_client(struct session *s) {
  struct flow *f = s->flow;
  if (f->oracle.banned && f->oracle.banned(f->oracle.owner, &s->client, loop_real(f->loop))) {
    flow_count(f, COUNTER_closed_banned);
    return false;
  }
  return true;
}

static void take_proxy_header(struct session *s, struct span bytes) {
  struct proxy_header header;
  long took = proxy_header_parse(bytes, &header);
  if (took == ERR_AGAIN) return;
  if (took < 0) {
    count_and_close(s, COUNTER_closed_proxy_header);
    return;
  }
  if (!header.local) {
    s->client = header.from;
    s->port = header.port;
  }
  struct buf early = s->early;
  s->early = (struct buf){0};
  if (admit_client(s))
    begin(s, span_skip(bytes, (size_t)took));
  else
    session_close(s);
  buf_fini(&early);
}

static void read_proxy_header(struct session *s) {
  struct loop *l = s->flow->loop;
  if (s->early.bytes_max == 0) buf_init(&s->early, PROXY_HEADER_MAX * 2);
  ssize_t got = stream_read(&s->stream, l->in, PROXY_HEADER_MAX);
  if (got == ERR_AGAIN) return;
  if (got < 0 || !buf_put(&s->early, span_from(l->in, (size_t)got)))
    session_close(s);
  else
    take_proxy_header(s, buf_span(&s->early));
}

static void on_readable(struct session *s) {
  struct loop *l = s->flow->loop;
  ssize_t got = stream_read(&s->stream, l->in, LOOP_IN_BYTES);
  if (got == ERR_AGAIN) return;
  if (s->state == SESSION_FINISHING) {
    /* What still comes is read and forgotten, up to a bound. */
    if (got < 0 || (size_t)got >= s->linger_bytes)
      session_close(s);
    else
      s->linger_bytes -= (uint32_t)got;
    return;
  }
  if (got > 0)
    s->front->feed(s, span_from(l->in, (size_t)got));
  else if (got == ERR_CLOSED)
    s->front->ended(s);
  else
    session_close(s);
}

static void on_ready(struct stream *stream, unsigned events) {
  struct session *s = session_of(stream);
  if (s->state == SESSION_PROXY_HEADER) {
    read_proxy_header(s);
    return;
  }
  if (s->state == SESSION_HANDSHAKE) {
    go_on_with_handshake(s);
    return;
  }
  if (s->state == SESSION_HTTP && events & WATCH_WRITE) s->front->flush(s);
  if (events & WATCH_READ && (s->state == SESSION_HTTP || s->state == SESSION_FINISHING))
    on_readable(s);
}

static void on_flush(struct task *t) {
  struct session *s = LIST_OF(t, struct session, flush);
  if (s->doomed)
    session_cut(s);
  else if (s->state == SESSION_HTTP)
    s->front->flush(s);
}

static bool within_bounds(struct flow *f, const struct addr *peer, bool *counted) {
  const struct limits *limits = &f->setup->limits;
  /* A balancer that we trust carries many clients: it is not counted as one. */
  if (setup_trusts(f->setup, peer)) return true;
  uint32_t now = client_table_enter(&f->clients, peer);
  *counted = now > 0;
  if (now <= limits->connections_per_client_max) return true;
  client_table_leave(&f->clients, peer);
  *counted = false;
  flow_count(f, COUNTER_closed_client_bound);
  return false;
}

void session_accept(struct flow *f, const struct session_terms *terms, int fd,
                    const struct addr *peer, uint16_t port) {
  bool counted = false;
  flow_count(f, COUNTER_connections);
  bool banned = f->oracle.banned && f->oracle.banned(f->oracle.owner, peer, loop_real(f->loop));
  if (banned) flow_count(f, COUNTER_closed_banned);
  struct session *s = NULL;
  if (!banned && within_bounds(f, peer, &counted)) s = calloc(1, sizeof(*s));
  if (!s || stream_open(&s->stream, f->loop, fd, on_ready)) {
    if (counted) client_table_leave(&f->clients, peer);
    if (banned) socket_linger_none(fd);
    free(s);
    close(fd);
    return;
  }
  s->flow = f;
  s->terms = terms;
  s->peer = s->client = *peer;
  s->port = port;
  s->counted = counted;
  s->linger_bytes = LINGER_BYTES;
  s->deadline.expired = on_expired;
  s->flush.run = on_flush;
  list_push(&f->sessions, &s->node);
  f->session_count++;
  flow_count(f, COUNTER_connections_open);
  session_deadline(s, (mono_ms)f->setup->timeouts.handshake);
  stream_want_read(&s->stream, true);
  bool unix_peer = addr_eq(peer, &(struct addr){0});
  if (terms->proxy_protocol && !unix_peer && !setup_trusts(f->setup, peer)) {
    count_and_close(s, COUNTER_closed_proxy_header);
  } else if (!terms->proxy_protocol) {
    begin(s, span_from(NULL, 0));
  }
}
