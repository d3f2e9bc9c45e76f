// SPDX-License-Identifier: Apache-2.0
/** Small files read and written whole. What was read is wiped when it is given back, for it may be a key; what is
 *  written appears under its name complete or not at all, and is on the disk when the call answers.
 *  Blocking: main thread and commands, never a worker's loop. */
#ifndef CERTS_WHOLE_FILE_H
#define CERTS_WHOLE_FILE_H

#include "certs/why.h"
#include "rules/base/span.h"

#include <sys/types.h>

enum {
  WHOLE_FILE_BYTES_MAX = 262144
}; /* a longer file is refused: no chain and no key needs that much */

struct whole_file {
  char *at; /* `len` bytes and a NUL; owned */
  size_t len;
  mode_t mode; /* type and permission bits, as stat gives them */
};

/** Regular files only, up to WHOLE_FILE_BYTES_MAX.
 *  ERR_NOT_FOUND, ERR_ACCESS, ERR_UNSUPPORTED (not a regular file), ERR_FULL (too long), ERR_MEMORY, ERR_IO; on any of
 *  them `*out` is empty. */
int whole_file_read(const char *path, struct whole_file *out, struct why *why);

/** Wipes and frees. Safe on an empty one. */
void whole_file_fini(struct whole_file *f);

static inline struct span whole_file_span(const struct whole_file *f) {
  return span_from(f->at, f->len);
}

/** Puts a file of `mode` in place of whatever has that name: temporary file beside it, fsync, rename, fsync of the
 *  folder. ERR_ACCESS, ERR_FULL, ERR_NOT_FOUND (no such folder), ERR_IO; then the old file is as it was. */
int whole_file_replace(const char *path, mode_t mode, struct span bytes, struct why *why);

/** The same for a name that nobody has yet: ERR_EXISTS when somebody was faster (link is exclusive, as O_EXCL is). */
int whole_file_create(const char *path, mode_t mode, struct span bytes, struct why *why);

#endif
