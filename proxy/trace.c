// SPDX-License-Identifier: Apache-2.0
#include "proxy/trace.h"

#include "rules/base/err.h"

#include <jansson.h>
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#define TIME_MAX 253402300799999 /* 9999-12-31T23:59:59.999Z */
#define ASN_MAX 4294967295       /* RFC 6793 */

static const char *const KINDS[] = {
#define X(id, name) name,
    TRACE_KIND_TABLE(X)
#undef X
};

/* Members of the object. */
enum shape { TIME, ADDRESS, KIND, NUMBER, COUNT, TEXT, TRUTH };

static const struct {
  const char *name;
  enum shape shape;
  bool needed;
  size_t at; /* in struct trace_line */
} ROWS[] = {
#define SEEN(name, shape, needed)                                                                  \
  { #name, shape, needed, offsetof(struct trace_line, seen.name) }
#define HIDDEN(name, shape)                                                                        \
  { #name, shape, false, offsetof(struct trace_line, hidden.name) }
    SEEN(t, TIME, true),
    SEEN(ip, ADDRESS, true),
    SEEN(kind, KIND, true),
    SEEN(asn, COUNT, false),
    SEEN(detour_ms, NUMBER, false),
    SEEN(country, TEXT, false),
    SEEN(ja4, TEXT, false),
    SEEN(h2, TEXT, false),
    SEEN(headers, TEXT, false),
    SEEN(agent, TEXT, false),
    SEEN(path, TEXT, false),
    SEEN(user, TEXT, false),
    SEEN(password, TEXT, false),
    SEEN(role, TEXT, false),
    SEEN(device, TEXT, false),
    HIDDEN(exists, TRUTH),
    HIDDEN(correct, TRUTH),
    HIDDEN(solves, TRUTH),
    HIDDEN(confirms, TRUTH),
    HIDDEN(label, TEXT),
    HIDDEN(cohort, TEXT),
#undef SEEN
#undef HIDDEN
};

const char *trace_kind_name(enum trace_kind kind) {
  return KINDS[kind];
}

__attribute__((format(printf, 3, 4))) static int say(struct trace_error *why, int err,
                                                     const char *format, ...) {
  va_list args;
  va_start(args, format);
  vsnprintf(why->text, sizeof(why->text), format, args);
  va_end(args);
  return err;
}

static struct span text_of(const json_t *value) {
  return span_from(json_string_value(value), json_string_length(value));
}

static int take_kind(struct span text, enum trace_kind *out, struct trace_error *why) {
  for (int i = 0; i < TRACE_KIND_COUNT; i++) {
    if (!span_eq(text, span_of(KINDS[i]))) continue;
    *out = (enum trace_kind)i;
    return OK;
  }
  return say(why, ERR_SYNTAX,
             "\"kind\" must be login, page, register, comment, complaint or reset");
}

static int take_number(const char *name, enum shape shape, const json_t *value, void *out,
                       struct trace_error *why) {
  json_int_t whole = json_integer_value(value);
  if (shape == NUMBER) {
    *(double *)out = json_number_value(value);
    return OK;
  }
  if (whole < 0 || whole > (shape == TIME ? TIME_MAX : ASN_MAX))
    return say(why, ERR_RANGE, "\"%s\" is out of its range", name);
  if (shape == TIME)
    *(real_ms *)out = whole;
  else
    *(double *)out = (double)whole;
  return OK;
}

static const char *const SHAPES[] = {[TIME] = "a whole number of milliseconds",
                                     [ADDRESS] = "an address",
                                     [KIND] = "a text",
                                     [NUMBER] = "a number",
                                     [COUNT] = "a whole number",
                                     [TEXT] = "a text",
                                     [TRUTH] = "true or false"};

static bool fits(enum shape shape, const json_t *value) {
  switch (shape) {
  case TIME:
  case COUNT: return json_is_integer(value);
  case NUMBER: return json_is_number(value);
  case TRUTH: return json_is_boolean(value);
  default: return json_is_string(value);
  }
}

static int take(size_t row, const json_t *value, struct trace_line *out, struct trace_error *why) {
  void *into = (char *)out + ROWS[row].at;
  const char *name = ROWS[row].name;
  enum shape shape = ROWS[row].shape;
  if (!fits(shape, value)) return say(why, ERR_SYNTAX, "\"%s\" must be %s", name, SHAPES[shape]);
  switch (shape) {
  case TIME:
  case COUNT:
  case NUMBER: return take_number(name, shape, value, into, why);
  case KIND: return take_kind(text_of(value), into, why);
  case TEXT: *(struct span *)into = text_of(value); return OK;
  case TRUTH: *(bool *)into = json_is_true(value); return OK;
  case ADDRESS: break;
  }
  if (addr_parse(text_of(value), into) == OK) return OK;
  return say(why, ERR_SYNTAX, "\"%s\" must be %s", name, SHAPES[shape]);
}

static int take_all(const json_t *object, struct trace_line *out, struct trace_error *why) {
  for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
    const json_t *value = json_object_get(object, ROWS[i].name);
    bool there = value && !json_is_null(value);
    if (!there && ROWS[i].needed) return say(why, ERR_SYNTAX, "\"%s\" is missing", ROWS[i].name);
    int err = there ? take(i, value, out, why) : OK;
    if (err) return err;
  }
  const json_t *correct = json_object_get(object, "correct");
  if (!correct || json_is_null(correct)) out->hidden.correct = out->seen.kind != TRACE_LOGIN;
  return OK;
}

int trace_parse(struct span line, struct trace_line *out, struct trace_error *why) {
  json_error_t error;
  *out = (struct trace_line){.seen = {.asn = NAN, .detour_ms = NAN}};
  out->json = json_loadb(line.at ? line.at : "", line.len, JSON_REJECT_DUPLICATES, &error);
  if (!out->json) return say(why, ERR_SYNTAX, "column %d: %s", error.column, error.text);
  int err = json_is_object(out->json) ? take_all(out->json, out, why)
                                      : say(why, ERR_SYNTAX, "a line must be an object");
  if (err) trace_line_fini(out);
  return err;
}

void trace_line_fini(struct trace_line *line) {
  json_decref(line->json);
  line->json = NULL;
}

int trace_init(struct trace *t, FILE *file) {
  *t = (struct trace){.file = file, .room = malloc(TRACE_LINE_BYTES_MAX + 2)};
  return t->room ? OK : ERR_MEMORY;
}

void trace_fini(struct trace *t) {
  free(t->room);
  *t = (struct trace){0};
}

/* One line into the room, NUL bytes and all. */
static int read_line(struct trace *t, struct span *out, struct trace_error *why) {
  size_t len = 0;
  int c = EOF;
  while (len <= TRACE_LINE_BYTES_MAX && (c = getc_unlocked(t->file)) != EOF && c != '\n')
    t->room[len++] = (char)c;
  if (c == EOF && ferror(t->file)) return say(why, ERR_IO, "cannot be read");
  if (c == EOF && len == 0) return ERR_CLOSED;
  t->line++;
  if (len > TRACE_LINE_BYTES_MAX)
    return say(why, ERR_RANGE, "longer than %d bytes", TRACE_LINE_BYTES_MAX);
  if (len && t->room[len - 1] == '\r') len--;
  *out = span_trim(span_from(t->room, len));
  return OK;
}

int trace_next(struct trace *t, struct trace_line *out, struct trace_error *why) {
  struct span line = {0};
  int err = OK;
  while (!err && line.len == 0) err = read_line(t, &line, why);
  if (!err) err = trace_parse(line, out, why);
  if (err) return err;
  if (out->seen.t < t->last) {
    trace_line_fini(out);
    return say(why, ERR_RANGE, "\"t\" goes back; a trace must be sorted by it");
  }
  t->last = out->seen.t;
  return OK;
}
