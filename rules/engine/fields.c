// SPDX-License-Identifier: Apache-2.0
#include "rules/engine/fields.h"

#include "rules/engine/facts.h"

/* Only FIELD_ONE has a member to be found at. */
#define OFFSET_ONE(member) offsetof(struct facts, member)
#define OFFSET_MANY(member) 0
#define OFFSET_MAP(member) 0

static const struct field rows[] = {
#define X(member, name, type, shape, phase, bytes, from, help)                                     \
  {name, TYPE_##type, FIELD_##shape, PHASE_##phase, bytes, OFFSET_##shape(member), from, help},
    FIELD_TABLE(X)
#undef X
};

static const struct field_alias aliases[] = {
#define X(alias, field) {alias, field},
    FIELD_ALIAS_TABLE(X)
#undef X
};

const struct schema fields_schema = {.fields = rows,
                                     .field_count = FIELD_ID_COUNT,
                                     .aliases = aliases,
                                     .alias_count = sizeof(aliases) / sizeof(aliases[0])};
