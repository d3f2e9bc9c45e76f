// SPDX-License-Identifier: Apache-2.0
/** YAML as a tree of nodes that know their place. Of YAML 1.1 it takes one document of mappings, lists and scalars;
 *  anchors, aliases and tags are refused: a configuration needs none, and aliases can make a small file endless.
 *  Memory is the arena's. Main thread only. */
#ifndef PROXY_CONFIG_TREE_H
#define PROXY_CONFIG_TREE_H

#include "proxy/config_report.h"

enum config_shape { CONFIG_SCALAR, CONFIG_LIST, CONFIG_SECTION };

struct config_node {
  enum config_shape shape;
  struct config_place place;
  struct span text;                        /* of a scalar: no NUL within, one behind */
  bool quoted;                             /* of a scalar */
  struct config_node *key;                 /* of a section's member: a scalar; else NULL */
  struct config_node *first, *last, *next; /* items or members in the file's order */
  size_t count;
};

/** Deeper or more than this is refused. */
enum { CONFIG_DEPTH_MAX = 16, CONFIG_NODES_MAX = 65536 };

/** NULL with the reason reported; or, of a text without any value, an empty section. */
struct config_node *config_tree_parse(struct span text, struct arena *arena,
                                      struct config_report *report);

/** The member `name`, or NULL; also of a node that is no section. Pure. */
const struct config_node *config_tree_member(const struct config_node *section, const char *name);
/** The item `index`, or NULL; also of a node that is no list. Pure. */
const struct config_node *config_tree_item(const struct config_node *list, size_t index);

#endif
