// SPDX-License-Identifier: Apache-2.0
/* `qorgan check --defaults`: the table of keys as a file that loads. */
#include "proxy/config_keys.h"
#include "rules/base/buf.h"

#include <inttypes.h>

static const char TOP[] =
    "# Qorgan: every setting with its default. Leave out what you do not change; 'sites' and, for "
    "TLS,\n"
    "# 'certificates' are enough. Relative paths are relative to this file.\n";

static void put_comment(struct buf *out, const struct config_key *key, int indent) {
  buf_printf(out, "%*s# %s", indent, "", key->help);
  if (key->unit)
    buf_printf(out, "; %" PRIu64 " to %" PRIu64 " %s", key->least, key->most, key->unit);
  buf_put_text(out, "\n");
}

static void put_keys(struct buf *out, const struct config_kind *section, int indent);

/* What an item of a list may hold, as comments: the value above shows how it is written. */
static void put_item_keys(struct buf *out, const struct config_kind *item) {
  for (size_t i = 0; i < item->key_count; i++) {
    const struct config_key *key = &item->keys[i];
    buf_printf(out, "#   %s: %s", key->name, key->help);
    if (key->required) buf_put_text(out, " (required)");
    buf_put_text(out, "\n");
  }
}

static void put_key(struct buf *out, const struct config_key *key, int indent) {
  const struct config_kind *kind = key->kind;
  put_comment(out, key, indent);
  if (kind->item && kind->item->key_count && kind->item->shape == CONFIG_SECTION) {
    put_item_keys(out, kind->item);
  }
  if (kind->shape == CONFIG_SECTION) {
    buf_printf(out, "%*s%s:\n", indent, "", key->name);
    put_keys(out, kind, indent + 2);
    return;
  }
  if (key->initial && key->example)
    buf_printf(out, "%*s#   as in %s: %s\n", indent, "", key->name, key->example);
  buf_printf(out, "%*s%s: %s\n", indent, "", key->name, key->initial ? key->initial : key->example);
}

static void put_keys(struct buf *out, const struct config_kind *section, int indent) {
  for (size_t i = 0; i < section->key_count; i++) {
    if (indent == 0) buf_put_text(out, "\n");
    put_key(out, &section->keys[i], indent);
  }
}

void config_print_defaults(struct buf *out) {
  buf_put_text(out, TOP);
  put_keys(out, &CONFIG_ROOT, 0);
}
