// SPDX-License-Identifier: Apache-2.0
/** Readiness of one descriptor, level-triggered. The loop's thread only.
 *  A loop has one epoll set: all its watches, and libuv's own set among them (uv_backend_fd). So a descriptor costs
 *  three calls of epoll_ctl in its life and one for each change of what is wanted, where a handle of libuv costs six
 *  and two; and libuv's table, which aborts the program when it cannot grow, does not grow with the connections. */
#ifndef PROXY_NET_WATCH_H
#define PROXY_NET_WATCH_H

#include "proxy/net/loop.h"

enum { WATCH_READ = 1, WATCH_WRITE = 2 };

struct watch {
  struct loop *loop;
  void (*ready)(struct watch *,
                unsigned events); /* READ, WRITE or both; both when the descriptor is in error */
  void (*closed)(struct watch *);
  struct list closing; /* of the loop's, from watch_close to `closed` */
  unsigned wanted;
  int fd; /* not blocking; closed with the watch, and -1 from then on */
};

/** Takes `fd` over when it answers OK. ERR_FULL, ERR_MEMORY. */
int watch_open(struct watch *w, struct loop *l, int fd,
               void (*ready)(struct watch *, unsigned events));

/** From now on tell of these events; 0: of none. */
void watch_want(struct watch *w, unsigned events);

/** Stops, closes the descriptor at once, and calls `closed` at the end of this turn or in a later one, never before
 *  what called this has returned: only there may the owner be freed. */
void watch_close(struct watch *w, void (*closed)(struct watch *));

#endif
