// SPDX-License-Identifier: Apache-2.0
/** The listening sockets of the program, for all workers: opened before privileges go, kept over a reload when
 *  they stand in both configurations, handed in by systemd or by the process before us (sd_listen_fds(3)). Main
 *  thread. */
#ifndef PROXY_LISTENERS_H
#define PROXY_LISTENERS_H

#include "proxy/config.h"
#include "proxy/flow/session.h"

/** One `listen:` entry. TCP: a socket for each worker, so that the kernel spreads connections (SO_REUSEPORT). Unix and
 *  systemd: one socket that all workers share. Lives as long as the program, because sessions point to its terms. */
struct listen_point {
  struct listen_point *next;
  struct endpoint at;
  struct session_terms terms;
  int *fds; /* one a worker; taken (-1) when the worker has it */
  unsigned workers;
  bool wanted; /* stands in the configuration in force */
};

struct listeners {
  struct listen_point *points;
};

struct listeners_error {
  char text[256];
};

/** Opens what `c` names and is not open yet; marks what it no longer names as not wanted. On an error nothing has
 *  changed. ERR_BUSY, ERR_ACCESS, ERR_NOT_FOUND (systemd hands no such socket), ERR_FULL. */
int listeners_open(struct listeners *all, const struct config *c, unsigned workers,
                   struct listeners_error *why);
/** Closes those that no worker took; frees. After all sessions. */
void listeners_fini(struct listeners *all);

#endif
