// SPDX-License-Identifier: Apache-2.0
/** Bytes on their way: put at the end, taken from the front. Grows by doubling up to `bytes_max`.
 *  Full, or no memory: the put changes nothing, answers false, and `overflow` stays set until
 * buf_reset; so a chain of puts needs one look at the end. One thread at a time. Owns its memory.
 */
#ifndef RULES_BASE_BUF_H
#define RULES_BASE_BUF_H

#include "rules/base/span.h"

struct buf {
  char *at;                 /* the allocation, or NULL */
  uint32_t start, end, cap; /* bytes [start, end) are held */
  uint32_t bytes_max;
  bool overflow;
};

static inline void buf_init(struct buf *b, uint32_t bytes_max) {
  *b = (struct buf){.bytes_max = bytes_max};
}

void buf_fini(struct buf *b);

/** Forgets the bytes and `overflow`, keeps the memory. */
static inline void buf_reset(struct buf *b) {
  b->start = b->end = 0;
  b->overflow = false;
}

static inline uint32_t buf_len(const struct buf *b) {
  return b->end - b->start;
}

static inline struct span buf_span(const struct buf *b) {
  return span_from(b->at ? b->at + b->start : NULL, buf_len(b));
}

/** Takes `count` bytes off the front; not more than are held. */
void buf_skip(struct buf *b, size_t count);

/** Room for `count` more at the end, to be written by the caller and then claimed with buf_added.
 * NULL when full. */
char *buf_room(struct buf *b, size_t count);
static inline void buf_added(struct buf *b, size_t count) {
  b->end += (uint32_t)count;
}

bool buf_put(struct buf *b, struct span bytes);
bool buf_put_byte(struct buf *b, char byte);
bool buf_put_u64(struct buf *b, uint64_t value);
bool buf_put_text(struct buf *b, const char *text);
bool buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** A JSON string with its quotes: controls, quotes and backslashes escaped, bytes that are no UTF-8
 * as U+FFFD. */
bool buf_put_json(struct buf *b, struct span text);

#endif
