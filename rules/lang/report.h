// SPDX-License-Identifier: Apache-2.0
/** What is wrong with rule files, for people: file, line, column, the line itself with a caret, and the mend.
 *  Up to REPORT_ERRORS_MAX errors are kept, the rest are counted. One thread at a time. */
#ifndef RULES_LANG_REPORT_H
#define RULES_LANG_REPORT_H

#include "rules/base/arena.h"
#include "rules/base/buf.h"

enum { REPORT_ERRORS_MAX = 20 };

/** One rule file in memory. A pack's statements count only at sites that name the pack. Borrowed. */
struct source {
  struct span name; /* "site.rules"; of a pack "wordpress" */
  struct span text;
  bool pack;
};

/** Where something stands: bytes [at, at + len) of a source's text. */
struct place {
  uint32_t source, at, len;
};

struct report_error {
  struct place place;
  struct span text, mend; /* mend may be empty */
};

struct report {
  const struct source *sources;
  size_t source_count;
  struct arena arena;                            /* of the texts below */
  struct report_error errors[REPORT_ERRORS_MAX]; /* in order of file and place */
  uint32_t count; /* all that were found; those past REPORT_ERRORS_MAX are not kept */
};

/** Borrows `sources` as long as the report is used. */
void report_init(struct report *r, const struct source *sources, size_t count);
void report_fini(struct report *r);

/** One error, and how to mend it ("" if that cannot be said). A second error at the same byte is not added: it
 * follows from the first. */
void report_add(struct report *r, struct place place, struct span mend, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/** Text for a mend, in the report's arena. */
struct span report_text(struct report *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** Line and column, both from 1; a column is a byte. */
void report_locate(const struct source *source, uint32_t at, uint32_t *line, uint32_t *column);

/** All of it, in order of file and line, as a compiler prints. */
void report_print(const struct report *r, struct buf *out);

/** The nearest of several names to a misspelt one: two edits at most, and fewer than half the letters. Offer each
 * name in turn; `best` ends empty if none is near. Edits: insert, delete, change, swap two neighbours (Damerau). */
struct nearest {
  struct span wanted, best;
  size_t edits;
};
struct nearest nearest_to(struct span wanted);
void nearest_offer(struct nearest *n, struct span name);

#endif
