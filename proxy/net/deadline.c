// SPDX-License-Identifier: Apache-2.0
#include "proxy/net/deadline.h"

void wheel_init(struct wheel *w, mono_ms now) {
  for (int i = 0; i < WHEEL_SLOTS; i++) list_init(&w->slots[i]);
  w->swept = now / WHEEL_STEP_MS;
}

static void link_in(struct wheel *w, struct deadline *d) {
  mono_ms step = d->at / WHEEL_STEP_MS + 1;
  if (step <= w->swept) step = w->swept + 1;
  mono_ms farthest = w->swept + WHEEL_SLOTS - 1;
  if (step > farthest) step = farthest;
  d->slot_at = step * WHEEL_STEP_MS;
  list_push(&w->slots[step % WHEEL_SLOTS], &d->node);
}

void deadline_set(struct wheel *w, struct deadline *d, mono_ms at) {
  d->at = at;
  if (!list_alone(&d->node)) {
    if (at >= d->slot_at - WHEEL_STEP_MS) return;
    list_remove(&d->node);
  }
  link_in(w, d);
}

void deadline_clear(struct deadline *d) {
  list_remove(&d->node);
}

static void sweep_slot(struct wheel *w, struct list *slot, mono_ms now) {
  struct list due;
  list_init(&due);
  while (!list_empty(slot)) {
    struct list *node = list_pop(slot);
    list_push(&due, node);
  }
  while (!list_empty(&due)) {
    struct deadline *d = LIST_OF(list_pop(&due), struct deadline, node);
    if (d->at > now)
      link_in(w, d);
    else
      d->expired(d);
  }
}

void wheel_sweep(struct wheel *w, mono_ms now) {
  mono_ms last = now / WHEEL_STEP_MS;
  if (last - w->swept > WHEEL_SLOTS) w->swept = last - WHEEL_SLOTS;
  while (w->swept < last) {
    w->swept++;
    sweep_slot(w, &w->slots[w->swept % WHEEL_SLOTS], now);
  }
}
