// SPDX-License-Identifier: Apache-2.0
#include "proxy/config_tree.h"

#include "rules/base/err.h"

#include <yaml.h>

struct builder {
  struct arena *arena;
  struct config_report *report;
  struct config_node *root;
  struct config_node *open[CONFIG_DEPTH_MAX]; /* the way from the root to where values now go */
  struct config_node
      *key[CONFIG_DEPTH_MAX]; /* of each open section: the key that waits for its value */
  unsigned depth, nodes, documents;
};

/* The parser's words, and what to do about them. */
static const struct {
  const char *problem, *mend;
} MENDS[] = {
    {"found character that cannot start any token",
     "Indent with spaces, not tabs, and put a value that starts with @, ` or % in quotes"},
    {"mapping values are not allowed in this context",
     "Put a value that contains ': ' in quotes, and give the keys of one section the same indent"},
    {"could not find expected ':'", "A key ends with a colon and a space"},
    {"did not find expected key", "Keys of one section have the same indent"},
    {"did not find expected '-' indicator", "Items of one list have the same indent"},
    {"did not find expected ',' or ']'", "Close the list with ']'"},
    {"did not find expected ',' or '}'", "Close the section with '}'"},
    {"did not find expected node content", "A value is missing here, or a bracket is not closed"},
    {"did not find expected alphabetic or numeric character",
     "Put a '*' or '&' that is meant so in quotes: \"*\""},
    {"found unexpected end of stream", "Close the quotes"},
    {"found unknown escape character", "Use 'single quotes', which know no escapes"},
};

static struct config_place place_of(const yaml_mark_t *mark) {
  return (struct config_place){.line = (unsigned)mark->line + 1,
                               .column = (unsigned)mark->column + 1};
}

static const char *mend_of(const char *problem) {
  for (size_t i = 0; i < sizeof(MENDS) / sizeof(*MENDS); i++) {
    if (strcmp(problem, MENDS[i].problem) == 0) return MENDS[i].mend;
  }
  return NULL;
}

/* The reader's errors come with a byte offset and no mark. */
static struct config_place place_at(struct span text, size_t offset) {
  struct config_place place = {1, 1};
  for (size_t i = 0; i < offset && i < text.len; i++) {
    place.column++;
    if (text.at[i] == '\n') place = (struct config_place){place.line + 1, 1};
  }
  return place;
}

static int report_parser(struct builder *b, const yaml_parser_t *parser) {
  const char *problem = parser->problem ? parser->problem : "not well formed";
  if (parser->error == YAML_MEMORY_ERROR) {
    config_report_file(b->report, "out of memory");
    return ERR_MEMORY;
  }
  if (parser->error == YAML_READER_ERROR) {
    struct config_place place = place_at(b->report->text, parser->problem_offset);
    config_report_at(b->report, place, "%s. The file must be text in UTF-8.", problem);
    return ERR_SYNTAX;
  }
  const char *mend = mend_of(problem), *context = parser->context;
  config_report_at(b->report, place_of(&parser->problem_mark), "%s%s%s%s%s.", problem,
                   context ? " " : "", context ? context : "", mend ? ". " : "", mend ? mend : "");
  return ERR_SYNTAX;
}

static int refuse(struct builder *b, const yaml_event_t *event, const char *complaint) {
  config_report_at(b->report, place_of(&event->start_mark), "%s", complaint);
  return ERR_SYNTAX;
}

static int attach(struct builder *b, struct config_node *node) {
  if (b->depth == 0) {
    b->root = node;
    return OK;
  }
  struct config_node *parent = b->open[b->depth - 1], **key = &b->key[b->depth - 1];
  if (parent->shape == CONFIG_SECTION && !*key) {
    if (node->shape == CONFIG_SCALAR) {
      *key = node;
      return OK;
    }
    config_report_at(b->report, node->place, "a key must be a word");
    return ERR_SYNTAX;
  }
  node->key = *key;
  *key = NULL;
  if (parent->last) {
    parent->last->next = node;
  } else {
    parent->first = node;
  }
  parent->last = node;
  parent->count++;
  return OK;
}

/* A new node for the event, in its place; NULL with the reason reported. */
static struct config_node *add(struct builder *b, const yaml_event_t *event,
                               const yaml_char_t *anchor, const yaml_char_t *tag,
                               enum config_shape shape) {
  if (anchor) {
    refuse(b, event, "anchors (&name) are not taken here. Write the value out where it is used.");
    return NULL;
  }
  if (tag) {
    refuse(b, event, "tags (!name) are not taken here. Leave the tag out.");
    return NULL;
  }
  if (b->nodes++ == CONFIG_NODES_MAX) {
    refuse(b, event, "more than 65536 values. Put long lists into rule files or feeds.");
    return NULL;
  }
  struct config_node *node = arena_zero(b->arena, sizeof(*node));
  if (!node) {
    config_report_file(b->report, "out of memory");
    return NULL;
  }
  node->shape = shape;
  node->place = place_of(&event->start_mark);
  return attach(b, node) ? NULL : node;
}

static int add_scalar(struct builder *b, const yaml_event_t *event) {
  const yaml_char_t *tag = event->data.scalar.tag;
  struct config_node *node = add(b, event, event->data.scalar.anchor, tag, CONFIG_SCALAR);
  if (!node) return ERR_SYNTAX;
  struct span text = span_from(event->data.scalar.value, event->data.scalar.length);
  if (span_find(text, '\0') < text.len) return refuse(b, event, "a NUL cannot stand in a value.");
  node->text = arena_copy(b->arena, text);
  node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
  return node->text.at ? OK : ERR_MEMORY;
}

static int add_open(struct builder *b, const yaml_event_t *event, enum config_shape shape) {
  bool list = shape == CONFIG_LIST;
  const yaml_char_t *anchor =
      list ? event->data.sequence_start.anchor : event->data.mapping_start.anchor;
  const yaml_char_t *tag = list ? event->data.sequence_start.tag : event->data.mapping_start.tag;
  if (b->depth == CONFIG_DEPTH_MAX) return refuse(b, event, "nested deeper than 16 levels.");
  struct config_node *node = add(b, event, anchor, tag, shape);
  if (!node) return ERR_SYNTAX;
  b->key[b->depth] = NULL;
  b->open[b->depth++] = node;
  return OK;
}

static int take(struct builder *b, const yaml_event_t *event) {
  switch (event->type) {
  case YAML_DOCUMENT_START_EVENT:
    if (b->documents++) return refuse(b, event, "a second document (---). One file holds one.");
    return OK;
  case YAML_ALIAS_EVENT:
    return refuse(
        b, event,
        "aliases (*name) are not taken here. Put a '*' that is meant so in quotes: \"*\".");
  case YAML_SCALAR_EVENT: return add_scalar(b, event);
  case YAML_SEQUENCE_START_EVENT: return add_open(b, event, CONFIG_LIST);
  case YAML_MAPPING_START_EVENT: return add_open(b, event, CONFIG_SECTION);
  case YAML_SEQUENCE_END_EVENT:
  case YAML_MAPPING_END_EVENT: b->depth--; return OK;
  default: return OK;
  }
}

static int build(struct builder *b, yaml_parser_t *parser) {
  for (bool ended = false; !ended;) {
    yaml_event_t event;
    if (!yaml_parser_parse(parser, &event)) return report_parser(b, parser);
    int err = take(b, &event);
    ended = event.type == YAML_STREAM_END_EVENT;
    yaml_event_delete(&event);
    if (err) return err;
  }
  return OK;
}

struct config_node *config_tree_parse(struct span text, struct arena *arena,
                                      struct config_report *report) {
  struct builder b = {.arena = arena, .report = report};
  yaml_parser_t parser;
  if (!yaml_parser_initialize(&parser)) {
    config_report_file(report, "out of memory");
    return NULL;
  }
  yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
  yaml_parser_set_input_string(&parser, (const unsigned char *)(text.at ? text.at : ""), text.len);
  int err = build(&b, &parser);
  yaml_parser_delete(&parser);
  if (err == ERR_MEMORY && !report->count) config_report_file(report, "out of memory");
  if (err) return NULL;
  if (b.root) return b.root;
  struct config_node *empty = arena_zero(arena, sizeof(*empty));
  if (!empty) return NULL;
  empty->shape = CONFIG_SECTION;
  empty->place = (struct config_place){1, 1};
  return empty;
}

const struct config_node *config_tree_member(const struct config_node *section, const char *name) {
  const struct config_node *node = section->shape == CONFIG_SECTION ? section->first : NULL;
  while (node && !span_eq(node->key->text, span_of(name))) node = node->next;
  return node;
}

const struct config_node *config_tree_item(const struct config_node *list, size_t index) {
  const struct config_node *node = list->shape == CONFIG_LIST ? list->first : NULL;
  while (node && index--) node = node->next;
  return node;
}
