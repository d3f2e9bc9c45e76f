// SPDX-License-Identifier: Apache-2.0
#include "certs/folder.h"

#include "rules/base/log.h"
#include "rules/base/span.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ENTRIES_MAX = 100000 };

/* Pairs that go by fixed names; the first whose two files are there is the folder's. */
static const struct fixed_row {
  const char *certificate, *key;
} FIXED[] = {{"fullchain.pem", "privkey.pem"}, {"cert.pem", "key.pem"}};
enum { FIXED_COUNT = sizeof(FIXED) / sizeof(FIXED[0]) };

struct scan {
  folder_found *found;
  void *context;
  struct why *why;
  size_t pairs;
};

static bool join(char out[PATH_MAX], const char *folder, const char *name) {
  int len = snprintf(out, PATH_MAX, "%s/%s", folder, name);
  return len > 0 && len < PATH_MAX;
}

static bool is_kind(const char *path, mode_t kind) {
  struct stat st;
  return stat(path, &st) == 0 && (st.st_mode & S_IFMT) == kind;
}

static int report(struct scan *s, const char *certificate, const char *key) {
  s->pairs++;
  return s->found(s->context, certificate, key, s->why);
}

/** Whether the folder has a pair by fixed names; `*err` is what its taker said. */
static bool scan_fixed(struct scan *s, const char *folder, int *err) {
  for (int i = 0; i < FIXED_COUNT; i++) {
    char certificate[PATH_MAX], key[PATH_MAX];
    if (!join(certificate, folder, FIXED[i].certificate) || !join(key, folder, FIXED[i].key)) {
      continue;
    }
    bool has_certificate = is_kind(certificate, S_IFREG), has_key = is_kind(key, S_IFREG);
    if (has_certificate && has_key) {
      *err = report(s, certificate, key);
      return true;
    }
    /* certbot's own cert.pem stands beside fullchain.pem, and there it is taken above */
    if (has_certificate) log_warn("%s: left out, there is no %s", certificate, key);
    if (has_key) log_warn("%s: left out, there is no %s", key, certificate);
  }
  return false;
}

static bool is_fixed(const char *name) {
  for (int i = 0; i < FIXED_COUNT; i++) {
    if (!strcmp(name, FIXED[i].certificate) || !strcmp(name, FIXED[i].key)) return true;
  }
  return false;
}

/** NAME.pem in a folder: wants NAME.key beside it. `has_fixed`: beside a fixed pair a lone .pem is part of that pair's
 *  chain and worth no word. */
static int scan_named(struct scan *s, const char *certificate, bool has_fixed) {
  char key[PATH_MAX];
  size_t stem = strlen(certificate) - strlen(".pem");
  snprintf(key, sizeof(key), "%.*s.key", (int)stem, certificate);
  if (is_kind(key, S_IFREG)) return report(s, certificate, key);
  if (!has_fixed) log_warn("%s: left out, there is no %s", certificate, key);
  return OK;
}

static bool ends_with(const char *name, const char *end) {
  size_t len = strlen(name), end_len = strlen(end);
  return len > end_len && strcmp(name + len - end_len, end) == 0;
}

static int scan_entry(struct scan *s, const char *folder, const char *name, bool has_fixed) {
  char path[PATH_MAX];
  int err = OK;
  if (name[0] == '.' || is_fixed(name) || !join(path, folder, name)) return OK;
  if (is_kind(path, S_IFDIR)) {
    scan_fixed(s, path, &err);
    return err;
  }
  return ends_with(name, ".pem") && is_kind(path, S_IFREG) ? scan_named(s, path, has_fixed) : OK;
}

static int by_bytes(const struct dirent **a, const struct dirent **b) {
  return strcmp((*a)->d_name, (*b)->d_name);
}

int folder_scan(const char *path, folder_found *found, void *context, struct why *why) {
  struct scan s = {.found = found, .context = context, .why = why};
  struct dirent **entries;
  int count = scandir(path, &entries, NULL, by_bytes);
  if (count < 0) {
    int code = errno;
    enum err err = code == ENOTDIR ? ERR_UNSUPPORTED : err_from_errno(code);
    return why_say(why, err, "%s: cannot look into the folder: %s", path, strerror(code));
  }
  int err = OK;
  bool has_fixed = scan_fixed(&s, path, &err);
  if (!err && count > ENTRIES_MAX) {
    err = why_say(why, ERR_FULL, "%s: more than %d names in it", path, ENTRIES_MAX);
  }
  for (int i = 0; i < count; i++) {
    if (!err) err = scan_entry(&s, path, entries[i]->d_name, has_fixed);
    free(entries[i]);
  }
  free(entries);
  if (err || s.pairs) return err;
  return why_say(why, ERR_NOT_FOUND,
                 "%s: no certificate in it. Put NAME.pem beside NAME.key, or fullchain.pem and "
                 "privkey.pem into a subfolder",
                 path);
}
