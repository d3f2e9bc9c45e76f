// SPDX-License-Identifier: Apache-2.0
/** A bounded queue of small write operations: many threads put, the writer's thread takes. Lock-free; a put allocates
 *  nothing and copies at most QUEUE_PAYLOAD_MAX bytes. Each class of operations may fill only its share, so that
 *  counters cannot keep a ban from getting in.
 *  Source: Vyukov, "Bounded MPMC queue", 1024cores.net (a sequence number in each slot), with one consumer. */
#ifndef RULES_STORE_QUEUE_H
#define RULES_STORE_QUEUE_H

#include "rules/store/txn.h"

#include <assert.h>
#include <stdatomic.h>

/* Identifier, name, share of the slots in percent, how long a commit may be put off in ms, what full does. */
/* clang-format off */
#define WRITER_CLASS_TABLE(X)                                                                                         \
  X(BAN,      "ban",      100,   0, "waits its turn: the caller tries again in its next turn")                        \
  X(EVIDENCE, "evidence",  90, 100, "waits its turn: the caller tries again in its next turn")                        \
  X(COUNTER,  "counter",   50, 500, "coalesces: the caller keeps counting and saves the sum later")
/* clang-format on */

enum writer_class {
#define X(id, name, share, delay_ms, full) WRITER_##id,
  WRITER_CLASS_TABLE(X)
#undef X
      WRITER_CLASS_COUNT
};

/** Does the operation in a transaction that it shares with others; failures stick in `t`. Runs on the writer's thread,
 *  and a second time, alone, when another operation of the group failed. */
typedef void writer_apply(struct txn *t, struct span payload);

/** OK: on the disk. Else: not, and it will not be. Runs on the writer's thread; must not wait. */
typedef void writer_done(void *arg, int err);

enum { QUEUE_SLOT_BYTES = 1024, QUEUE_PAYLOAD_MAX = QUEUE_SLOT_BYTES - 40 };

struct writer_op {
  writer_apply *apply;
  writer_done *done; /* may be NULL */
  void *arg;
  enum writer_class class;
  uint32_t payload_len;
};

struct queue_slot {
  _Atomic uint64_t turn;
  struct writer_op op; /* op.apply == NULL: nothing is left to do */
  char payload[QUEUE_PAYLOAD_MAX];
};
static_assert(sizeof(struct queue_slot) == QUEUE_SLOT_BYTES, "a slot is 16 cache lines");

struct queue {
  struct queue_slot *slots;
  uint64_t capacity;                                  /* a power of two */
  _Atomic uint64_t tail __attribute__((aligned(64))); /* where the next put goes */
  _Atomic uint64_t head __attribute__((aligned(64))); /* what is taken next */
};

/** `capacity` is rounded up to a power of two. ERR_MEMORY. */
int queue_init(struct queue *q, uint64_t capacity);
void queue_fini(struct queue *q);

/** Copies `payload`. ERR_AGAIN: the class's share is full. ERR_RANGE: payload past QUEUE_PAYLOAD_MAX. Any thread. */
int queue_put(struct queue *q, const struct writer_op *op, struct span payload);

/** The `index`th waiting operation from the front, NULL when it is not there yet. The writer's thread. */
struct queue_slot *queue_peek(struct queue *q, uint64_t index);
/** Gives the first `count` slots back. The writer's thread. */
void queue_drop(struct queue *q, uint64_t count);

/** How many wait. Any thread; a moment old. */
uint64_t queue_depth(const struct queue *q);

#endif
