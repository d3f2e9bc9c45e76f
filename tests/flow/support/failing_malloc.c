// SPDX-License-Identifier: Apache-2.0
/** One allocation of a process fails, as a test says through a file that both map: $FAILING_MALLOC, three 64-bit words.
 *  As a preloaded object it stands before malloc, calloc and realloc of everything in the process but the dynamic
 *  linker's start. Under the address sanitizer, which must be first itself, it is linked into the program instead
 *  (-Wl,--wrap=malloc and so on, with FAILING_WRAP): then it stands before our own calls, and those that nghttp2 and
 *  libuv make through us. Any thread. */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#ifdef FAILING_WRAP
#define REAL(name) __real_##name
#define OURS(name) __wrap_##name
#else
#define REAL(name) __libc_##name
#define OURS(name) name
#endif

void *REAL(malloc)(size_t len);
void *REAL(calloc)(size_t count, size_t len);
void *REAL(realloc)(void *from, size_t len);
void *OURS(malloc)(size_t len);
void *OURS(calloc)(size_t count, size_t len);
void *OURS(realloc)(void *from, size_t len);

static struct control {
  _Atomic uint64_t seen;    /* calls since main */
  _Atomic uint64_t fail_at; /* the call that fails, by that count; 0: none */
  _Atomic uint64_t failed;  /* calls that did */
} * control;

__attribute__((constructor)) static void take_control(void) {
  const char *path = getenv("FAILING_MALLOC");
  int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
  if (fd < 0) return;
  void *at = mmap(NULL, sizeof(*control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (at != MAP_FAILED) control = at;
}

static bool fails(void) {
  if (!control) return false;
  uint64_t call = atomic_fetch_add(&control->seen, 1) + 1;
  if (call != atomic_load(&control->fail_at)) return false;
  atomic_fetch_add(&control->failed, 1);
  errno = ENOMEM;
  return true;
}

void *OURS(malloc)(size_t len) {
  return fails() ? NULL : REAL(malloc)(len);
}

void *OURS(calloc)(size_t count, size_t len) {
  return fails() ? NULL : REAL(calloc)(count, len);
}

void *OURS(realloc)(void *from, size_t len) {
  return fails() ? NULL : REAL(realloc)(from, len);
}
