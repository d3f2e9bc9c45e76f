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
  uv_check_t after_io;
  uv_prepare_t before_wait;
  pthread_mutex_t posted_lock;
  struct list posted;
  void (*each_turn)(void *);
  void *each_turn_argument;
  atomic_bool stopping;
};

enum err err_from_uv(int code);

#endif
