// SPDX-License-Identifier: Apache-2.0
/** Regular expressions with a bound on their work; the only includer of PCRE2. A compiled one is immutable and shared
 *  by
 *  all threads; each thread brings its own scratch. Bytes, not UTF-8; '$' matches at the very end only. */
#ifndef RULES_LANG_REGEX_H
#define RULES_LANG_REGEX_H

#include "rules/base/span.h"

enum {
  REGEX_STEPS_MAX =
      20000, /* PCRE2's match limit: past it the text does not match, and the caller counts it */
  REGEX_DEPTH_MAX = 1000,
  REGEX_HEAP_KIB_MAX = 256,
  REGEX_PATTERN_BYTES_MAX = 4096,
  REGEX_ERROR_BYTES = 128
};

struct regex;
struct regex_scratch;

/** Compiles, with JIT where the system allows it. ERR_SYNTAX with why and where in the pattern; ERR_MEMORY. */
int regex_new(struct span pattern, struct regex **out, char why[REGEX_ERROR_BYTES], size_t *at);
void regex_free(struct regex **regex);

/** NULL without memory. */
struct regex_scratch *regex_scratch_new(void);
void regex_scratch_free(struct regex_scratch **scratch);

/** 1: it matches somewhere; 0: nowhere; ERR_FULL: a bound was reached before that was known. */
int regex_match(const struct regex *regex, struct regex_scratch *scratch, struct span text);

#endif
