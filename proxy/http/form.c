// SPDX-License-Identifier: Apache-2.0
#include "proxy/http/form.h"

#include "rules/base/err.h"

#include <stdlib.h>

static int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  char lower = ascii_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* What is no escape stays as it is. */
static struct span decode(struct span text, char **room) {
  char *begin = *room, *at = begin;
  for (size_t i = 0; i < text.len; i++) {
    bool escape = text.at[i] == '%' && i + 2 < text.len && hex_digit(text.at[i + 1]) >= 0 &&
                  hex_digit(text.at[i + 2]) >= 0;
    if (escape) {
      *at++ = (char)(hex_digit(text.at[i + 1]) * 16 + hex_digit(text.at[i + 2]));
      i += 2;
    } else {
      *at++ = text.at[i] == '+' ? ' ' : text.at[i];
    }
  }
  *room = at;
  return span_from(begin, (size_t)(at - begin));
}

static struct span name_of(struct span decoded) {
  while (decoded.len && decoded.at[0] == ' ') decoded = span_skip(decoded, 1);
  char *at = (char *)decoded.at; /* our own room */
  for (size_t i = 0; i < decoded.len; i++) {
    if (at[i] == '.' || at[i] == ' ') at[i] = '_';
  }
  return decoded;
}

int form_parse(struct form *f, struct span body) {
  *f = (struct form){0};
  size_t fields = 1;
  for (size_t i = 0; i < body.len; i++) fields += body.at[i] == '&';
  if (fields > FORM_FIELDS_MAX) return ERR_FULL;
  size_t bytes = fields * sizeof(struct form_field) + body.len;
  struct form_field *memory = malloc(bytes);
  if (!memory) return ERR_MEMORY;
  *f = (struct form){.fields = memory, .bytes = bytes};
  char *room = (char *)(memory + fields);
  while (body.len) {
    struct span value = span_cut(&body, '&');
    if (!value.len) continue;
    struct span name = span_cut(&value, '=');
    struct form_field *field = &memory[f->count++];
    field->name = name_of(decode(name, &room));
    field->value = decode(value, &room);
  }
  return OK;
}

void form_fini(struct form *f) {
  if (f->fields) explicit_bzero(f->fields, f->bytes);
  free(f->fields);
  *f = (struct form){0};
}

struct span form_nth(const struct form *f, struct span name, size_t nth) {
  for (size_t i = 0; i < f->count; i++) {
    if (span_eq(f->fields[i].name, name) && nth-- == 0) return f->fields[i].value;
  }
  return span_from(NULL, 0);
}

struct span form_last(const struct form *f, struct span name) {
  for (size_t i = f->count; i > 0; i--) {
    if (span_eq(f->fields[i - 1].name, name)) return f->fields[i - 1].value;
  }
  return span_from(NULL, 0);
}
