// SPDX-License-Identifier: Apache-2.0
#include "certs/whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int say_errno(struct why *why, const char *path, const char *doing) {
  int code = errno;
  return why_say(why, err_from_errno(code), "%s: cannot %s: %s", path, doing, strerror(code));
}

/** All of an open file of `size` bytes. A file that shrinks under us is read as far as it goes. */
static int read_all(int fd, const char *path, size_t size, struct whole_file *out,
                    struct why *why) {
  out->at = malloc(size + 1);
  if (!out->at) return why_say(why, ERR_MEMORY, "%s: %s", path, err_text(ERR_MEMORY));
  while (out->len < size) {
    ssize_t got = read(fd, out->at + out->len, size - out->len);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return say_errno(why, path, "read");
    if (got == 0) break;
    out->len += (size_t)got;
  }
  out->at[out->len] = '\0';
  return OK;
}

static int read_open(int fd, const char *path, struct whole_file *out, struct why *why) {
  struct stat st;
  if (fstat(fd, &st)) return say_errno(why, path, "look at it");
  if (!S_ISREG(st.st_mode)) {
    return why_say(why, ERR_UNSUPPORTED, "%s: is not a regular file. Give the name of a file",
                   path);
  }
  if (st.st_size > WHOLE_FILE_BYTES_MAX) {
    return why_say(why, ERR_FULL, "%s: has %lld bytes, more than %d. Is it the right file?", path,
                   (long long)st.st_size, WHOLE_FILE_BYTES_MAX);
  }
  out->mode = st.st_mode;
  return read_all(fd, path, (size_t)st.st_size, out, why);
}

int whole_file_read(const char *path, struct whole_file *out, struct why *why) {
  *out = (struct whole_file){0};
  /* O_NONBLOCK: a named pipe must not hold us up before we see what it is. */
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (fd < 0) return say_errno(why, path, "open");
  int err = read_open(fd, path, out, why);
  close(fd);
  if (err) whole_file_fini(out);
  return err;
}

void whole_file_fini(struct whole_file *f) {
  if (f->at) OPENSSL_cleanse(f->at, f->len);
  free(f->at);
  *f = (struct whole_file){0};
}

static bool write_all(int fd, struct span bytes) {
  while (bytes.len) {
    ssize_t put = write(fd, bytes.at, bytes.len);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return false;
    bytes = span_skip(bytes, (size_t)put);
  }
  return true;
}

/** The name itself must reach the disk too: fsync of its folder. */
static bool sync_folder(const char *path) {
  char folder[PATH_MAX];
  const char *slash = strrchr(path, '/');
  size_t len = slash == path ? 1 : slash ? (size_t)(slash - path) : 0;
  snprintf(folder, sizeof(folder), "%.*s", slash ? (int)len : 1, slash ? path : ".");
  int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return false;
  bool done = fsync(fd) == 0;
  close(fd);
  return done;
}

/** Under a temporary name with its final mode, flushed. On failure nothing is left behind. */
static int write_aside(char *aside, mode_t mode, struct span bytes, const char *path,
                       struct why *why) {
  int fd = mkostemp(aside, O_CLOEXEC);
  if (fd < 0) return say_errno(why, path, "write beside it");
  bool done = fchmod(fd, mode) == 0 && write_all(fd, bytes) && fsync(fd) == 0;
  int err = done ? OK : say_errno(why, path, "write");
  close(fd);
  if (err) unlink(aside);
  return err;
}

typedef int give_name(const char *aside, const char *path);

static int write_whole(const char *path, mode_t mode, struct span bytes, give_name *give,
                       struct why *why) {
  char aside[PATH_MAX];
  int len = snprintf(aside, sizeof(aside), "%s.XXXXXX", path);
  if (len < 0 || (size_t)len >= sizeof(aside)) {
    return why_say(why, ERR_RANGE, "%s: the name is too long", path);
  }
  int err = write_aside(aside, mode, bytes, path, why);
  if (err) return err;
  if (give(aside, path)) err = say_errno(why, path, "put it in place");
  unlink(aside); /* gone already after rename */
  if (!err && !sync_folder(path)) err = say_errno(why, path, "flush its folder");
  return err;
}

int whole_file_replace(const char *path, mode_t mode, struct span bytes, struct why *why) {
  return write_whole(path, mode, bytes, rename, why);
}

int whole_file_create(const char *path, mode_t mode, struct span bytes, struct why *why) {
  return write_whole(path, mode, bytes, link, why);
}
