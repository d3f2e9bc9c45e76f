// SPDX-License-Identifier: Apache-2.0
/** Readiness of one descriptor, level-triggered (libuv's poll handle). The loop's thread only. */
#ifndef PROXY_NET_WATCH_H
#define PROXY_NET_WATCH_H

#include "proxy/net/loop.h"

enum { WATCH_READ = 1, WATCH_WRITE = 2 };
enum { WATCH_HANDLE_BYTES = 160 };

struct watch {
  struct loop *loop;
  void (*ready)(struct watch *,
                unsigned events); /* READ, WRITE or both; both when the descriptor is in error */
  void (*closed)(struct watch *);
  unsigned wanted;
  int fd; /* closed with the watch */
  _Alignas(8) unsigned char handle[WATCH_HANDLE_BYTES];
};

/** Takes `fd` over when it answers OK. ERR_FULL, ERR_MEMORY. */
int watch_open(struct watch *w, struct loop *l, int fd,
               void (*ready)(struct watch *, unsigned events));

/** From now on tell of these events; 0: of none. */
void watch_want(struct watch *w, unsigned events);

/** Stops, closes the descriptor at once, and calls `closed` in a later turn: only there may the owner be freed. */
void watch_close(struct watch *w, void (*closed)(struct watch *));

#endif
