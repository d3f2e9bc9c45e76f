// SPDX-License-Identifier: Apache-2.0
/** Names of expressions looked up, their types checked. Pure. */
#ifndef RULES_LANG_TYPES_H
#define RULES_LANG_TYPES_H

#include "rules/lang/symbols.h"

/** Fills in kind, type and ref of every name, and reports what does not fit. False if anything was reported. */
bool types_check(const struct symbols *s, struct expr *e, enum type wanted);

/** Any type, secrets too: what may stand in a key or after `distinct`. */
bool types_check_key(const struct symbols *s, struct expr *e);

/** A set in braces: items of one kind. */
bool types_check_set(const struct symbols *s, struct expr *set);

/** Whether its value is one of many (a header may occur twice). */
bool types_is_many(const struct schema *schema, const struct expr *e);

/** FIELD eq LITERAL, as an example gives it. */
bool types_check_given(const struct symbols *s, struct expr *e);

#endif
