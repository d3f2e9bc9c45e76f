// SPDX-License-Identifier: Apache-2.0
#include "proxy/rule_files.h"

#include "rules/base/err.h"
#include "rules/lang/parser.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { FILES_BYTES_MAX = 64 << 20 };

void rule_files_init(struct rule_files *f) {
  arena_init(&f->arena, NULL, 0, FILES_BYTES_MAX);
  f->count = f->own = packs_with(NULL, 0, f->sources);
}

void rule_files_fini(struct rule_files *f) {
  arena_fini(&f->arena);
}

static int complain(const char *command, const char *path, const char *why, int err) {
  fprintf(stderr, "qorgan %s: %s: %s\n", command, path, why);
  return err;
}

static int add_file(struct rule_files *f, const char *command, const char *path) {
  if (f->count == PACKS_SOURCES_MAX)
    return complain(command, path, "too many rule files", ERR_FULL);
  bool standard_input = strcmp(path, "-") == 0;
  FILE *file = standard_input ? stdin : fopen(path, "rb");
  if (!file) return complain(command, path, strerror(errno), err_from_errno(errno));
  /* One byte more than may be: the parser then says that it is too long. */
  char *text = malloc(SOURCE_BYTES_MAX + 1);
  size_t len = text ? fread(text, 1, SOURCE_BYTES_MAX + 1, file) : 0;
  bool failed = !text || ferror(file);
  if (!standard_input) fclose(file);
  struct span kept = failed ? span_from(NULL, 0) : arena_copy(&f->arena, span_from(text, len));
  struct span name = arena_copy(&f->arena, span_of(path));
  free(text);
  if (!kept.at || !name.at) return complain(command, path, "cannot be read", ERR_IO);
  f->sources[f->count++] = (struct source){.name = name, .text = kept};
  return OK;
}

static int is_rules(const struct dirent *entry) {
  struct span name = span_of(entry->d_name), end = SPAN(".rules");
  return name.len > end.len && name.at[0] != '.' &&
         span_eq(span_skip(name, name.len - end.len), end);
}

int rule_files_add(struct rule_files *f, const char *command, const char *path) {
  struct dirent **entries;
  int count = scandir(path, &entries, is_rules, alphasort);
  if (count < 0) return add_file(f, command, path); /* not a folder */
  int err = count ? OK : complain(command, path, "no *.rules in this folder", ERR_NOT_FOUND);
  for (int i = 0; i < count; i++) {
    struct span whole = arena_printf(&f->arena, "%s/%s", path, entries[i]->d_name);
    if (!err) err = whole.at ? add_file(f, command, whole.at) : ERR_MEMORY;
    free(entries[i]);
  }
  free(entries);
  return err;
}
