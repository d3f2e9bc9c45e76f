// SPDX-License-Identifier: Apache-2.0
/** Many TLS 1.3 client connections held by one thread on one epoll: what the tools that load a proxy have in common.
 *  A tool is a role: four callbacks that say what to send and when a connection is done. Full handshakes only
 *  (no session is ever resumed), TLS_AES_128_GCM_SHA256, X25519; the server's certificate is not verified, for
 *  tool.h lets connections go to loopback only. */
#ifndef BENCH_SWARM_H
#define BENCH_SWARM_H

#include "rules/base/span.h"

#include <openssl/ssl.h>
#include <sys/socket.h>

enum { SWARM_SEND_BYTES_MAX = 512 };

enum swarm_state { SWARM_CLOSED, SWARM_HANDSHAKE, SWARM_OPEN };

struct swarm_conn {
  struct swarm *swarm;
  SSL *ssl;
  void *own;      /* the role's, own_bytes long, zeroed at each open */
  uint32_t index; /* 0 .. count - 1 */
  int fd;
  enum swarm_state state;
  uint32_t watched; /* epoll events asked for */
  uint16_t unsent;  /* bytes of `out` that wait for the socket */
  char out[SWARM_SEND_BYTES_MAX];
};

struct swarm_role {
  const char *alpn; /* "h2" or "http/1.1"; a server that chooses otherwise is a failure */
  size_t own_bytes;
  /** The handshake is complete. False: close. */
  bool (*opened)(struct swarm_conn *c);
  /** Bytes came, borrowed until return. False: close. Not called for `paced` roles but from swarm_read. */
  bool (*received)(struct swarm_conn *c, struct span bytes);
  /** After each close, by whichever side. `was` is the state before. */
  void (*closed)(struct swarm_conn *c, enum swarm_state was);
  bool paced;               /* sockets are read by swarm_read only */
  int receive_buffer_bytes; /* SO_RCVBUF, or 0 */
};

struct swarm {
  const struct swarm_role *role;
  struct sockaddr_storage target;
  socklen_t target_len;
  SSL_CTX *tls;
  int epoll;
  uint32_t count;
  struct swarm_conn *conns;
  uint32_t handshakes, open; /* connections in these states now */
  uint64_t opened, failed;   /* handshakes completed; connections that ended before that */
};

/** `count` connections, all closed. Raises the descriptor bound. Ends the process when it cannot. */
void swarm_init(struct swarm *s, const struct swarm_role *role, const char *target, uint32_t count);
void swarm_fini(struct swarm *s);

/** Begins to connect a closed connection. A connection that cannot be begun counts as failed. */
void swarm_open(struct swarm_conn *c);
void swarm_close(struct swarm_conn *c);

/** Sends, or keeps up to SWARM_SEND_BYTES_MAX until the socket takes them. False: full, or the connection is lost. */
bool swarm_send(struct swarm_conn *c, struct span bytes);

/** Reads up to `most` (16 KiB) bytes into the role's `received`. False: the connection is over and was closed. */
bool swarm_read(struct swarm_conn *c, size_t most);

/** One turn: waits up to `wait_ms` for events and handles them. */
void swarm_turn(struct swarm *s, int wait_ms);

#endif
