// SPDX-License-Identifier: Apache-2.0
/** What the language is told about the world outside: types, moments of a request, and the table of fields that
 *  rules/engine/fields.c fills. The language itself knows no field. Static data; any thread. */
#ifndef RULES_LANG_SCHEMA_H
#define RULES_LANG_SCHEMA_H

#include "rules/base/span.h"

/* clang-format off */
#define TYPE_TABLE(X)                                                                                                  \
  X(BOOL,   "yes or no")                                                                                               \
  X(NUMBER, "a number")                                                                                                \
  X(TEXT,   "text")                                                                                                    \
  X(ADDR,   "an address")                                                                                              \
  X(SECRET, "a secret: good as a key, never compared or shown")

/** When a field becomes known; a statement is evaluated once, at the latest moment among its fields. */
#define PHASE_TABLE(X)                                                                                                 \
  X(HELLO,  "hello",  "connection accepted, ClientHello read")                                                         \
  X(HEAD,   "head",   "request head read")                                                                             \
  X(BODY,   "body",   "request body held and parsed")                                                                  \
  X(ANSWER, "answer", "origin's answer seen")
/* clang-format on */

enum type {
#define X(name, help) TYPE_##name,
  TYPE_TABLE(X)
#undef X
};

enum phase {
#define X(name, text, help) PHASE_##name,
  PHASE_TABLE(X)
#undef X
      PHASE_COUNT
};

enum field_shape {
  FIELD_ONE,  /* one value */
  FIELD_MANY, /* any number of values: an operator holds when it holds for one of them */
  FIELD_MAP   /* as FIELD_MANY, under a key: http.request.headers["accept"] */
};

struct field {
  const char *name;
  enum type type;
  enum field_shape shape;
  enum phase phase;
  uint32_t bytes_max; /* longest text the proxy lets through: what the cost bound reckons with */
  uint32_t offset;    /* of the member in struct facts; unused for FIELD_MAP */
  const char *from, *help; /* who fills it in; what it means */
};

struct field_alias {
  const char *name, *field;
};

struct schema {
  const struct field *fields;
  size_t field_count;
  const struct field_alias *aliases;
  size_t alias_count;
};

const char *type_name(enum type type);
const char *phase_name(enum phase phase);

/** Index of the field or of what the alias stands for; -1 if there is none. */
int schema_find(const struct schema *schema, struct span name);

#endif
