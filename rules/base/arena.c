// SPDX-License-Identifier: Apache-2.0
#include "rules/base/arena.h"

#include <stdarg.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>

enum { CHUNK_MIN = 2048, CHUNK_MAX = 65536 };

struct arena_chunk {
  struct arena_chunk *next;
  alignas(max_align_t) char bytes[];
};

void arena_init(struct arena *a, void *first, size_t first_len, size_t bytes_max) {
  *a = (struct arena){.at = first, .bytes_max = bytes_max};
  if (first) a->end = a->at + first_len;
}

void arena_fini(struct arena *a) {
  while (a->chunks) {
    struct arena_chunk *chunk = a->chunks;
    a->chunks = chunk->next;
    free(chunk);
  }
  *a = (struct arena){0};
}

static void *take_from_new_chunk(struct arena *a, size_t len) {
  size_t size = a->bytes < CHUNK_MIN ? CHUNK_MIN : a->bytes;
  if (size > CHUNK_MAX) size = CHUNK_MAX;
  if (size < len) size = len;
  if (a->bytes + size > a->bytes_max) size = len;
  struct arena_chunk *chunk = NULL;
  if (a->bytes + size <= a->bytes_max) chunk = malloc(sizeof(*chunk) + size);
  if (!chunk) {
    a->failed = true;
    return NULL;
  }
  chunk->next = a->chunks;
  a->chunks = chunk;
  a->bytes += size;
  a->at = chunk->bytes + len;
  a->end = chunk->bytes + size;
  return chunk->bytes;
}

void *arena_take(struct arena *a, size_t len) {
  if (len > a->bytes_max + CHUNK_MAX) {
    a->failed = true;
    return NULL;
  }
  size_t pad = -(uintptr_t)a->at & (alignof(max_align_t) - 1);
  if (!a->at || (size_t)(a->end - a->at) < pad + len) {
    return take_from_new_chunk(a, (len + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1));
  }
  void *taken = a->at + pad;
  a->at += pad + len;
  return taken;
}

void *arena_zero(struct arena *a, size_t len) {
  void *taken = arena_take(a, len);
  if (taken) memset(taken, 0, len);
  return taken;
}

struct span arena_copy(struct arena *a, struct span bytes) {
  char *copy = arena_take(a, bytes.len + 1);
  if (!copy) return span_from(NULL, 0);
  if (bytes.len) memcpy(copy, bytes.at, bytes.len);
  copy[bytes.len] = '\0';
  return span_from(copy, bytes.len);
}

struct span arena_printf(struct arena *a, const char *format, ...) {
  va_list args, again;
  va_start(args, format);
  va_copy(again, args);
  int len = vsnprintf(NULL, 0, format, args);
  va_end(args);
  char *text = len < 0 ? NULL : arena_take(a, (size_t)len + 1);
  if (text) vsnprintf(text, (size_t)len + 1, format, again);
  va_end(again);
  return span_from(text, text ? (size_t)len : 0);
}
