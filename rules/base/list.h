// SPDX-License-Identifier: Apache-2.0
/** A circular doubly linked list through members of the listed structs. One thread at a time;
 * allocates nothing. */
#ifndef RULES_BASE_LIST_H
#define RULES_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
  struct list *next, *prev;
};

/** The struct that holds `node` as its `member`. */
#define LIST_OF(node, type, member) ((type *)((char *)(node)-offsetof(type, member)))

static inline void list_init(struct list *l) {
  l->next = l->prev = l;
}

static inline bool list_empty(const struct list *l) {
  return l->next == l;
}

/** A node that was never put anywhere (all zero) or was removed. */
static inline bool list_alone(const struct list *node) {
  return node->next == NULL || node->next == node;
}

static inline void list_push(struct list *l, struct list *node) {
  node->prev = l->prev;
  node->next = l;
  l->prev->next = node;
  l->prev = node;
}

/** Safe on a node that is alone. */
static inline void list_remove(struct list *node) {
  if (!node->next) return;
  node->prev->next = node->next;
  node->next->prev = node->prev;
  node->next = node->prev = node;
}

static inline struct list *list_pop(struct list *l) {
  struct list *node = l->next;
  if (node == l) return NULL;
  list_remove(node);
  return node;
}

#endif
