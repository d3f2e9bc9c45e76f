// SPDX-License-Identifier: Apache-2.0
/** One worker's view of the traffic: what all its sessions and exchanges share. Everything here belongs to one thread.
 *
 *    session    one client connection: bytes in, bytes out, deadlines          session.h
 *    front      how a session speaks to its client: HTTP/1 or HTTP/2           front.h
 *    exchange   one request and its response, from head to log line            exchange.h
 *    routes     sites and their origins under one configuration                routes.h
 *    judge      asks the rules about exchanges, tells them outcomes            judge.h
 *    policy     the rules in force, shared by all workers                      policy.h
 *    origin     one server behind us: its pool, its health, who waits          origin.h
 *    upstream   one connection to an origin                                    upstream.h
 *
 *  Calls go down this list; what comes back comes as an event to the one above. */
#ifndef PROXY_FLOW_FLOW_H
#define PROXY_FLOW_FLOW_H

#include "proxy/flow/client_table.h"
#include "proxy/flow/setup.h"
#include "proxy/flow/trim.h"
#include "proxy/http/bucket.h"
#include "proxy/http/h2.h"
#include "proxy/net/loop.h"
#include "proxy/net/spool.h"
#include "proxy/tls/context.h"
#include "rules/engine/memory.h"

struct routes;
struct judge;

/** Questions that the flow has for the store, asked of whoever answers them; members may be NULL. */
struct flow_oracle {
  void *owner;
  /** A connection from here is closed at accept. Allow wins over ban. */
  bool (*banned)(void *owner, const struct addr *peer, real_ms now);
};

struct flow {
  struct loop *loop;
  struct setup *setup;   /* of new exchanges; held */
  struct routes *routes; /* of new exchanges; held */
  struct judge *judge;   /* of new exchanges; held; NULL: no rules */
  struct tls_context *tls;
  struct http_bounds http;
  struct h2_bounds h2;
  struct flow_oracle oracle;
  struct memory memory;      /* the store's; calls NULL: none */
  struct bucket refusals;    /* what the journal takes of refused requests */
  struct spool_lane *access; /* NULL: no access log */
  struct client_table clients;
  struct trim trim;
  mono_ms strike_said; /* when a strike was last logged; 0: never */
  uint32_t strikes_unsaid;
  struct list sessions;
  unsigned session_count;
  bool draining;
  struct buf scratch; /* a head or a line while it is written; empty between events */
  struct buf
      record; /* plaintext of HTTP/2 frames on its way into one TLS record; empty between events */
  struct list spare; /* exchanges for reuse */
  unsigned spare_count;
  uint64_t id_state[2]; /* of request ids: unique, not secret */
};

/** `seed`: 16 random bytes. ERR_MEMORY. */
int flow_init(struct flow *f, struct loop *l, const uint8_t seed[16]);
/** After all sessions ended. */
void flow_fini(struct flow *f);

/** New exchanges follow this setup; those under way keep theirs. Takes one reference, `tls` (NULL: no TLS)
 *  and `judge` (NULL: no rules) over. On an error all stays as it was. ERR_MEMORY, ERR_TLS. */
int flow_adopt(struct flow *f, struct setup *setup, struct tls_context *tls, struct judge *judge);

/** No new requests on the connections that are open; sessions end as they become idle. */
void flow_drain(struct flow *f);
/** Ends all sessions now. */
void flow_cut(struct flow *f);

static inline void flow_count(struct flow *f, enum counter which) {
  counters_add(&f->loop->counters, which, 1);
}

/** 16 hexadecimal digits. */
void flow_make_id(struct flow *f, char out[16]);

#endif
