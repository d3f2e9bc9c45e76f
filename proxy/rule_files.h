// SPDX-License-Identifier: Apache-2.0
/** Rule files from the disk, behind the packs that the program carries. Main thread only. */
#ifndef PROXY_RULE_FILES_H
#define PROXY_RULE_FILES_H

#include "rules/engine/packs.h"
#include "rules/base/arena.h"

struct rule_files {
  struct arena arena;
  struct source sources[PACKS_SOURCES_MAX]; /* packs first */
  size_t count;
  size_t own; /* index of the first that came from the disk */
};

void rule_files_init(struct rule_files *f);
void rule_files_fini(struct rule_files *f);

/** Adds a file, or every *.rules of a folder, by name. Errors with why on stderr, after "qorgan COMMAND: ". */
int rule_files_add(struct rule_files *f, const char *command, const char *path);

#endif
