// SPDX-License-Identifier: Apache-2.0
/** One thread that carries traffic: a loop, its listeners, its flow, its view of the store.
 *  The main thread starts it, hands it orders and joins it; all else happens on its own thread. */
#ifndef PROXY_WORKER_H
#define PROXY_WORKER_H

#include "proxy/flow/judge.h"
#include "proxy/listeners.h"
#include "proxy/net/listener.h"
#include "rules/store/store.h"

#include <pthread.h>

struct worker_listener {
  struct listener listener;
  struct worker_listener *next;
  struct worker *worker;
  struct listen_point *point;
};

struct worker {
  unsigned index;
  pthread_t thread;
  struct loop *loop;
  struct flow flow;
  struct listeners
      *points; /* the program's; this worker's descriptors in it are this worker's to take */
  struct worker_listener *listeners;
  struct store_view view;
  bool has_store, paused;
  struct deadline drain;
  void (*ended)(void *owner); /* called on the worker's thread, as its last act */
  void *owner;
  atomic_bool done;
};

/** What a worker runs under; a reload makes a new one for each worker. */
struct worker_plan {
  struct task task;
  struct worker *worker;
  struct setup *setup;     /* one reference, handed over */
  struct tls_context *tls; /* handed over; NULL without certificates */
  struct policy *policy;   /* one reference, handed over */
  atomic_uint *pending;    /* counted down when it is in force */
};

/** `store` and `access` may be NULL. ERR_MEMORY, ERR_FULL. Does not start the thread. */
int worker_init(struct worker *w, unsigned index, struct listeners *points, struct store *store,
                struct spool_lane *access);
/** ERR_FULL. */
int worker_start(struct worker *w);

/** Any thread; in force within a turn. Takes `plan` over. */
void worker_adopt(struct worker *w, struct worker_plan *plan);
/** No new connections; ends when the last exchange has, or after the drain's time. */
void worker_drain(struct worker *w);
/** Ends now. */
void worker_cut(struct worker *w);

/** After the thread ended, or when it never started. */
void worker_fini(struct worker *w);

#endif
