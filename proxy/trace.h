// SPDX-License-Identifier: Apache-2.0
/** A trace for the simulator: one JSON object a line, ascending `t`. What the engine may see and what only the world
 *  knows are two structs, so that the one cannot be taken for the other. Members that are not known are passed over;
 *  null is the same as missing; t, ip and kind must be there.
 *
 *      {"t":1789000000000,"ip":"203.0.113.9","kind":"login","user":"aigerim","password":"…","correct":true, …}
 *
 *  One thread. */
#ifndef PROXY_TRACE_H
#define PROXY_TRACE_H

#include "rules/base/addr.h"
#include "rules/base/clock.h"

#include <stdio.h>

enum { TRACE_LINE_BYTES_MAX = 65536 }; /* a longer line is an error */

/* clang-format off */
#define TRACE_KIND_TABLE(X)                                                                                            \
  X(LOGIN, "login")   X(PAGE, "page")   X(REGISTER, "register")                                                        \
  X(COMMENT, "comment")   X(COMPLAINT, "complaint")   X(RESET, "reset")
/* clang-format on */

enum trace_kind {
#define X(id, name) TRACE_##id,
  TRACE_KIND_TABLE(X)
#undef X
      TRACE_KIND_COUNT
};

/** For the engine. Absent: texts have at == NULL, numbers are NaN. */
struct trace_seen {
  real_ms t;
  struct addr ip;
  enum trace_kind kind;
  double asn, detour_ms;
  struct span country, ja4, h2, headers, agent, path;
  struct span user, password, role;
  struct span device; /* the client keeps cookies under that name */
};

/** Decides what happens next. Absent: `correct` is false of a login, true of all else; the others are false. */
struct trace_hidden {
  bool exists, correct, solves, confirms;
  struct span label, cohort; /* at == NULL: absent */
};

struct trace_line {
  struct trace_seen seen;
  struct trace_hidden hidden;
  struct json_t *json; /* owns the texts */
};

struct trace_error {
  char text[256]; /* without the line's number */
};

/** One line, without its newline; any bytes are safe. OK, and the caller calls trace_line_fini; or ERR_SYNTAX,
 *  ERR_RANGE, with `why`. */
int trace_parse(struct span line, struct trace_line *out, struct trace_error *why);
void trace_line_fini(struct trace_line *line);

/** A file on its way. */
struct trace {
  FILE *file; /* the caller's */
  char *room;
  uint64_t line; /* number of the last one read, from 1 */
  real_ms last;
};

/** ERR_MEMORY. */
int trace_init(struct trace *t, FILE *file);
void trace_fini(struct trace *t);

/** The next line that is not empty. ERR_CLOSED at the end; ERR_IO, and what trace_parse answers, with `why`; ERR_RANGE
 *  also when `t` goes back. */
int trace_next(struct trace *t, struct trace_line *out, struct trace_error *why);

const char *trace_kind_name(enum trace_kind kind);

#endif
