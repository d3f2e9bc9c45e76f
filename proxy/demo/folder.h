// SPDX-License-Identifier: Apache-2.0
/** The folder that a demonstration lives in: made for it and removed after it, or given and kept. Main thread. */
#ifndef PROXY_DEMO_FOLDER_H
#define PROXY_DEMO_FOLDER_H

#include "rules/base/span.h"

#include <limits.h>

struct folder {
  char path[PATH_MAX]; /* absolute */
  bool temporary;
};

/** NULL: a new one under TMPDIR, else /tmp. Else the given one, made with mode 0700 when it is not there.
 *  What mkdir(2), mkdtemp(3) and realpath(3) say, by err_from_errno. */
int folder_open(struct folder *f, const char *given);
/** Removes it with all that is in it if it is temporary. Never leaves it: links are removed, not followed. */
int folder_close(struct folder *f);

/** "PATH/NAME" in `out`. ERR_RANGE: too long. */
int folder_at(const struct folder *f, const char *name, char out[PATH_MAX]);

/** Writes NAME, mode 0600. ERR_EXISTS, and nothing is touched: a file is there that does not begin with `ours`. */
int folder_write(const struct folder *f, const char *name, struct span text, struct span ours);

#endif
