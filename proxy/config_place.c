// SPDX-License-Identifier: Apache-2.0
/* The readers of proxy/config_value.h for places: files, folders, sockets. */
#include "proxy/config_value.h"
#include "rules/base/err.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

/* Longer than any path that Linux opens (PATH_MAX counts the NUL). */
enum { PATH_BYTES_MAX = 4096 };

const char *config_value_join(struct config_reader *r, struct span text) {
  if (text.at[0] == '/' || strcmp(r->base, ".") == 0) return arena_copy(r->arena, text).at;
  return arena_printf(r->arena, "%s/%s", r->base, text.at).at;
}

void config_value_path(struct config_reader *r, const struct config_slot *slot) {
  struct span text = slot->node->text;
  if (text.len == 0 || text.len >= PATH_BYTES_MAX) return config_read_refuse(r, slot);
  *(const char **)slot->into = config_value_join(r, text);
}

/* Reads the path, and reports when nothing readable of the wanted `type` (S_IFREG, S_IFDIR) is there. */
static void existing(struct config_reader *r, const struct config_slot *slot, mode_t type) {
  const char **path = slot->into;
  struct stat found;
  config_value_path(r, slot);
  if (!*path) return;
  const char *thing = type == S_IFDIR ? "folder" : "file";
  if (stat(*path, &found) != 0 || access(*path, R_OK) != 0) {
    config_report_at(r->report, slot->node->place, "the %s '%.300s' cannot be read: %s.", thing,
                     *path, strerror(errno));
  } else if ((found.st_mode & S_IFMT) != type) {
    config_report_at(r->report, slot->node->place, "'%.300s' is not a %s.", *path, thing);
  }
}

void config_value_file(struct config_reader *r, const struct config_slot *slot) {
  existing(r, slot, S_IFREG);
}

void config_value_pem(struct config_reader *r, const struct config_slot *slot) {
  const char *path = NULL;
  struct config_slot file = *slot;
  file.into = &path;
  existing(r, &file, S_IFREG);
  *(struct span *)slot->into = span_of(path);
}

void config_value_folder(struct config_reader *r, const struct config_slot *slot) {
  existing(r, slot, S_IFDIR);
}

void config_value_log(struct config_reader *r, const struct config_slot *slot) {
  struct span text = slot->node->text;
  const char **path = slot->into;
  if (span_eq(text, SPAN("off"))) return;
  if (span_eq(text, SPAN("-"))) {
    *path = "-";
  } else {
    config_value_path(r, slot);
  }
}

/* A relative unix socket starts from the base folder, as every path does. */
static struct span socket_text(struct config_reader *r, struct span text) {
  bool relative = span_starts(text, SPAN("unix:")) && text.len > 5 && text.at[5] != '/' &&
                  strcmp(r->base, ".") != 0;
  return relative ? arena_printf(r->arena, "unix:%s/%s", r->base, text.at + 5) : text;
}

void config_value_endpoint(struct config_reader *r, const struct config_slot *slot) {
  struct span text = socket_text(r, slot->node->text);
  int err =
      text.at ? endpoint_parse(text, slot->into) : OK; /* OK: the arena remembers that it is full */
  if (err == ERR_RANGE) {
    config_report_at(
        r->report, slot->node->place,
        "'%s': a port is at most 65535, and the path of a socket has at most 107 bytes.",
        slot->key->name);
  } else if (err) {
    config_read_refuse(r, slot);
  }
}

void config_value_admin(struct config_reader *r, const struct config_slot *slot) {
  r->config->has_admin = !span_eq(slot->node->text, SPAN("off"));
  if (r->config->has_admin) config_value_endpoint(r, slot);
}
