// SPDX-License-Identifier: Apache-2.0
#include "rules/lang/schema.h"

const char *type_name(enum type type) {
  static const char *const names[] = {
#define X(name, help) help,
    TYPE_TABLE(X)
#undef X
  };
  return names[type];
}

const char *phase_name(enum phase phase) {
  static const char *const names[] = {
#define X(name, text, help) text,
    PHASE_TABLE(X)
#undef X
  };
  return names[phase];
}

int schema_find(const struct schema *schema, struct span name) {
  for (size_t i = 0; i < schema->alias_count; i++) {
    if (!span_eq(name, span_of(schema->aliases[i].name))) continue;
    name = span_of(schema->aliases[i].field);
    break;
  }
  for (size_t i = 0; i < schema->field_count; i++) {
    if (span_eq(name, span_of(schema->fields[i].name))) return (int)i;
  }
  return -1;
}
