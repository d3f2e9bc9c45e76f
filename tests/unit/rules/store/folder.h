// SPDX-License-Identifier: Apache-2.0
/** For tests: a folder of their own, and stores in it. */
#ifndef TESTS_UNIT_RULES_STORE_FOLDER_H
#define TESTS_UNIT_RULES_STORE_FOLDER_H

#include "rules/store/env.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { FOLDER_STORE_BYTES = 64 << 20 };

static char folder_path[64];

static inline int folder_make(void **state) {
  const char *parent = getenv("TMPDIR");
  snprintf(folder_path, sizeof(folder_path), "%s/qorgan-store-XXXXXX", parent ? parent : "/tmp");
  return mkdtemp(folder_path) ? 0 : -1;
}

static inline int folder_remove(void **state) {
  DIR *dir = opendir(folder_path);
  for (struct dirent *e; dir && (e = readdir(dir));) {
    char path[400];
    snprintf(path, sizeof(path), "%s/%s", folder_path, e->d_name);
    unlink(path);
  }
  if (dir) closedir(dir);
  return rmdir(folder_path);
}

static inline int folder_open_as(enum env_mode mode, struct env **env, struct env_error *why) {
  struct env_options options = {
      .path = folder_path, .size_max_bytes = FOLDER_STORE_BYTES, .mode = mode};
  *env = NULL;
  why->text[0] = '\0';
  return env_open(&options, env, why);
}

/** Must succeed. */
static inline struct env *folder_open(enum env_mode mode) {
  struct env *env;
  struct env_error why;
  if (folder_open_as(mode, &env, &why)) {
    fprintf(stderr, "%s\n", why.text);
    abort();
  }
  return env;
}

#endif
