// SPDX-License-Identifier: Apache-2.0
#include "rules/store/queue.h"

#include <stdlib.h>

static const unsigned SHARES[] = {
#define X(id, name, share, delay_ms, full) [WRITER_##id] = share,
    WRITER_CLASS_TABLE(X)
#undef X
};

int queue_init(struct queue *q, uint64_t capacity) {
  *q = (struct queue){.capacity = 1};
  while (q->capacity < capacity) q->capacity *= 2;
  q->slots = aligned_alloc(64, q->capacity * sizeof(*q->slots));
  if (!q->slots) return ERR_MEMORY;
  for (uint64_t i = 0; i < q->capacity; i++) atomic_init(&q->slots[i].turn, i);
  return OK;
}

void queue_fini(struct queue *q) {
  free(q->slots);
  q->slots = NULL;
}

uint64_t queue_depth(const struct queue *q) {
  uint64_t head = atomic_load_explicit(&q->head, memory_order_relaxed);
  uint64_t tail = atomic_load_explicit(&q->tail, memory_order_relaxed);
  return tail > head ? tail - head : 0;
}

/** A slot for the place `*tail`, ours alone; NULL: the ring is full. */
static struct queue_slot *claim(struct queue *q, uint64_t *tail) {
  *tail = atomic_load_explicit(&q->tail, memory_order_relaxed);
  for (;;) {
    struct queue_slot *slot = &q->slots[*tail & (q->capacity - 1)];
    uint64_t turn = atomic_load_explicit(&slot->turn, memory_order_acquire);
    if (turn == *tail) {
      if (atomic_compare_exchange_weak_explicit(&q->tail, tail, *tail + 1, memory_order_relaxed,
                                                memory_order_relaxed)) {
        return slot;
      }
    } else if (turn < *tail) {
      return NULL;
    } else {
      *tail = atomic_load_explicit(&q->tail, memory_order_relaxed);
    }
  }
}

int queue_put(struct queue *q, const struct writer_op *op, struct span payload) {
  if (payload.len > QUEUE_PAYLOAD_MAX) return ERR_RANGE;
  if (queue_depth(q) * 100 >= q->capacity * SHARES[op->class]) return ERR_AGAIN;
  uint64_t tail;
  struct queue_slot *slot = claim(q, &tail);
  if (!slot) return ERR_AGAIN;
  slot->op = *op;
  slot->op.payload_len = (uint32_t)payload.len;
  if (payload.len) memcpy(slot->payload, payload.at, payload.len);
  atomic_store(&slot->turn, tail + 1); /* in one order with the writer's going to sleep */
  return OK;
}

struct queue_slot *queue_peek(struct queue *q, uint64_t index) {
  uint64_t at = atomic_load_explicit(&q->head, memory_order_relaxed) + index;
  struct queue_slot *slot = &q->slots[at & (q->capacity - 1)];
  return atomic_load(&slot->turn) == at + 1 ? slot : NULL;
}

void queue_drop(struct queue *q, uint64_t count) {
  uint64_t head = atomic_load_explicit(&q->head, memory_order_relaxed);
  for (uint64_t at = head; at < head + count; at++) {
    struct queue_slot *slot = &q->slots[at & (q->capacity - 1)];
    atomic_store_explicit(&slot->turn, at + q->capacity, memory_order_release);
  }
  atomic_store_explicit(&q->head, head + count, memory_order_relaxed);
}
