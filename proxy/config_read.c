// SPDX-License-Identifier: Apache-2.0
#include "proxy/config_read.h"

#include "proxy/nearest.h"
#include "rules/base/require.h"

enum { KEYS_MAX = 64 };

static const char *example_of(const struct config_key *key) {
  return key->example ? key->example : key->initial;
}

void config_read_refuse(struct config_reader *r, const struct config_slot *slot) {
  const struct config_key *key = slot->key;
  const char *example = example_of(key);
  bool item = slot->kind != key->kind;
  config_report_at(r->report, slot->node->place, "%s'%s' must be %s%s%s%s%s.",
                   item ? "a value in " : "", key->name, slot->kind->called,
                   example ? ", as in " : "", example ? key->name : "", example ? ": " : "",
                   example ? example : "");
}

static void take(struct config_reader *r, const struct config_slot *slot) {
  if (slot->kind->any_shape || slot->node->shape == slot->kind->shape) {
    slot->kind->take(r, slot);
  } else {
    config_read_refuse(r, slot);
  }
}

void config_read_list(struct config_reader *r, const struct config_slot *slot) {
  const struct config_key *key = slot->key;
  const struct config_kind *item = slot->kind->item;
  size_t count = slot->node->count;
  if (count < key->least || count > key->most) {
    config_report_at(r->report, slot->node->place, "'%s' must have from %ju to %ju items, not %zu.",
                     key->name, (uintmax_t)key->least, (uintmax_t)key->most, count);
    return;
  }
  char *items = count ? arena_zero(r->arena, count * item->size) : NULL;
  if (count && !items) return; /* the arena remembers that it is full */
  char *into = items;
  for (const struct config_node *node = slot->node->first; node; node = node->next) {
    take(r, &(struct config_slot){.key = key, .kind = item, .node = node, .into = into});
    into += item->size;
  }
  memcpy(slot->into, &items, sizeof(items));
  memcpy((char *)slot->into - key->at + key->count_at, &count, sizeof(count));
}

static void unknown_key(struct config_reader *r, const struct config_kind *kind,
                        const struct config_node *member) {
  struct span name = member->key->text;
  const char *meant = NULL;
  if (!config_report_full(r->report)) {
    meant = nearest_name(name, kind->keys, kind->key_count, sizeof(*kind->keys));
  }
  int len = name.len > 64 ? 64 : (int)name.len;
  if (meant) {
    config_report_at(r->report, member->key->place, "unknown key '%.*s'. Did you mean '%s'?", len,
                     name.at, meant);
  } else {
    config_report_at(r->report, member->key->place,
                     "unknown key '%.*s'. 'qorgan check --defaults' lists them all.", len, name.at);
  }
}

/* Sorts the members of a section by their rows: `found[i]` is the value of `kind->keys[i]`, or NULL. */
static void find_members(struct config_reader *r, const struct config_slot *slot,
                         const struct config_node *found[KEYS_MAX]) {
  const struct config_kind *kind = slot->kind;
  for (const struct config_node *m = slot->node->first; m; m = m->next) {
    size_t i = 0;
    while (i < kind->key_count && !span_eq(m->key->text, span_of(kind->keys[i].name))) i++;
    if (i == kind->key_count) {
      unknown_key(r, kind, m);
    } else if (found[i]) {
      config_report_at(r->report, m->key->place,
                       "'%s' stands twice: first in line %u. Leave one out.", kind->keys[i].name,
                       found[i]->key->place.line);
    } else {
      found[i] = m;
    }
  }
}

/* "limits:" with nothing but comments below it means the defaults. */
static bool is_empty_section(const struct config_kind *kind, const struct config_node *node) {
  return kind->shape == CONFIG_SECTION && node->shape == CONFIG_SCALAR && !node->quoted &&
         node->text.len == 0;
}

/* The default as a node: our own text, so only memory can be what it lacks (each run reads all). */
static const struct config_node *initial(struct config_reader *r, const struct config_key *key) {
  struct config_error why;
  struct config_report report;
  config_report_init(&report, span_of(key->initial), key->name, &why);
  const struct config_node *node = config_tree_parse(span_of(key->initial), r->tree_arena, &report);
  if (!node) r->tree_arena->failed = true;
  return node;
}

static void *home_of(struct config_reader *r, const struct config_key *key, void *section) {
  switch (key->home) {
  case CONFIG_IN_CONFIG: return r->config;
  case CONFIG_IN_SETUP: return r->config->setup;
  case CONFIG_IN_SECTION: break;
  }
  return section;
}

void config_read_section(struct config_reader *r, const struct config_slot *slot) {
  const struct config_kind *kind = slot->kind;
  const struct config_node *found[KEYS_MAX] = {0};
  require(kind->key_count <= KEYS_MAX);
  unsigned errors = r->report->count;
  find_members(r, slot, found);
  bool misspelt =
      r->report->count > errors; /* then what seems to be missing is most likely there */
  for (size_t i = 0; i < kind->key_count; i++) {
    const struct config_key *key = &kind->keys[i];
    const struct config_node *node = found[i];
    if (node && is_empty_section(key->kind, node)) node = NULL;
    if (!node && key->required && !misspelt) {
      config_report_at(r->report, slot->node->place, "'%s' is missing. Add %s: %s", key->name,
                       key->name, example_of(key));
    }
    if (!node && key->initial) node = initial(r, key);
    if (!node) continue;
    void *into = (char *)home_of(r, key, slot->into) + key->at;
    take(r, &(struct config_slot){.key = key, .kind = key->kind, .node = node, .into = into});
  }
  if (kind->check && r->report->count == errors) kind->check(r, slot);
}

void config_read_root(struct config_reader *r, const struct config_kind *root,
                      const struct config_node *node) {
  static const struct config_key WHOLE = {.name = "the configuration"};
  if (node->shape != CONFIG_SECTION) {
    config_report_at(r->report, node->place,
                     "keys and values are expected here, as in workers: auto");
    return;
  }
  config_read_section(
      r, &(struct config_slot){.key = &WHOLE, .kind = root, .node = node, .into = r->config});
}
