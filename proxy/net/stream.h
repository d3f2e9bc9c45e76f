// SPDX-License-Identifier: Apache-2.0
/** A connected byte stream, plain or under a layer (proxy/tls). Pulled, not pushed: the owner is told that the
 *  stream is ready, reads when it wants to and writes what there is room for; what it does not read waits in the
 *  kernel, and so the peer is slowed. Writes of one turn are corked in the loop's buffer and leave with one
 *  system call (stream_flush).
 *
 *  Bound: a write is taken only when nothing is unsent, and at most `burst` bytes of it, so one stream keeps at
 *  most one burst and its TLS overhead in memory. A burst begins at 16 KiB, doubles to 128 KiB with each whole
 *  one that the socket took, and falls back when the socket was full: a slow reader costs little, a fast one few
 *  system calls.
 *
 *  The loop's thread only. The owner embeds the struct and frees it in `closed`. */
#ifndef PROXY_NET_STREAM_H
#define PROXY_NET_STREAM_H

#include "proxy/net/watch.h"
#include "rules/base/buf.h"

#include <sys/types.h>

struct stream;

/** What a layer does in place of the socket. Members MUST NOT close the stream. */
struct stream_layer {
  ssize_t (*read)(struct stream *, char *into, size_t room);
  ssize_t (*write)(struct stream *, struct span bytes); /* through stream_cork; takes all of it */
  bool (*held)(struct stream *);   /* bytes are inside that no readiness will announce */
  void (*finish)(struct stream *); /* say goodbye, through stream_cork */
  void (*free)(struct stream *);
};

enum { STREAM_BURST_MIN = 16384, STREAM_BURST_MAX = 131072, STREAM_UNSENT_MAX = 262144 };

struct stream {
  struct watch watch;
  const struct stream_layer *layer; /* NULL: plain */
  void *state;                      /* the layer's */
  void (*ready)(struct stream *, unsigned events);
  void (*closed)(struct stream *);
  struct task again; /* reads on when a layer holds bytes */
  struct buf unsent;
  uint32_t burst;
  uint64_t bytes_sent;
  bool drained; /* the last read of the socket took all there was */
  bool reading; /* the owner wants to read */
  bool
      broken; /* writing failed: all further writes vanish, the owner learns by reading or by asking */
  bool finished; /* stream_finish was called */
};

/** Takes `fd` over when it answers OK. Nothing is watched before stream_want_read or a write that waits. */
int stream_open(struct stream *s, struct loop *l, int fd,
                void (*ready)(struct stream *, unsigned events));

void stream_want_read(struct stream *s, bool wanted);

/** Bytes (> 0), ERR_AGAIN, ERR_CLOSED at the end, or what broke it. */
ssize_t stream_read(struct stream *s, char *into, size_t room);

/** Bytes taken, at once or not: 0 when it is full (`ready` with WATCH_WRITE follows). Flush when the turn's
 *  writing is done. */
size_t stream_write(struct stream *s, struct span bytes);
void stream_flush(struct stream *s);

/** All that was written has left. */
static inline bool stream_clear(const struct stream *s) {
  return buf_len(&s->unsent) == 0;
}

/** No more will be written: sends what a layer says at the end, then closes our direction. Reading goes on. */
void stream_finish(struct stream *s);

/** Now. What is unsent is lost; `closed` follows in a later turn. */
void stream_close(struct stream *s, void (*closed)(struct stream *));

/** For layers: bytes for the socket, kept until stream_flush. */
void stream_cork(struct stream *s, struct span bytes);
/** For layers: the socket itself. */
ssize_t stream_socket_read(struct stream *s, char *into, size_t room);

#endif
