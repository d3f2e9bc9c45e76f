// SPDX-License-Identifier: Apache-2.0
/** Fields of an application/x-www-form-urlencoded body (WHATWG URL §5.1), decoded, with names as PHP reads them: blanks
 *  before a name go, '.' and ' ' in it become '_'. What a form holds may be a password: form_fini wipes it. Owns its
 *  memory. One thread. */
#ifndef PROXY_HTTP_FORM_H
#define PROXY_HTTP_FORM_H

#include "rules/base/span.h"

enum {
  FORM_FIELDS_MAX = 1000
}; /* as many as PHP takes (max_input_vars); past it the form is not read */

struct form_field {
  struct span name, value;
};

struct form {
  struct form_field *fields;
  size_t count, bytes; /* `bytes` are allocated */
};

/** ERR_FULL: too many fields. ERR_MEMORY. On an error `f` is empty. */
int form_parse(struct form *f, struct span body);
/** Wipes. Safe on an empty one, and twice. */
void form_fini(struct form *f);

/** The nth value of that name, from 0; at == NULL past the last. */
struct span form_nth(const struct form *f, struct span name, size_t nth);
/** The last value, which is the one that PHP believes; at == NULL: none. */
struct span form_last(const struct form *f, struct span name);

#endif
