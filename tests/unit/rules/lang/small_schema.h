// SPDX-License-Identifier: Apache-2.0
/** A few fields, so that the language is tested without the engine. */
#ifndef TESTS_UNIT_RULES_LANG_SMALL_SCHEMA_H
#define TESTS_UNIT_RULES_LANG_SMALL_SCHEMA_H

#include "rules/lang/program.h"

static const struct field small_fields[] = {
    {"ip.src", TYPE_ADDR, FIELD_ONE, PHASE_HELLO, 0, 0, "", ""},
    {"ip.src.asnum", TYPE_NUMBER, FIELD_ONE, PHASE_HELLO, 0, 8, "", ""},
    {"ssl", TYPE_BOOL, FIELD_ONE, PHASE_HELLO, 0, 16, "", ""},
    {"http.host", TYPE_TEXT, FIELD_ONE, PHASE_HEAD, 255, 24, "", ""},
    {"http.request.uri.path", TYPE_TEXT, FIELD_ONE, PHASE_HEAD, 8192, 40, "", ""},
    {"http.request.headers", TYPE_TEXT, FIELD_MAP, PHASE_HEAD, 32768, 0, "", ""},
    {"login.user", TYPE_TEXT, FIELD_ONE, PHASE_BODY, 255, 56, "", ""},
    {"login.password", TYPE_SECRET, FIELD_ONE, PHASE_BODY, 16, 72, "", ""},
    {"response.status", TYPE_NUMBER, FIELD_ONE, PHASE_ANSWER, 0, 88, "", ""},
};

static const struct field_alias small_aliases[] = {{"http.response.code", "response.status"}};

static const struct schema small_schema = {
    small_fields, sizeof(small_fields) / sizeof(small_fields[0]), small_aliases, 1};

/** Compiles one file called "t.rules"; the errors, as printed, go to `errors` (may be NULL). */
static inline int small_compile(struct span text, struct program **out, struct buf *errors) {
  struct source source = {.name = SPAN("t.rules"), .text = text};
  struct report report;
  report_init(&report, &source, 1);
  int err = program_compile(&small_schema, &report, out);
  if (errors) report_print(&report, errors);
  report_fini(&report);
  return err;
}

#endif
