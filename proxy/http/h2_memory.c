// SPDX-License-Identifier: Apache-2.0
#include "proxy/http/h2_session.h"

#include <stdlib.h>
#include <sys/mman.h>

static void *take(size_t len, void *unused) {
  enum { PAGE = 4096, LARGE = 16384 };
  char *at = malloc(len);
  if (!at || len < LARGE) return at;
  uintptr_t from = ((uintptr_t)at + PAGE - 1) / PAGE * PAGE,
            to = ((uintptr_t)at + len) / PAGE * PAGE;
  if (to > from) madvise((void *)from, to - from, MADV_DONTNEED);
  return at;
}

static void give_back(void *at, void *unused) {
  free(at);
}

static void *take_zeroed(size_t count, size_t len, void *unused) {
  return calloc(count, len);
}

static void *resize(void *at, size_t len, void *unused) {
  return at ? realloc(at, len) : take(len, unused);
}

nghttp2_mem *h2_memory(void) {
  static nghttp2_mem memory = {NULL, take, give_back, take_zeroed, resize};
  return &memory;
}
