// SPDX-License-Identifier: Apache-2.0
#include "proxy/demo/folder.h"

#include "rules/base/err.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int folder_open(struct folder *f, const char *given) {
  char made[PATH_MAX];
  const char *under = getenv("TMPDIR");
  f->temporary = !given;
  if (given) {
    if (mkdir(given, 0700) && errno != EEXIST) return err_from_errno(errno);
  } else {
    int len =
        snprintf(made, sizeof(made), "%s/qorgan-demo-XXXXXX", under && *under ? under : "/tmp");
    if (len >= (int)sizeof(made)) return ERR_RANGE;
    if (!mkdtemp(made)) return err_from_errno(errno);
  }
  return realpath(given ? given : made, f->path) ? OK : (int)err_from_errno(errno);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at) {
  return remove(path);
}

int folder_close(struct folder *f) {
  if (!f->temporary) return OK;
  return nftw(f->path, remove_one, 16, FTW_DEPTH | FTW_PHYS) ? (int)err_from_errno(errno) : OK;
}

int folder_at(const struct folder *f, const char *name, char out[PATH_MAX]) {
  int len = snprintf(out, PATH_MAX, "%s/%s", f->path, name);
  return len < PATH_MAX ? OK : ERR_RANGE;
}

/* A file that is not there is ours to make. */
static bool is_ours(const char *path, struct span ours) {
  char start[256];
  FILE *file = fopen(path, "re");
  if (!file) return errno == ENOENT;
  size_t len = fread(start, 1, ours.len < sizeof(start) ? ours.len : sizeof(start), file);
  fclose(file);
  return span_eq(span_from(start, len), ours);
}

int folder_write(const struct folder *f, const char *name, struct span text, struct span ours) {
  char path[PATH_MAX];
  if (folder_at(f, name, path)) return ERR_RANGE;
  if (!is_ours(path, ours)) return ERR_EXISTS;
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return err_from_errno(errno);
  ssize_t put = write(fd, text.at, text.len);
  int code = put == (ssize_t)text.len ? 0 : put < 0 ? errno : ENOSPC;
  if (close(fd) && !code) code = errno;
  return code ? (int)err_from_errno(code) : OK;
}
