// SPDX-License-Identifier: Apache-2.0
/** libuv's side of a loop. For proxy/net only: no other room sees <uv.h>. */
#ifndef PROXY_NET_HANDLES_H
#define PROXY_NET_HANDLES_H

#include "proxy/net/loop.h"

#include <pthread.h>
#include <stdatomic.h>
#include <uv.h>

struct loop_handles {
  uv_loop_t uv;
  uv_async_t wake;
  uv_timer_t tick;
  int epoll;           /* all watches, and what libuv waits for */
  struct list closing; /* struct watch */
  pthread_mutex_t posted_lock;
  struct list posted;
  void (*each_turn)(void *);
  void *each_turn_argument;
  atomic_bool stopping;
};

enum err err_from_uv(int code);

/* watch.c's part of a loop. */
/** After libuv's. ERR_FULL, ERR_MEMORY. */
int watches_init(struct loop *l);
/** Waits for at most so long, and tells all that are ready. True: libuv has work, too. */
bool watches_wait(struct loop *l, int most_ms);
/** Calls `closed` of those that were closed until now. */
void watches_reap(struct loop *l);
void watches_fini(struct loop *l);

#endif
