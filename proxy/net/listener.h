// SPDX-License-Identifier: Apache-2.0
/** A listening socket in one loop. Takes up to 64 connections a turn, so that no listener starves the others.
 *  Out of descriptors: stops for 100 ms and says so once a minute; the kernel's queue holds the visitors meanwhile. */
#ifndef PROXY_NET_LISTENER_H
#define PROXY_NET_LISTENER_H

#include "proxy/net/endpoint.h"
#include "proxy/net/watch.h"

struct listener {
  struct watch watch;
  struct deadline rest;
  mono_ms complained;
  /** Owns `fd` from here on. `peer` is :: for a unix socket. */
  void (*accepted)(struct listener *, int fd, const struct addr *peer, uint16_t port);
  void (*closed)(struct listener *);
};

/** Takes the listening `fd` over when it answers OK. */
int listener_open(struct listener *n, struct loop *l, int fd,
                  void (*accepted)(struct listener *, int, const struct addr *, uint16_t));

/** Stop taking and take again (the bound on connections). */
void listener_pause(struct listener *n);
void listener_resume(struct listener *n);

/** Takes all that wait in the kernel's queue first: closing would reset them. `closed` follows in a later turn. */
void listener_close(struct listener *n, void (*closed)(struct listener *));

#endif
