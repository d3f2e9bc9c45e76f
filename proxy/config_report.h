// SPDX-License-Identifier: Apache-2.0
/** Collects what is wrong with a configuration as text for people: place, complaint, the line, a caret.
 *  Bytes of the file that a terminal would obey are shown as '?'. Main thread only. */
#ifndef PROXY_CONFIG_REPORT_H
#define PROXY_CONFIG_REPORT_H

#include "proxy/config.h"

struct config_report {
  struct span text; /* the file; borrowed, as `name` and `out` are */
  const char *name;
  struct config_error *out;
  size_t used;     /* bytes of out->text */
  unsigned count;  /* errors so far */
  unsigned unsaid; /* of these, those that `out` had no room for */
};

/** Where in the file; both from 1, columns count characters. */
struct config_place {
  unsigned line, column;
};

void config_report_init(struct config_report *r, struct span text, const char *name,
                        struct config_error *out);

/** "NAME:LINE:COLUMN: ..." with the line and a caret. */
void config_report_at(struct config_report *r, struct config_place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** "NAME: ...": a complaint about the file as a whole. */
void config_report_file(struct config_report *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** Whether more errors would only be counted: no need to look for a mend. */
static inline bool config_report_full(const struct config_report *r) {
  return r->unsaid > 0;
}

/** Says how many errors had no room. ERR_SYNTAX when there was any, else OK. */
int config_report_end(struct config_report *r);

#endif
