// SPDX-License-Identifier: Apache-2.0
#include "proxy/config.h"

#include "proxy/config_check.h"
#include "proxy/config_keys.h"
#include "rules/base/err.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

/* The tree of a file of CONFIG_BYTES_MAX with CONFIG_NODES_MAX values, with room to spare. */
enum { TREE_BYTES_MAX = 32 << 20 };

static void read_tree(struct config_reader *r, struct span text) {
  struct config_node *root = config_tree_parse(text, r->tree_arena, r->report);
  if (!root) return;
  config_read_root(r, &CONFIG_ROOT, root);
  bool full = r->arena->failed || r->tree_arena->failed;
  if (full)
    config_report_file(r->report,
                       "more than fits into the bounds of a configuration, or out of memory");
  if (!r->report->count) config_check_whole(r, root);
}

int config_parse(struct span text, const char *name, const char *base, struct config *out,
                 struct config_error *why) {
  struct config_report report;
  config_report_init(&report, text, name, why);
  struct config fresh = {.setup = setup_new()};
  if (!fresh.setup) {
    config_report_file(&report, "out of memory");
    return ERR_MEMORY;
  }
  char first[4096];
  struct arena tree;
  arena_init(&tree, first, sizeof(first), TREE_BYTES_MAX);
  struct config_reader reader = {.report = &report,
                                 .config = &fresh,
                                 .arena = &fresh.setup->arena,
                                 .tree_arena = &tree,
                                 .base = base};
  if (text.len > CONFIG_BYTES_MAX) {
    config_report_file(&report, "larger than 1 MiB. Put long lists into rule files or feeds.");
  } else {
    read_tree(&reader, text);
  }
  arena_fini(&tree);
  int err = config_report_end(&report);
  if (err) {
    config_fini(&fresh);
    return err;
  }
  *out = fresh;
  return OK;
}

void config_fini(struct config *c) {
  setup_drop(&c->setup);
  *c = (struct config){0};
}

/* Reads at most one byte more than a configuration may have, so that the parser sees that it is too large. */
static int read_file(int fd, char *at, size_t *len) {
  *len = 0;
  while (*len <= CONFIG_BYTES_MAX) {
    ssize_t got = read(fd, at + *len, CONFIG_BYTES_MAX + 1 - *len);
    if (got == 0) return OK;
    if (got < 0 && errno != EINTR) return err_from_errno(errno);
    if (got > 0) *len += (size_t)got;
  }
  return OK;
}

static void folder_of(const char *path, char out[PATH_MAX]) {
  const char *slash = strrchr(path, '/');
  size_t len = !slash ? 0 : slash == path ? 1 : (size_t)(slash - path);
  if (len >= PATH_MAX) len = 0; /* open() refused such a path before */
  memcpy(out, path, len);
  memcpy(out + len, len ? "" : ".", len ? 1 : 2);
}

static int load_from(int fd, const char *path, char *text, struct config *out,
                     struct config_error *why) {
  char base[PATH_MAX];
  size_t len;
  int err = read_file(fd, text, &len);
  if (err) {
    struct config_report report;
    config_report_init(&report, span_from(NULL, 0), path, why);
    config_report_file(&report, "cannot be read: %s", strerror(errno));
    return err;
  }
  folder_of(path, base);
  return config_parse(span_from(text, len), path, base, out, why);
}

int config_load(const char *path, struct config *out, struct config_error *why) {
  struct config_report report;
  config_report_init(&report, span_from(NULL, 0), path, why);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    int err = err_from_errno(errno);
    config_report_file(&report,
                       "cannot be opened: %s. Name a configuration with -c FILE; 'qorgan check "
                       "--defaults' prints one.",
                       strerror(errno));
    return err;
  }
  char *text = malloc(CONFIG_BYTES_MAX + 1);
  int err = ERR_MEMORY;
  if (text) {
    err = load_from(fd, path, text, out, why);
  } else {
    config_report_file(&report, "out of memory");
  }
  free(text);
  close(fd);
  return err;
}
