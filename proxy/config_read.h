// SPDX-License-Identifier: Apache-2.0
/** From nodes to structs, led by tables: a key says its name, its default and where its value goes; its kind says what
 *  shape the value has and how it is read. A missing key is read from its default's text by the same reader, so what
 *  `qorgan check --defaults` prints is what happens. Main thread only. */
#ifndef PROXY_CONFIG_READ_H
#define PROXY_CONFIG_READ_H

#include "proxy/config_tree.h"

struct config_kind;
struct config_key;

struct config_reader {
  struct config_report *report;
  struct config *config;    /* being filled; config->setup is there */
  struct arena *arena;      /* the setup's: what stays */
  struct arena *tree_arena; /* what ends with the reading */
  const char *base;         /* the folder that relative paths start from */
};

/** One value on its way: from `node` into `into`. */
struct config_slot {
  const struct config_key *key;
  const struct config_kind *kind; /* the key's, or that of its items */
  const struct config_node *node;
  void *into;
};

/** Reads what has the right shape; reports what it cannot take. */
typedef void config_take(struct config_reader *r, const struct config_slot *slot);

struct config_kind {
  const char *called; /* for errors: "must be ..." */
  enum config_shape shape;
  bool any_shape; /* `take` looks at the shape itself */
  size_t size;    /* bytes of one value in memory */
  config_take *take;
  const struct config_kind *item; /* of a list */
  const struct config_key *keys;  /* of a section */
  size_t key_count;
  config_take *check; /* of a section, after its keys were read: what holds between them; or NULL */
  const char *const *choices; /* of a choice: the names of an enum's values from 0 */
  size_t choice_count;
};

enum config_home { CONFIG_IN_SECTION, CONFIG_IN_CONFIG, CONFIG_IN_SETUP };

struct config_key {
  const char *name; /* first: proxy/nearest.h reads it */
  const struct config_kind *kind;
  enum config_home home; /* whose members these are: */
  size_t at, count_at;   /* offsets of the value and, of a list, of its length */
  const char *initial;   /* the default as YAML; NULL: none, see `required` */
  const char
      *example; /* a value for errors and for the printed defaults, when `initial` shows none */
  const char *help;
  bool required;
  uint64_t least, most; /* of numbers, and of the length of lists */
  const char *unit;     /* of numbers: "bytes" and "ms" take suffixes */
};

/** Reads `node` as the whole configuration into r->config. */
void config_read_root(struct config_reader *r, const struct config_kind *root,
                      const struct config_node *node);

/** Reports `node` as unfit: "'tls' must be true or false, as in: tls: true". */
void config_read_refuse(struct config_reader *r, const struct config_slot *slot);

config_take config_read_list, config_read_section;

#endif
